"""Key performance indicators of a contract's notices as core obligations. They match by id: titles change between notices."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Self

from services.commitments.notices.models import ProposedObligation
from services.commitments.notices.release import Award, Contract, Metric, Observation
from shared.obligations import Direction, Frequency, Frozen, Kind, plain

_FILLER = re.compile(r"(n\s*[/\\.\-]?\s*a|not applicable|none|nil|no kpis?|[-.–—/]+|)\.?", re.IGNORECASE)
_TARGET = re.compile(r"([≥≤<>=]{0,2})\s*(\d[\d,]{0,17}(?:\.\d{1,6})?)\s*(%|per\s?cent)?", re.IGNORECASE)
_FREQUENCY = "frequency"
"""The id under which Find a Tender says how often a KPI is assessed: no target."""


class Kpis(Frozen):
    """``fillers``: why each of them, by id, is left out."""

    obligations: tuple[ProposedObligation, ...]
    fillers: dict[str, str]

    @classmethod
    def of(cls, contract: Contract | None, award: Award | None) -> Self:
        agreed, reported = agreed_metrics(contract, award), reported_metrics(contract)
        fillers = {}
        found = []
        for id in {**agreed, **reported}:
            promise, report = agreed.get(id), reported.get(id)
            titles = [metric.title for metric in (report, promise) if metric and not _is_filler(metric.title)]
            if titles or (promise and promise.description and not _is_filler(promise.description)):
                found.append(_obligation(id, promise, next(iter(titles), None)))
            else:
                said = next((metric.title for metric in (promise, report) if metric and metric.title), "")
                fillers[id] = f"KPI {id} (“{said}”) is a filler and promises nothing"
        return cls(obligations=tuple(found), fillers=fillers)


def agreed_metrics(contract: Contract | None, award: Award | None) -> dict[str, Metric]:
    """By id; the contract's own wording stands over the award's."""
    awarded = award.agreed_metrics if award else None
    contracted = contract.agreed_metrics if contract else None
    return {metric.id: metric for metric in (*(awarded or ()), *(contracted or ()))}


def reported_metrics(contract: Contract | None) -> dict[str, Metric]:
    """By id, from performance notices."""
    implementation = contract.implementation if contract else None
    return {metric.id: metric for metric in (implementation.metrics if implementation else None) or ()}


def _is_filler(text: str | None) -> bool:
    return _FILLER.fullmatch((text or "").strip()) is not None


def _obligation(id: str, promise: Metric | None, title: str | None) -> ProposedObligation:
    observations = (promise and promise.observations) or []
    months = next((one.period.duration_in_months for one in observations if one.id == _FREQUENCY and one.period), None)
    targets = [target for one in observations if (target := _Target.of(one))]
    target = targets[0] if targets and all(one == targets[0] for one in targets) else None
    return ProposedObligation(
        id=id,
        title=title,
        wording=promise.description if promise else None,
        target=target.amount if target else None,
        target_said="; ".join(one.said for one in targets) if targets and (target is None or target.amount is None) else None,
        unit=target.unit if target else None,
        kind=target.kind if target else None,
        direction=target.direction if target else None,
        frequency={1: Frequency.MONTHLY, 3: Frequency.QUARTERLY}.get(months or 0),
        reported_every_months=months,
        agreed=promise is not None,
    )


class _Target(Frozen):
    amount: Decimal | None
    said: str
    unit: str | None
    kind: Kind | None
    direction: Direction | None

    @classmethod
    def of(cls, observation: Observation) -> Self | None:
        """None where an observation sets no target, as a frequency does."""
        if observation.id is not None and observation.id.lower() == _FREQUENCY:
            return None
        unit = observation.unit and (observation.unit.name or observation.unit.id)
        if observation.value is not None and observation.value.amount is not None:
            currency = observation.value.currency or "GBP"
            amount = observation.value.amount
            return cls(amount=amount, said=plain(amount), unit=currency, kind=Kind.FLOW, direction=None)
        if observation.measure is None:
            return None
        number = _TARGET.fullmatch(observation.measure)
        if number is None:
            return cls(amount=None, said=observation.measure, unit=unit, kind=None, direction=None)
        sign, digits, per_cent = number.groups()
        unit = "%" if per_cent or (unit or "").lower() in {"%", "per cent", "percent", "percentage", "p1"} else unit
        return cls(
            amount=Decimal(digits.replace(",", "")),
            said=observation.measure,
            unit=unit,
            kind=Kind.RATIO if unit == "%" else None,
            direction=Direction.LOWER if "≤" in sign or "<" in sign else Direction.HIGHER if sign else None,
        )
