"""Who may read alerts and ratings, and through whose eyes."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from services.alerts.models.alerts import Viewer
from shared.access import SUPPLIER, Caller, Role, Scope, allow

Reader: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, Role.ICB_ANALYST, scope=Scope.ALERTS_READ)]
Buyer: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope=Scope.ALERTS_WRITE)]
Supplier: TypeAlias = Annotated[Caller, allow(*SUPPLIER, scope=Scope.ALERTS_WRITE)]
EitherParty: TypeAlias = Annotated[Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, scope=Scope.ALERTS_WRITE)]


def eyes(caller: Caller) -> Viewer:
    """A contract manager sees what the own organisation buys, a supplier what it supplies, an analyst what the ICB may see.

    The ICB is the buyer of pledges, so its analysts see those too.
    """
    return Viewer(
        caller.organisation_id,
        as_buyer=caller.has(Role.CONTRACT_MANAGER, Role.ICB_ANALYST),
        as_supplier=caller.has(*SUPPLIER),
        as_icb=caller.has(Role.ICB_ANALYST),
    )
