"""What the pages share: one router, who may open them, and the names of people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.returns.store import contracts
from shared.access import SUPPLIER, Role
from shared.db import Connection
from shared.pages.forms import Says
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit
from shared.viewer import Viewer

pages = Pages(templates=Path(__file__).parents[1] / "templates")

_WRITERS = (Role.CONTRACT_MANAGER, *SUPPLIER)

Reader = Annotated[Visitor, admit(*_WRITERS, Role.ICB_ANALYST)]
"""Suppliers and contract managers of their own contracts; the ICB of approved returns that buyers share."""
Party = Annotated[Visitor, admit(*_WRITERS)]
"""A supplier or contract manager, reading what is between the two of them."""
Writer = Annotated[Visitor, admit(*_WRITERS)]
"""A supplier, or the contract manager on the supplier's behalf."""
Supplier = Annotated[Visitor, admit(*SUPPLIER)]
Reviewer = Annotated[Visitor, admit(Role.CONTRACT_MANAGER)]
Certifier = Annotated[Visitor, admit(Role.SUPPLIER_CERTIFIER, Role.CONTRACT_MANAGER)]


Version = Annotated[int, Field(ge=0, lt=2**31), Says("Open this page again", "Open this page again")]
"""The hidden field that says which version a page was made from."""


async def acts_as(conn: Connection, visitor: Visitor, contract_id: UUID, roles: tuple[Role, ...]) -> bool:
    """Whether the visitor acts in one of these roles on a contract: as its supplier, or as its buyer."""
    return await contracts.sees(conn, Viewer.of(visitor.caller, acting_as=roles), contract_id)
