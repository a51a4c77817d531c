"""What is told of a return and of a line: figures, dates and ids, never words that somebody typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from services.returns.models.returns import Line, QuarterlyReturn
from shared.events.returns import LineFact, LineOwed, ReturnFact

R = TypeVar("R", bound=ReturnFact)
L = TypeVar("L", bound=LineFact)


def return_fact(told: type[R], filed: QuarterlyReturn) -> R:
    """The event ``told`` about a return, with the whole of it."""
    owed = tuple(LineOwed.model_validate(line, from_attributes=True) for line in filed.lines)
    known = {name: getattr(filed, name) for name in told.model_fields if name != "lines"}
    return told(**known, lines=owed)


def line_fact(told: type[L], line: Line, filed: QuarterlyReturn, evidence: Sequence[str]) -> L:
    """The event ``told`` about an approved line; ``evidence`` are the SHA-256 of its files and its activities'."""
    known = {name: getattr(line, name) for name in told.model_fields if name not in ("contract", "evidence")}
    return told(**known, contract=filed.contract, evidence=tuple(sorted(set(evidence))))
