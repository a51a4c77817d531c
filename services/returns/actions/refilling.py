"""Lines that fill themselves from activities, as long as nobody typed a figure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.returns.actions.readiness import look_again
from services.returns.actions.remembering import remember
from services.returns.models.returns import QuarterlyReturn
from services.returns.rules.activities import followed, opened_with
from services.returns.store import activities, returns
from shared.access import Caller
from shared.db import Connection
from shared.quarters import Quarter


async def lock_around(conn: Connection, contract_id: UUID, quarters: Collection[Quarter]) -> list[QuarterlyReturn]:
    """The open returns of these quarters: locked before an activity is, in the order in which a submission locks both."""
    return await returns.lock_in(conn, contract_id, quarters)


async def refill(conn: Connection, around: Sequence[QuarterlyReturn], obligation_id: UUID, *, by: Caller, at: datetime) -> None:
    """After an activity was noted, changed or removed. ``around``: what ``lock_around`` found."""
    for filed in around:
        for line in filed.lines:
            if line.obligation_id != obligation_id:
                continue
            first, last = line.quarter.first_day, line.quarter.last_day
            found = followed(line, await activities.of_obligation(conn, obligation_id, first_day=first, last_day=last))
            if found is not None:
                saved = line.changed(at=at, by=by.person_id, content=found[0], filled_from=found[1])
                after = filed.changed([saved])
                await returns.save(conn, [after], lines_changed=[saved])
                await remember(conn, saved, "filled", by=by.person_id, at=at)
                await look_again(conn, after)


async def fill_opened(conn: Connection, opened: Sequence[QuarterlyReturn]) -> list[QuarterlyReturn]:
    """New returns, with what was noted while their quarters ran."""
    if not opened:
        return []
    first, last = min(one.quarter for one in opened), max(one.quarter for one in opened)
    done = await activities.between(conn, {one.contract_id for one in opened}, first_day=first.first_day, last_day=last.last_day)
    return [opened_with(filed, done) for filed in opened] if done else list(opened)
