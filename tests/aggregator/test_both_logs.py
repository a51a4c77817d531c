"""What the aggregator tells and builds anew, on PostgresLog and on Kafka."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit
from uuid import uuid4

from services.aggregator.actions.publishing import close_quarter
from services.aggregator.actions.reading import Wanted, totals
from services.aggregator.main import service
from services.aggregator.models.totals import Total
from services.aggregator.rebuild import rebuild_totals
from shared.db import connect
from shared.events import Envelope
from shared.events.icb_totals import QuarterPublished, TotalPublished
from shared.log.interface import Partition, topic_in
from tests.aggregator.builders import CARE_LEAVERS, HOURS, Q2, RATIO, Contract
from tests.aggregator.conftest import Aggregator
from tests.aggregator.plain_fold import kept_totals, plain_fold
from tests.aggregator.test_publications import CLOSED
from tests.aggregator.test_rebuild import LATER
from tests.conftest import Databases, OpenRuntime
from tests.event_logs import LogUnderTest


async def from_start(partitions: Collection[Partition]) -> Mapping[Partition, int]:
    return dict.fromkeys(partitions, 0)


def described(one: TotalPublished | Total) -> tuple[object, ...]:
    return one.measure_code, str(one.dimension), one.member, one.value, one.numerator, one.denominator, one.hidden


async def test_each_publication_is_told_whole_and_in_order(runtime: OpenRuntime, log_under_test: LogUnderTest) -> None:
    at_work = await runtime(service, at=CLOSED, log=log_under_test.url, epoch=log_under_test.epoch)
    aggregator = Aggregator(at_work.settings.database("aggregator"), at_work.pool)
    filed = Contract(places={"Halton": "0.4", "Wirral": "0.6"}).owes(HOURS, RATIO, CARE_LEAVERS)
    await aggregator.hears(filed.all(100, (90, 100), 4))
    for _ in (1, 2):
        async with at_work.pool.acquire() as conn, conn.transaction():
            await close_quarter(conn, Q2, at=CLOSED, by=uuid4(), threshold=5)
        await at_work.relay.drain()
        await aggregator.hears(filed.restated(90))

    reader = await at_work.log.reader([topic_in(log_under_test.epoch, "icb-totals")], from_start, group=None)
    told = [Envelope.decode(record.value).event for record in await reader.read(1000, 5)]
    while more := await reader.read(1000, 1):
        told += [Envelope.decode(record.value).event for record in more]
    await reader.close()
    for number in (1, 2):
        (whole,) = [event for event in told if isinstance(event, QuarterPublished) and event.number == number]
        parts = [event for event in told if isinstance(event, TotalPublished) and event.number == number]
        async with at_work.pool.acquire() as conn:
            shown, _ = await totals(conn, Q2, Wanted(), threshold=5, publication=number)
        assert {described(one) for one in parts} == {described(one) for one in shown}
        assert len(parts) == len(shown) == whole.totals
        assert {one.publication_id for one in parts} == {whole.publication_id}
        assert told.index(whole) < told.index(parts[0]), "a reader knows how many to wait for"
    assert any(one.hidden for one in told if isinstance(one, TotalPublished))


async def test_totals_are_built_anew_from_either_log(
    database: Databases, aggregator: Aggregator, log_under_test: LogUnderTest
) -> None:
    log, epoch = await log_under_test.open(), log_under_test.epoch
    returns = [Contract().owes(HOURS, RATIO) for _ in range(10)]
    events = [event for nth, filed in enumerate(returns) for event in filed.all(nth, (nth, 10))]
    await aggregator.tells(log, events, epoch=epoch)
    await aggregator.catches_up(log, epoch=epoch)
    owner = await connect(database.server.url(urlsplit(aggregator.url).path.lstrip("/")))
    await owner.execute("UPDATE totals SET value = value + 1 WHERE dimension = 'region' AND value > 0")
    await owner.close()
    found = await rebuild_totals(aggregator.url, log, epoch=epoch, clock=LATER)
    assert (found.events, found.differing, found.swapped) == (len(events), {"totals": 1}, False)
    assert (await rebuild_totals(aggregator.url, log, epoch=epoch, clock=LATER, swap=True)).swapped
    assert await kept_totals(aggregator.pool) == plain_fold(events)
