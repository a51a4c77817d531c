"""How an obligation stands: what was promised, and what a rating would say if its line were approved as it is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from services.returns.models.returns import Line
from shared.events.commitments import ContractFact
from shared.events.returns import ContractSnapshot, LineStatus
from shared.obligations import Figure
from shared.quarters import Quarter
from shared.ratings import QuarterOwed, Rated, rate


def wording_of(contract: ContractFact, line: Line) -> str:
    """The promise as the contract words it in the line's quarter; empty where nobody told it."""
    for obligation in contract.obligations:
        if obligation.obligation_id == line.obligation_id:
            in_force = [one for one in obligation.versions if one.from_quarter <= line.quarter]
            return in_force[-1].wording if in_force else ""
    return ""


def rated_as(line: Line, figure: Figure | None, earlier: Sequence[Line], contract: ContractSnapshot) -> Rated | None:
    """The rating at the end of the line's quarter if ``figure`` were approved; of the earlier lines the approved ones count."""
    return rate([*_owed(earlier, contract), _quarter(line, figure, contract)], line.quarter)


def rated_before(earlier: Sequence[Line], contract: ContractSnapshot) -> dict[Quarter, Rated]:
    """The rating at the end of each earlier quarter, as its approved lines stand now."""
    owed = _owed(earlier, contract)
    return {one.quarter: rated for one in earlier if (rated := rate(owed, one.quarter)) is not None}


def target_to_date(line: Line, earlier: Sequence[Line], contract: ContractSnapshot) -> Fraction:
    """What a rating at the end of the line's quarter measures by."""
    nothing = rated_as(line, Figure.none_delivered(line.terms.kind), earlier, contract)
    return nothing.measured.target if nothing is not None and nothing.measured is not None else Fraction(line.terms.target)


def _owed(lines: Sequence[Line], contract: ContractSnapshot) -> list[QuarterOwed]:
    return [_quarter(line, line.figure if line.status is LineStatus.APPROVED else None, contract) for line in lines]


def _quarter(line: Line, figure: Figure | None, contract: ContractSnapshot) -> QuarterOwed:
    return QuarterOwed(line.quarter, line.terms, figure, line.quarter.days_within(contract.starts_on, contract.ends_on))
