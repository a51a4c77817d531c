"""Through whose eyes alerts and ratings are looked at."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from shared.access import SUPPLIER, Caller, Role
from shared.viewer import Viewer


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


def buyers_eyes(caller: Caller) -> Viewer:
    """What the caller may work on as the buyer."""
    return Viewer(caller.organisation_id, as_buyer=caller.has(Role.CONTRACT_MANAGER), as_supplier=False, as_icb=False)


def suppliers_eyes(caller: Caller) -> Viewer:
    """What the caller may answer as the supplier."""
    return Viewer(caller.organisation_id, as_buyer=False, as_supplier=caller.has(*SUPPLIER), as_icb=False)


def icb_eyes(caller: Caller) -> Viewer:
    """What the caller may leave a note on for the ICB."""
    return Viewer(caller.organisation_id, as_buyer=False, as_supplier=False, as_icb=caller.has(Role.ICB_ANALYST))


def partys_eyes(caller: Caller) -> Viewer:
    """What the caller takes part in as one of the two parties."""
    buys, supplies = caller.has(Role.CONTRACT_MANAGER), caller.has(*SUPPLIER)
    return Viewer(caller.organisation_id, as_buyer=buys, as_supplier=supplies, as_icb=False)


def is_buyer(caller: Caller, buyer_ids: Collection[UUID]) -> bool:
    """Whether the caller works on alerts of a contract with these buyers."""
    return caller.has(Role.CONTRACT_MANAGER) and caller.organisation_id in buyer_ids


def is_supplier(caller: Caller, supplier_ids: Collection[UUID]) -> bool:
    """Whether the caller answers alerts of a contract with these suppliers."""
    return caller.has(*SUPPLIER) and caller.organisation_id in supplier_ids
