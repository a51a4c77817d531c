"""Events of the topic ``returns`` as facts for the ledger. This is the hot path: plain JSON in, text out, the same answer as
from the typed events (a test holds them together)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from services.aggregator.models.facts import (
    REGION,
    SEVERAL_PLACES,
    AllocationPart,
    DueFact,
    FigureFact,
    MeasureDescription,
    Spread,
)
from services.aggregator.rules.counting import parts_of, weighted_by_days
from shared.events.returns import LineFact, ReturnFact
from shared.obligations import ContractForm, FteCounting, Kind, Scope, plain
from shared.quarters import Quarter

FIGURES = frozenset(kind.event_type for kind in LineFact.__subclasses__())
DUES = frozenset(kind.event_type for kind in ReturnFact.__subclasses__())

Json = Mapping[str, Any]

_REMEMBERED = 8192
"""Contracts and measures come again and again; what they mean is worked out once."""


def figure_fact(data: Json, measure: MeasureDescription, spread: Spread, time: str, partition: int, position: int) -> FigureFact:
    """``data`` of a LineFact."""
    contract, figure, terms = data["contract"], data["figure"], data["terms"]
    value, numerator, denominator = figure.get("value"), figure.get("numerator"), figure.get("denominator")
    reported = None
    if measure.kind == Kind.FTE:
        reported, value = value, _weighted(value, data["quarter"], contract)
    elif measure.kind == Kind.FLAG:
        value, numerator, denominator = None, value, "1"
    return FigureFact(
        data["return_id"],
        data["line_id"],
        data["version"],
        data["contract_id"],
        spread.supplier_id,
        first_day(data["quarter"]),
        measure.measure_id,
        contract["form"] == ContractForm.PLEDGE,
        measure.scope == Scope.ORGANISATION,
        spread.allocation_id,
        value,
        numerator,
        denominator,
        reported if reported != value else None,
        promised(terms, data["quarter"], contract),
        figure.get("nil", False),
        data["approved_at"],
        time,
        partition,
        position,
    )


def due_fact(
    data: Json, measures: Sequence[MeasureDescription], spread: Spread, time: str, partition: int, position: int
) -> DueFact:
    """``data`` of a ReturnFact; ``measures`` are those of its lines."""
    contract, lines = data["contract"], data["lines"]
    return DueFact(
        data["return_id"],
        data["version"],
        data["contract_id"],
        spread.supplier_id,
        first_day(data["quarter"]),
        contract["form"] == ContractForm.PLEDGE,
        spread.allocation_id,
        data["status"] != "open" or data.get("first_submitted_at") is not None,
        _array(line["line_id"] for line in lines),
        _array(measure.measure_id for measure in measures),
        _array(promised(line["terms"], data["quarter"], contract) for line in lines),
        _array("t" if line["status"] == "approved" else "f" for line in lines),
        time,
        partition,
        position,
    )


def promised(terms: Json, quarter: str, contract: Json) -> str:
    """The promised quantity that coverage adds up: the target, for FTE weighted like what is delivered.

    0 for a ratio: percentages never add up.
    """
    kind = terms["measure"]["kind"]
    if kind == Kind.RATIO:
        return "0"
    target: str = terms["target"]
    if kind != Kind.FTE:
        return target
    if terms.get("fte_counting") == FteCounting.FTE_YEARS:
        target = plain(Decimal(target) * 4)
    return _weighted(target, quarter, contract)


def measure_described(measure: Json) -> MeasureDescription:
    return _measure(orjson.dumps(measure), 0)


def catalogue_measure(measure: Json, catalogue_version: int) -> MeasureDescription:
    """As the catalogue itself describes it; ``catalogue_version`` grows with every change of the catalogue."""
    return _measure(orjson.dumps(measure), catalogue_version)


def spread_of(contract: Json) -> Spread:
    """How the figures of a contract (an event's snapshot) are spread."""
    return _spread(orjson.dumps([contract["buyers"], contract["suppliers"], contract.get("places", {})]))


@lru_cache(256)
def first_day(quarter: str) -> str:
    return Quarter.parse(quarter).first_day.isoformat()


@lru_cache(_REMEMBERED)
def _measure(raw: bytes, catalogue_version: int) -> MeasureDescription:
    measure = orjson.loads(raw)
    identity = (measure["framework"], measure["code"], measure["unit"], measure["kind"], measure.get("buyer_id"))
    described = (
        measure["label"],
        measure["over_time"],
        measure.get("scope", Scope.CONTRACT),
        measure.get("theme", ""),
        measure.get("outcome", ""),
        _array('"{}"'.format(code.replace("\\", "\\\\").replace('"', '\\"')) for code in measure.get("overlaps", ())),
        measure.get("suppress", False),
        measure.get("partner_vcfse", False),
    )
    return MeasureDescription(
        _digest(identity), *identity, *described, measure.get("framework_version", 1), catalogue_version, _digest(described)
    )


@lru_cache(_REMEMBERED)
def _spread(raw: bytes) -> Spread:
    buyers, suppliers, places = orjson.loads(raw)
    shares = {
        "region": {REGION: Decimal(1)},
        "place": {place: Decimal(share) for place, share in places.items()} or {SEVERAL_PLACES: Decimal(1)},
        "buyer": _shares(buyers, "organisation_id"),
        "sector": _shares(suppliers, "sector"),
    }
    rows = [(dimension, *part) for dimension, members in shares.items() for part in parts_of(members)]
    allocation_id = _digest([[*row[:2], plain(row[2])] for row in rows])
    return Spread(
        allocation_id,
        tuple(
            AllocationPart(allocation_id, dimension, member, plain(share), None if others is None else _array(map(plain, others)))
            for dimension, member, share, others in rows
        ),
        _lead(suppliers)["organisation_id"],
    )


def _shares(parties: Sequence[Json], member: str) -> dict[str, Decimal]:
    """By the parties' agreed shares; without any, all of it under the lead."""
    shares: dict[str, Decimal] = {}
    for party in parties:
        if party.get("share") is not None:
            shares[party[member]] = shares.get(party[member], Decimal(0)) + Decimal(party["share"])
    return shares if any(shares.values()) else {_lead(parties)[member]: Decimal(1)}


def _lead(parties: Sequence[Json]) -> Json:
    return next((party for party in parties if party.get("lead")), parties[0])


def _weighted(fte: str, quarter: str, contract: Json) -> str:
    return _weighted_by_days(fte, quarter, contract["starts_on"], contract["ends_on"])


@lru_cache(_REMEMBERED)
def _weighted_by_days(fte: str, quarter: str, starts_on: str, ends_on: str) -> str:
    weighted = weighted_by_days(Decimal(fte), Quarter.parse(quarter), date.fromisoformat(starts_on), date.fromisoformat(ends_on))
    return plain(weighted)


def _array(items: Iterable[str]) -> str:
    return "{" + ",".join(items) + "}"


def _digest(content: Any) -> str:
    """128 bits of what a thing is made of, as an identifier: everybody who sees the same thing gives it the same one."""
    return blake2b(orjson.dumps(content), digest_size=16).hexdigest()
