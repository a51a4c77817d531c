"""Builders for the commitments service: valid by default; name only what matters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.commitments.models.contracts import NewContract, Party
from services.commitments.models.obligations import NewObligation
from services.commitments.models.organisations import NewOrganisation
from shared.access import Caller, Role, Scope
from shared.obligations import Place, Sector, Side
from shared.quarters import Quarter, quarters_of

STARTS, ENDS = date(2026, 4, 1), date(2028, 3, 31)
QUARTERS = quarters_of(STARTS, ENDS)
Q1, Q2, Q3, Q4 = QUARTERS[:4]
NOW = datetime(2026, 7, 10, 9, tzinfo=UTC)

_NAMES = UUID("7d0a3c1e-0000-5000-8000-000000000002")


def an_organisation(name: str, *, buyer: bool = False, sector: Sector = Sector.PUBLIC, **rest: Any) -> NewOrganisation:
    return NewOrganisation(name=name, sector=sector, place=Place.WIRRAL, buyer=buyer, supplier=not buyer, **rest)


def a_caller(organisation_id: UUID, *roles: Role) -> Caller:
    return Caller(uuid5(_NAMES, f"{organisation_id} {roles}"), organisation_id, frozenset(roles), frozenset(Scope))


def an_obligation(reference: str = "hours", **rest: Any) -> NewObligation:
    """50 hours of NT29 in every quarter of the contract, unless said."""
    owed: dict[str, Any] = {
        "reference": reference,
        "side": Side.SOCIAL_VALUE,
        "measure": None if "own_measure" in rest else "NT29",
        "wording": "We will volunteer for community projects.",
        "method_statement": "By our volunteering days.",
        "relevant": "It serves the community around the contract.",
        "proportionate": "It fits the value of the contract.",
        "additional": "Nobody did so before.",
    }
    if "spread" not in rest:
        owed["targets"] = targets(50)
    return NewObligation.model_validate(owed | rest)


def targets(amount: int | str, *quarters: Quarter) -> list[dict[str, Any]]:
    return [{"quarter": quarter, "target": amount} for quarter in quarters or QUARTERS]


def a_contract(buyer_id: UUID, supplier_id: UUID, *obligations: NewObligation, **rest: Any) -> NewContract:
    described: dict[str, Any] = {
        "reference": "C-1",
        "title": "Community meals",
        "starts_on": STARTS,
        "ends_on": ENDS,
        "value": "250000.00",
        "buyers": (Party(organisation_id=buyer_id),),
        "suppliers": (Party(organisation_id=supplier_id),),
        "obligations": obligations or (an_obligation(),),
    }
    return NewContract.model_validate(described | rest)
