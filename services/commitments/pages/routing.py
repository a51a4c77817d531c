"""What the pages share: one router, who may look, and what is asked of lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from shared.access import SUPPLIER, Role
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit

pages = Pages(templates=Path(__file__).parents[1] / "templates")

SignedIn = Annotated[Visitor, admit()]
Administrator = Annotated[Visitor, admit(Role.ADMINISTRATOR)]

Cursor = Annotated[str | None, Query(max_length=2000)]
Search = Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$")]
PER_PAGE = 50


def with_query(path: str, **query: object) -> str:
    """``path`` with those parameters that hold something."""
    held = {name: str(value) for name, value in query.items() if value}
    return f"{path}?{urlencode(held)}" if held else path


Manager = Annotated[Visitor, admit(Role.CONTRACT_MANAGER)]
"""A contract manager, of the own organisation's contracts."""
Supplier = Annotated[Visitor, admit(*SUPPLIER)]
Importer = Annotated[Visitor, admit(Role.CONTRACT_MANAGER, Role.ADMINISTRATOR)]
"""Who imports notices: a contract manager those of the own organisation, an administrator anybody's."""
Reader = Annotated[Visitor, admit(Role.CONTRACT_MANAGER, *SUPPLIER, Role.ICB_ANALYST)]
"""Everybody who works with contracts; which of them they see is another question."""
