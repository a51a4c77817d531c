"""``rebuild totals``: the same fold from the log's beginning says what differs, and puts it right only when asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.aggregator import rebuild
from services.aggregator.models.publications import Known
from services.aggregator.models.rebuilding import Rebuilt
from services.aggregator.rebuild import LogIncomplete, rebuild_totals
from services.aggregator.store import ledger
from services.aggregator.store import totals as store
from shared.clock import DemonstrationClock
from shared.db import connect
from shared.log.interface import EventLog
from tests.aggregator.builders import (
    HOURS,
    MONEY,
    Q2,
    SPEND,
    TERMS_OF_EMPLOYMENT,
    Contract,
    an_organisation,
    recorded,
)
from tests.aggregator.conftest import Aggregator
from tests.aggregator.plain_fold import kept_totals, plain_fold
from tests.conftest import Databases

pytestmark = pytest.mark.asyncio

LATER = DemonstrationClock(datetime(2126, 1, 5, tzinfo=UTC))
"""After what the consumer heard, whose clock is the world's: whenever the tests run."""


async def rebuilt(aggregator: Aggregator, log: EventLog, **options: Any) -> Rebuilt:
    return await rebuild_totals(aggregator.url, log, epoch=1, clock=LATER, **options)


async def a_region(aggregator: Aggregator, log: EventLog) -> list[Any]:
    supplier = (an_organisation("A supplier of two"),)
    contracts = [Contract(suppliers=supplier, places={}) for _ in range(4)]
    returns = [contract.owes(HOURS, TERMS_OF_EMPLOYMENT, MONEY, SPEND) for contract in contracts]
    events = [event for nth, filed in enumerate(returns) for event in filed.all(nth, (nth, 10), 100 + nth, 5)]
    events += [returns[0].restated(77), *(recorded(contract.buyers[0]) for contract in contracts)]
    await aggregator.tells(log, events)
    await aggregator.catches_up(log)
    return events


async def as_owner(database: Databases, url: str, *statements: str) -> None:
    """Somebody with the owner's rights meddles."""
    conn = await connect(database.server.url(urlsplit(url).path.lstrip("/")))
    for statement in statements:
        await conn.execute(statement)
    await conn.close()


async def test_books_that_balance_show_no_difference(aggregator: Aggregator, log: EventLog):
    events = await a_region(aggregator, log)
    told: list[tuple[int, int]] = []
    found = await rebuilt(aggregator, log, progress=lambda done, total: told.append((done, total)))
    assert (found.differing, found.differences, found.swapped) == ({}, [], False)
    assert found.events == len(events) == told[-1][0] == told[-1][1]
    assert found.compared["figures"] == 16
    assert found.compared["organisations"] == 4
    assert await kept_totals(aggregator.pool) == plain_fold(events)


async def test_what_differs_is_named_and_put_right_only_on_request(database: Databases, aggregator: Aggregator, log: EventLog):
    events = await a_region(aggregator, log)
    await as_owner(
        database,
        aggregator.url,
        "UPDATE totals SET value = value + 1 WHERE dimension = 'region' AND figures = 4 AND value > 0",
        "DELETE FROM totals WHERE dimension = 'sector'",
        "UPDATE figures SET value = 1000 WHERE value = 77",
        "UPDATE organisations SET name = 'Another' WHERE ctid = (SELECT max(ctid) FROM organisations)",
    )
    found = await rebuilt(aggregator, log)
    assert found.differing == {"totals": 7, "figures": 1, "organisations": 1}
    (wrong,) = [difference for difference in found.differences if difference.table == "figures"]
    assert (_value(wrong.live), _value(wrong.rebuilt)) == (1000, 77)
    assert await kept_totals(aggregator.pool) != plain_fold(events)

    assert (await rebuilt(aggregator, log, swap=True)).swapped
    assert await kept_totals(aggregator.pool) == plain_fold(events)
    assert (await rebuilt(aggregator, log)).differing == {}


def _value(row: Mapping[str, Any] | None) -> Decimal:
    assert row is not None
    return Decimal(str(row["value"]))


async def test_the_ledger_keeps_when_things_were_heard(database: Databases, aggregator: Aggregator, log: EventLog):
    await a_region(aggregator, log)
    heard = datetime.now(UTC)
    async with aggregator.pool.acquire() as conn:
        before = await ledger.totals(conn, Q2.first_day, known=Known(at=heard))
    await as_owner(database, aggregator.url, "UPDATE totals SET value = 0")
    await rebuilt(aggregator, log, swap=True)
    async with aggregator.pool.acquire() as conn:
        assert await ledger.totals(conn, Q2.first_day, known=Known(at=heard)) == before
        assert await ledger.totals(conn, Q2.first_day, known=Known(at=LATER.now())) == before
        assert [cell.amounts for cell in (await store.totals(conn, Q2.first_day))[0]] == [cell.amounts for cell in before]


async def test_a_correction_is_known_from_the_time_it_was_made(database: Databases, aggregator: Aggregator, log: EventLog):
    await a_region(aggregator, log)
    await as_owner(database, aggregator.url, "UPDATE figures SET value = 1000 WHERE value = 77")
    await rebuilt(aggregator, log, swap=True)
    async with aggregator.pool.acquire() as conn:
        known = [
            next(
                cell.amounts
                for cell in await ledger.totals(conn, Q2.first_day, codes=["NT8"], known=Known(at=at))
                if cell.member == "all"
            )
            for at in (LATER.now() - timedelta(days=1), LATER.now())
        ]
    assert [amounts and amounts.value for amounts in known] == [1006, 83]


async def test_an_interrupted_rebuild_goes_on_where_it_stood(
    aggregator: Aggregator, log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    events = await a_region(aggregator, log)
    reads = []

    class Interrupted(Exception):
        """Ctrl-C."""

    async def read(self: Any, limit: int, patience: float) -> Any:
        delivered = await original(self, 7, patience)
        reads.append(len(delivered))
        if len(reads) == 3:
            raise Interrupted
        return delivered

    original = rebuild._ReaderUpTo.read
    monkeypatch.setattr(rebuild._ReaderUpTo, "read", read)
    with pytest.raises(Interrupted):
        await rebuilt(aggregator, log)
    assert (await rebuilt(aggregator, log)).differing == {}
    assert sum(reads) == len(events) + reads[2]


async def test_live_goes_on_after_a_rebuild_and_a_swap_takes_in_what_came_since(aggregator: Aggregator, log: EventLog):
    events = await a_region(aggregator, log)
    await rebuilt(aggregator, log)
    more = Contract().owes(HOURS).all(3)
    await aggregator.tells(log, more)
    await aggregator.catches_up(log)
    found = await rebuilt(aggregator, log, swap=True)
    assert (found.events, found.differing) == (len(events) + len(more), {})
    assert await kept_totals(aggregator.pool) == plain_fold(events + more)


async def test_a_log_that_lost_events_is_said_so(
    database: Databases, aggregator: Aggregator, log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    await a_region(aggregator, log)
    monkeypatch.setattr(rebuild, "_PATIENCE_SECONDS", 1)
    await as_owner(database, log._url, "DELETE FROM records WHERE position = 1")  # type: ignore[attr-defined]
    with pytest.raises(LogIncomplete, match="parity replay"):
        await rebuilt(aggregator, log)
