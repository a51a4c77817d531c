"""What people read: an alert with all that explains it, as one person may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.alerts.models.alerts import Alert, Dispute, Note, PlanStatus, RecoveryPlan, StoredRating
from services.alerts.models.facts import KnownObligation
from services.alerts.store import alerts as store
from services.alerts.store import ratings as ratings_store
from services.alerts.store import sight
from shared import history
from shared.db import Connection
from shared.errors import NotFound
from shared.viewer import Viewer


@dataclass(frozen=True, slots=True)
class WholeAlert:
    """An alert, the rating of its obligation and quarter as it stands now, and all that was said and done about it."""

    seen: sight.SeenAlert
    rating: StoredRating | None
    obligation: KnownObligation | None
    lines: Sequence[sight.SeenLine]
    """Those that it is about and that its reader may open."""
    plans: Sequence[RecoveryPlan]
    disputes: Sequence[Dispute]
    history: Sequence[history.Entry]

    @property
    def alert(self) -> Alert:
        return self.seen.alert

    @property
    def notes(self) -> list[Note]:
        """What the ICB said, the earliest first."""
        return [Note(entry.detail["note"], entry.at, entry.person_id) for entry in self.history if entry.action == "noted"]

    @property
    def proposed(self) -> RecoveryPlan | None:
        """The plan that waits for the buyer's answer."""
        return next((plan for plan in self.plans if plan.status is PlanStatus.PROPOSED), None)

    @property
    def disputed(self) -> Dispute | None:
        """The dispute that waits for the buyer's answer."""
        return next((dispute for dispute in self.disputes if dispute.upheld is None), None)


async def alert_in_full(conn: Connection, viewer: Viewer, alert_id: UUID) -> WholeAlert:
    """Raises NotFound for what this viewer may not see."""
    found = await sight.alerts(conn, viewer, sight.AlertFilter(), limit=1, alert_id=alert_id)
    if not found:
        raise NotFound
    alert = found[0].alert
    rating, obligation = None, None
    if alert.obligation_id is not None:
        rating = await ratings_store.rating(conn, alert.obligation_id, alert.quarter)
        obligation = (await ratings_store.obligations(conn, [alert.obligation_id])).get(alert.obligation_id)
    return WholeAlert(
        found[0],
        rating,
        obligation,
        lines=await sight.lines_about(conn, viewer, alert),
        plans=await store.plans_of(conn, alert_id),
        disputes=await store.disputes_of(conn, alert_id),
        history=await history.of(conn, alert_id),
    )
