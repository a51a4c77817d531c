"""Who may read alerts and ratings, and who may work on them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from shared.access import SUPPLIER, Caller, Role, Scope, allow

Reader: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, Role.ICB_ANALYST, scope=Scope.ALERTS_READ)]
Buyer: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope=Scope.ALERTS_WRITE)]
Supplier: TypeAlias = Annotated[Caller, allow(*SUPPLIER, scope=Scope.ALERTS_WRITE)]
EitherParty: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, scope=Scope.ALERTS_WRITE)]
