"""The history of a return and its lines: what was done, by whom and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.returns.models.returns import Line, QuarterlyReturn
from shared import history
from shared.db import Connection


async def remember(
    conn: Connection, subject: QuarterlyReturn | Line, action: str, *, by: UUID, at: datetime, **detail: Any
) -> None:
    """``detail`` stays in this service; it may hold reasons."""
    is_line = isinstance(subject, Line)
    await history.record(
        conn,
        at=at,
        by=by,
        contract_id=subject.contract_id,
        subject="line" if is_line else "return",
        subject_id=subject.line_id if isinstance(subject, Line) else subject.return_id,
        action=action,
        detail={"version": subject.version, **detail},
    )
