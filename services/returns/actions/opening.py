"""Opening returns when their quarter is over, and amending them when the contract changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.returns.actions.readiness import look_again
from services.returns.actions.refilling import fill_opened
from services.returns.actions.remembering import remember
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules import opening
from services.returns.rules.deadlines import Deadlines, last_ended, opens_on
from services.returns.rules.facts import return_fact
from services.returns.store import contracts, lines, returns
from shared.access import NOBODY
from shared.db import Connection
from shared.events import Event
from shared.events.commitments import ContractFact
from shared.events.returns import ReturnAmended, ReturnApproved, ReturnOpened, ReturnStatus
from shared.ids import new_id
from shared.quarters import Quarter, local_date, quarters_between
from shared.spine import publish

_AT_A_TIME = 500


async def hear_contract(conn: Connection, fact: ContractFact, deadlines: Deadlines, *, at: datetime) -> None:
    """Keep what commitments told at ``at``: open what it missed, amend what is open already. An older version changes nothing.

    Dates follow from the time of the event and not of its arrival, so that they are the same however late it is heard.
    """
    through = await contracts.hear_contract(conn, fact, last_ended(local_date(at)))
    if through is None:
        return
    filed = {one.quarter: one for one in await returns.lock_of_contract(conn, fact.contract_id)}
    await _amend(conn, list(filed.values()), fact, deadlines, at=at)
    missed = [quarter for quarter in _quarters(fact, through) if quarter not in filed]
    await _open(conn, [(fact, quarter, opens_on(quarter, local_date(at))) for quarter in missed], deadlines, at=at)


async def open_ended(conn: Connection, slot: date, deadlines: Deadlines, *, at: datetime) -> None:
    """Open the return of every contract for each quarter that was over by ``slot`` and that nobody has looked at."""
    ended = last_ended(slot)
    while found := await contracts.lock_contracts_to_open(conn, ended, limit=_AT_A_TIME):
        owed = [
            (fact, quarter, opens_on(quarter, quarter.next().first_day))
            for fact, through in found
            for quarter in _quarters(fact, ended)
            if quarter > through
        ]
        await _open(conn, owed, deadlines, at=at)
        await contracts.mark_opened(conn, [fact.contract_id for fact, _ in found], ended)


async def amend_from_contract(conn: Connection, filed: QuarterlyReturn, deadlines: Deadlines, *, at: datetime) -> QuarterlyReturn:
    """A return that goes back to the supplier takes up what the contract says by now; the caller tells of it."""
    fact = await contracts.contract(conn, filed.contract_id)
    if fact is None:
        return filed
    dropped = await lines.dropped_from(conn, [filed.return_id])
    found = opening.amended(filed, dropped, fact, deadlines, amended_on=local_date(at), at=at, new_id=new_id)
    if found is None:
        return filed
    now, gone = found
    await returns.save(conn, [now], lines_changed=[*_changed(filed, now), *gone])
    return now


def _quarters(fact: ContractFact, through: Quarter) -> list[Quarter]:
    """The quarters in which a contract ran, up to ``through``."""
    return quarters_between(Quarter.of(fact.starts_on), min(Quarter.of(fact.ends_on), through))


async def _open(
    conn: Connection, owed: Sequence[tuple[ContractFact, Quarter, date]], deadlines: Deadlines, *, at: datetime
) -> None:
    opened = [
        filed
        for fact, quarter, opened_on in owed
        if (filed := opening.opened(fact, quarter, deadlines, opened_on=opened_on, at=at, new_id=new_id)) is not None
    ]
    opened = await fill_opened(conn, opened)
    await returns.save(conn, opened, lines_changed=[line for filed in opened for line in filed.lines])
    for filed in opened:
        await remember(conn, filed, "opened", by=NOBODY, at=at)
    await publish(conn, *(return_fact(ReturnOpened, filed) for filed in opened), at=at)


async def _amend(
    conn: Connection, filed: Sequence[QuarterlyReturn], fact: ContractFact, deadlines: Deadlines, *, at: datetime
) -> None:
    dropped = await lines.dropped_from(conn, [one.return_id for one in filed])
    changed: list[QuarterlyReturn] = []
    lines_changed: list[Line] = []
    events: list[Event] = []
    for one in filed:
        before = [line for line in dropped if line.return_id == one.return_id]
        found = opening.amended(one, before, fact, deadlines, amended_on=local_date(at), at=at, new_id=new_id)
        if found is not None:
            now, gone = found
            changed.append(now)
            lines_changed += [*_changed(one, now), *gone]
            events.append(return_fact(_told(one, now), now))
    await returns.save(conn, changed, lines_changed=lines_changed)
    for now in changed:
        await remember(conn, now, "amended", by=NOBODY, at=at, contract_version=fact.version)
        await look_again(conn, now)
    await publish(conn, *events, at=at)


def _told(before: QuarterlyReturn, now: QuarterlyReturn) -> type[ReturnAmended] | type[ReturnApproved]:
    """Where only approved lines are still owed, nothing is left to approve."""
    approved = now.status is ReturnStatus.APPROVED and before.status is not ReturnStatus.APPROVED
    return ReturnApproved if approved else ReturnAmended


def _changed(before: QuarterlyReturn, now: QuarterlyReturn) -> list[Line]:
    return [line for line in now.lines if line not in before.lines]
