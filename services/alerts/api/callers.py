"""Who may read alerts and ratings, and who may work on them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from shared.access import SUPPLIER, Caller, Role, Scope, allow

Reader: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, Role.ICB_ANALYST, scope=Scope.ALERTS_READ)]
Party: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, scope=Scope.ALERTS_READ)]
"""A supplier or contract manager, reading what is between the two of them."""
Buyer: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope=Scope.ALERTS_WRITE)]
Supplier: TypeAlias = Annotated[Caller, allow(*SUPPLIER, scope=Scope.ALERTS_WRITE)]
Analyst: TypeAlias = Annotated[Caller, allow(Role.ICB_ANALYST, scope=Scope.ALERTS_WRITE)]
"""Of the ICB, of what came to it."""
EitherParty: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, scope=Scope.ALERTS_WRITE)]
