"""How contracts and what is owed under them are said on pages."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from services.commitments.models.proposals import ProposalStatus
from services.commitments.models.words import LegalRegime
from shared.obligations import (
    Bands,
    BandsBy,
    Basis,
    ContractForm,
    Direction,
    FteCounting,
    Kind,
    OverTime,
    Place,
    Sector,
    Side,
    Terms,
)
from shared.ratings.rounding import shown
from shared.ratings.targets import Spread
from shared.words import label, quantity

SIDES = {Side.CORE_SERVICE: "Core service", Side.SOCIAL_VALUE: "Social value"}

FORMS = {
    ContractForm.CONTRACT: ("Contract", ""),
    ContractForm.FRAMEWORK: ("Framework", "Call-offs are made under it"),
    ContractForm.LOT: ("Lot", "A part of a framework"),
    ContractForm.CALL_OFF: ("Call-off", "Made under a framework or a lot"),
    ContractForm.PLEDGE: (
        "Pledge",
        "Social value promised without a contract. Set its baselines and yearly targets once it is registered",
    ),
}
KINDS = {
    Kind.FLOW: ("An amount that adds up", "Hours, pounds, tonnes or things done in a quarter"),
    Kind.FTE: ("Full-time equivalents", "People employed, by how much they work"),
    Kind.HEADCOUNT: ("A number at the end of the quarter", "People in work, vehicles ready for service"),
    Kind.RATIO: ("A share, in %", "How many of those measured met the standard"),
    Kind.FLAG: ("Yes or no", ""),
}
DIRECTIONS = {Direction.HIGHER: ("More is better", ""), Direction.LOWER: ("Less is better", "Such as complaints or waiting days")}
SPREADS = {
    Spread.EVENLY: ("The same in every quarter", ""),
    Spread.BY_DAYS: ("By days", "A quarter in which the contract runs only partly gets less"),
    Spread.RAMPED: ("Growing step by step", "1 part in the first quarter, 2 in the second, and so on"),
    Spread.BY_TERM: ("In school terms", "Nothing from July to September"),
    Spread.ONCE_A_YEAR: ("Once a year", "In the last quarter of each financial year"),
}
BASES = {
    Basis.QUARTER: ("Each quarter by itself", ""),
    Basis.YEAR: ("The financial year so far", "A weak quarter can be made up by March"),
    Basis.CONTRACT: ("The whole contract so far", ""),
}
FTE_COUNTINGS = {
    FteCounting.AVERAGE: ("As an average", "10 FTE employed all year are 10"),
    FteCounting.FTE_YEARS: ("As FTE years", "Each quarter adds a quarter of its FTE"),
}
OVER_TIMES = {
    OverTime.POOL: ("All that were measured, together", ""),
    OverTime.LATEST: ("The latest quarter stands", ""),
}
PROPOSALS = {
    ProposalStatus.WAITING: "Waiting to be registered",
    ProposalStatus.CHANGED: "Changed by a later notice",
    ProposalStatus.CONFIRMED: "Registered",
    ProposalStatus.DECLINED: "Dismissed",
    ProposalStatus.FALLEN: "Award fell",
}
BANDS_BY = {
    BandsBy.SHARE_OF_TARGET: ("Shares of the target, in %", ""),
    BandsBy.THRESHOLDS: ("Figures in the unit", ""),
}


def choices(said: dict[Any, tuple[str, str]]) -> list[dict[str, str]]:
    """For radios: value, text and hint."""
    return [{"value": value, "text": text, "hint": hint} for value, (text, hint) in said.items()]


def labels(values: type[StrEnum]) -> list[dict[str, str]]:
    """For a select."""
    return [{"value": value.value, "text": label(value.value)} for value in values]


REGIMES = labels(LegalRegime)
SECTORS = labels(Sector)
PLACES = [{"value": place.value, "text": place.value} for place in Place]


def bands(terms: Terms) -> list[tuple[str, str]]:
    """From where each rating begins: ``("good", "100 % of the target or more")``."""
    if terms.bands is None:
        return [("good", "yes"), ("inadequate", "no")]
    beyond, worse = ("or more", "less than that") if terms.direction is Direction.HIGHER else ("or less", "more than that")
    said = [f"{one} {beyond}" for one in _limits(terms.bands, terms.measure.unit)]
    return list(zip(("good", "approaching_target", "requires_improvement", "inadequate"), (*said, worse), strict=True))


def _limits(given: Bands, unit: str) -> Sequence[str]:
    values = (given.good, given.approaching, given.improvement)
    if given.by is BandsBy.SHARE_OF_TARGET:
        return [f"{shown(value * 100)} % of the target" for value in values]
    return [quantity(value, unit) for value in values]


def basis(terms: Terms) -> str:
    """Which quarters a rating looks at."""
    said = BASES[terms.basis][0]
    if terms.kind is Kind.FTE and terms.basis is not Basis.QUARTER:
        return f"{said}, {FTE_COUNTINGS[terms.fte_counting][0].lower().replace('fte', 'FTE')}"
    if terms.kind is Kind.RATIO and terms.basis is not Basis.QUARTER:
        return f"{said}: {OVER_TIMES[terms.over_time][0].lower()}"
    return said
