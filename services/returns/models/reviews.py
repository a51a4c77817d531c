"""What a contract manager looks at before deciding on a return, and what was decided."""

from __future__ import annotations

from services.returns.models.decisions import ChangeWanted, LineApproval
from services.returns.models.returns import Line
from services.returns.models.views import LineView, ReturnView
from shared.obligations import Frozen


class LineToReview(Frozen):
    """A line with the promise in the contract's words, and the same obligation in the quarters before, the latest first."""

    line: LineView
    wording: str
    earlier: tuple[Line, ...]


class Review(Frozen):
    """A return with all that its review needs."""

    filed: ReturnView
    lines: tuple[LineToReview, ...]
    on_behalf_because: str
    """Why the contract manager submitted it in the supplier's place; empty where the supplier did."""


class Decisions(Frozen):
    """What one look over a return comes to. Lines that are in none of the three wait on."""

    approved: tuple[LineApproval, ...] = ()
    changes: tuple[ChangeWanted, ...] = ()
    judged: tuple[LineApproval, ...] = ()
    """Lines that only their story was judged of."""
