"""A restore: the log knows more than the databases. In the next epoch the topics are filled anew, and nothing counts twice."""

from __future__ import annotations

import pytest

from shared.db import connect
from shared.ids import new_id
from shared.log.postgres import PostgresLog
from shared.spine.draining import drain
from shared.spine.relay import EpochBehind, LogAhead
from tests.conftest import Databases
from tests.spine_world import Listener, Teller, in_order


async def restored(database: Databases, url: str) -> str:
    """The URL of a copy of the database as it is now: our backup."""
    conn = await connect(database.server.url())
    try:
        name = url.split("@/")[1].split("?")[0]
        await conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await conn.execute(f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')
    finally:
        await conn.close()
    return database.server.url(f"{name}_backup")


async def test_after_a_restore_of_everything_the_next_epoch_goes_on_exactly(database: Databases, log: PostgresLog) -> None:
    told_at, heard_at = database("spine", role="postgres"), database("spine", role="postgres")
    teller, listener = await Teller.open(told_at, log), await Listener.open(heard_at, log)
    keys = [new_id() for _ in range(30)]
    await teller.tell_versions(keys, [1, 2, 3])
    await drain(teller, listener)
    await teller.tell_versions(keys, [4])  # in the backup's outbox, not sent yet
    await teller.close()
    await listener.close()
    told_backup, heard_backup = await restored(database, told_at), await restored(database, heard_at)

    teller, listener = await Teller.open(told_at, log), await Listener.open(heard_at, log)
    await teller.tell_versions(keys, [5, 6])
    await drain(teller, listener)  # the log has seen what the backup has not
    await teller.close()
    await listener.close()

    late = await Teller.open(told_backup, log)
    with pytest.raises(LogAhead):
        await late.relay.drain()
    await late.close()

    teller = await Teller.open(told_backup, log, epoch=2)
    listener = await Listener.open(heard_backup, log, epoch=2)
    await teller.tell_versions(keys, [5])
    await drain(teller, listener)
    assert await listener.facts() == dict.fromkeys(keys, 5)
    assert in_order(await listener.journal())
    assert len(await listener.journal()) == 150
    await teller.close()
    await listener.close()


async def test_a_process_of_an_earlier_epoch_refuses(teller: Teller, listener: Listener, log: PostgresLog) -> None:
    await teller.tell_versions([new_id()], [1])
    await drain(teller, listener)
    later = await Teller.open(teller.url, log, epoch=2)
    heard = Listener(listener.pool, log, 2)
    await drain(later, heard)
    with pytest.raises(EpochBehind, match="PARITY_EPOCH"):
        await teller.relay.drain()
    with pytest.raises(EpochBehind, match="PARITY_EPOCH"):
        await listener.consumer.drain()
    await later.close()
