"""An alert that came to the ICB: its analyst leaves a note, which both parties read and the buyer is told of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.events.commitments import IcbSees
from tests.alerts.builders import BUYER, Contract, an_organisation, at
from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON
from tests.shared.ratings.builders import Q2


@pytest.fixture
async def path(world: World) -> str:
    """Of an alert that the ICB may see, and that nobody has dealt with until now."""
    contract = Contract("MV-1")
    await world.hear(
        (an_organisation(BUYER, escalates_to_icb=True, icb_sees=IcbSees.CONTRACTS), NOON),
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.approved(Q2, "10"), NOON - timedelta(hours=1)),
    )
    return f"/alerts/{await world.runtime.pool.fetchval('SELECT alert_id FROM alerts')}"


async def told(world: World) -> list[tuple[str, list[str]]]:
    rows = await world.runtime.pool.fetch("SELECT template, roles FROM notices WHERE template = 'alert-noted'")
    return [(row["template"], list(row["roles"])) for row in rows]


async def test_a_note_is_read_by_both_parties_and_told_to_the_buyer(world: World, people: People, path: str) -> None:
    await world.until(NOON + timedelta(days=60))
    analyst = await people.analyst()
    page = await analyst.get(path)
    assert "Ask the buyer what stands in the way, and leave a note of it." in page.text
    assert "so it went to the next level: the ICB" in page.text
    form = await analyst.get(page.links["Leave a note for the buyer"])
    missing = await analyst.submit(form, "Leave the note", expect=422)
    assert missing.links["Enter your note"] == "#note"
    long = await analyst.submit(form, "Leave the note", {"note": "x" * 4001}, expect=422)
    assert long.links["Enter no more than 4,000 characters"] == "#note"
    await analyst.submit(form, "Leave the note", {"note": "We call the <trust> on Monday"})
    for visit in (analyst, await people.manager(), await people.supplier()):
        seen = (await visit.get(path)).text
        assert "Note from the ICB Priya Nair" in seen
        assert "We call the <trust> on Monday" in seen
    assert await told(world) == [("alert-noted", ["contract_manager"])]
    assert await world.runtime.pool.fetchval("SELECT count(*) FROM outbox WHERE data::text LIKE '%on Monday%'") == 0


async def test_a_note_waits_until_the_alert_comes_to_the_icb(world: World, people: People, path: str) -> None:
    analyst = await people.analyst()
    assert "Leave a note for the buyer" not in (await analyst.get(path)).links
    refused = await analyst.submit(await analyst.get(f"{path}/note"), "Leave the note", {"note": "Hello"}, expect=422)
    assert "This alert has not come to the ICB" in refused.text
    await world.until(NOON + timedelta(days=60))
    manager = await people.manager()
    await manager.submit(await manager.get(f"{path}/resolve"), "Resolve the alert", {"reason": "The contract was varied"})
    assert "Leave a note for the buyer" not in (await analyst.get(path)).links
    for visit in (manager, await people.supplier()):
        await visit.get(f"{path}/note", expect=403)
    assert await told(world) == []
