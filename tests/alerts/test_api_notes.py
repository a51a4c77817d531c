"""The ICB's note by HTTP: on an alert that came to it, read by both parties, left by nobody else."""

from __future__ import annotations

from datetime import timedelta

from shared.access import Role
from shared.events.commitments import IcbSees
from tests.alerts.builders import BUYER, ICB, an_organisation
from tests.alerts.conftest import World
from tests.alerts.test_api import get, post
from tests.conftest import NOON

NOTE = {"note": "We call the trust on Monday"}


async def test_a_note_is_left_once_and_read_by_both_parties(world: World, alert_for_icb: str) -> None:
    await world.until(NOON + timedelta(days=60))
    analyst = await world.person(ICB, Role.ICB_ANALYST)
    once = analyst | {"Idempotency-Key": "monday"}
    left = await post(world, f"{alert_for_icb}/notes", once, NOTE, 201)
    assert await post(world, f"{alert_for_icb}/notes", once, NOTE, 201) == left
    assert left["note"] == NOTE["note"]
    for who in (analyst, await world.manager(), await world.supplier()):
        assert (await get(world, alert_for_icb, who))["notes"] == [left]
        assert [entry["action"] for entry in await get(world, f"{alert_for_icb}/history", who)].count("noted") == 1
    assert await world.runtime.pool.fetchval("SELECT count(*) FROM notices WHERE template = 'alert-noted'") == 1


async def test_a_note_waits_until_the_alert_comes_to_the_icb_and_no_longer_than_it_stands(
    world: World, alert_for_icb: str
) -> None:
    analyst = await world.person(ICB, Role.ICB_ANALYST)
    assert (await post(world, f"{alert_for_icb}/notes", analyst, NOTE, 409))["code"] == "not-with-the-icb"
    await world.until(NOON + timedelta(days=60))
    await post(world, f"{alert_for_icb}/resolve", await world.manager(), {"reason": "The contract was varied"})
    assert (await post(world, f"{alert_for_icb}/notes", analyst, NOTE, 409))["code"] == "alert-is-resolved"
    assert (await get(world, alert_for_icb, analyst))["notes"] == []


async def test_a_note_says_something_and_is_the_icbs(world: World, alert_for_icb: str) -> None:
    await world.until(NOON + timedelta(days=60))
    analyst = await world.person(ICB, Role.ICB_ANALYST)
    for nothing in ({}, {"note": "  "}, {"note": "x" * 4001}):
        refused = await post(world, f"{alert_for_icb}/notes", analyst, nothing, 422)
        assert [error["pointer"] for error in refused["errors"]] == ["/note"]
    for who in (await world.manager(), await world.supplier()):
        await post(world, f"{alert_for_icb}/notes", who, NOTE, 403)
    await post(world, f"{alert_for_icb}/notes", await world.person(ICB, Role.ICB_ANALYST, scopes=["alerts:read"]), NOTE, 403)


async def test_what_the_icb_may_not_see_takes_no_note(world: World, alert_for_icb: str) -> None:
    await world.hear((an_organisation(BUYER, escalates_to_icb=False, icb_sees=IcbSees.TOTALS, version=2), NOON))
    await post(world, f"{alert_for_icb}/notes", await world.person(ICB, Role.ICB_ANALYST), NOTE, 404)
