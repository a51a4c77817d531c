"""An alert that came to the ICB: its analyst leaves a note, which both parties read and the buyer is told of."""

from __future__ import annotations

from datetime import timedelta

from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON


async def told(world: World) -> list[tuple[str, list[str]]]:
    rows = await world.runtime.pool.fetch("SELECT template, roles FROM notices WHERE template = 'alert-noted'")
    return [(row["template"], list(row["roles"])) for row in rows]


async def test_a_note_is_read_by_both_parties_and_told_to_the_buyer(world: World, people: People, alert_for_icb: str) -> None:
    await world.until(NOON + timedelta(days=60))
    analyst = await people.analyst()
    page = await analyst.get(alert_for_icb)
    assert "Ask the buyer what stands in the way, and leave a note of it." in page.text
    assert "so it went to the next level: the ICB" in page.text
    form = await analyst.get(page.links["Leave a note for the buyer"])
    missing = await analyst.submit(form, "Leave the note", expect=422)
    assert missing.links["Enter your note"] == "#note"
    long = await analyst.submit(form, "Leave the note", {"note": "x" * 4001}, expect=422)
    assert long.links["Enter no more than 4,000 characters"] == "#note"
    await analyst.submit(form, "Leave the note", {"note": "We call the <trust> on Monday"})
    for visit in (analyst, await people.manager(), await people.supplier()):
        seen = (await visit.get(alert_for_icb)).text
        assert "Note from the ICB Priya Nair" in seen
        assert "We call the <trust> on Monday" in seen
    assert await told(world) == [("alert-noted", ["contract_manager"])]
    assert await world.runtime.pool.fetchval("SELECT count(*) FROM outbox WHERE data::text LIKE '%on Monday%'") == 0


async def test_a_note_waits_until_the_alert_comes_to_the_icb(world: World, people: People, alert_for_icb: str) -> None:
    analyst = await people.analyst()
    assert "Leave a note for the buyer" not in (await analyst.get(alert_for_icb)).links
    refused = await analyst.submit(await analyst.get(f"{alert_for_icb}/note"), "Leave the note", {"note": "Hello"}, expect=422)
    assert "This alert has not come to the ICB" in refused.text
    await world.until(NOON + timedelta(days=60))
    manager = await people.manager()
    await manager.submit(
        await manager.get(f"{alert_for_icb}/resolve"), "Resolve the alert", {"reason": "The contract was varied"}
    )
    assert "Leave a note for the buyer" not in (await analyst.get(alert_for_icb)).links
    for visit in (manager, await people.supplier()):
        await visit.get(f"{alert_for_icb}/note", expect=403)
    assert await told(world) == []
