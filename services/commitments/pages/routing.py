"""What the pages share: one router, and who may look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from shared.access import Role
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit

pages = Pages(templates=Path(__file__).parents[1] / "templates")

SignedIn = Annotated[Visitor, admit()]
Administrator = Annotated[Visitor, admit(Role.ADMINISTRATOR)]
