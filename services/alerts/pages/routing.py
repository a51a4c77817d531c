"""The pages' router, and who is admitted where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from shared.access import SUPPLIER, Role
from shared.pages.site import Pages
from shared.pages.visitors import Visitor, admit

pages = Pages(templates=Path(__file__).parents[1] / "templates")

Reader: TypeAlias = Annotated[Visitor, admit(Role.CONTRACT_MANAGER, *SUPPLIER, Role.ICB_ANALYST)]
Buyer: TypeAlias = Annotated[Visitor, admit(Role.CONTRACT_MANAGER)]
Supplier: TypeAlias = Annotated[Visitor, admit(*SUPPLIER)]
Analyst: TypeAlias = Annotated[Visitor, admit(Role.ICB_ANALYST)]
EitherParty: TypeAlias = Annotated[Visitor, admit(Role.CONTRACT_MANAGER, *SUPPLIER)]
