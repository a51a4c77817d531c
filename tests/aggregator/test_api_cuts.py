"""Provisional cuts by HTTP: made once, found again, and compared with the publication."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest

from shared.access import Role, Scope
from tests.aggregator.analysts import PRESENT
from tests.aggregator.builders import AFTER_Q2, HOURS, Contract
from tests.aggregator.conftest import Icb

pytestmark = pytest.mark.asyncio

OF_22 = {"quarter": "2026-27-Q2", "day": "2026-10-22"}
PATH = "cuts/2026-27-Q2/2026-10-22"


async def make(icb: Icb, body: Any = OF_22, **sent: Any) -> httpx.Response:
    return await icb.client.post("/api/v1/cuts", json=body, **sent)


async def hears_of_two(icb: Icb) -> None:
    """One figure by the day of the cut, another after it."""
    early, late = Contract().owes(HOURS), Contract().owes(HOURS)
    await icb.hears(early.all(100), late.opened())
    await icb.hears(late.submitted(), late.approved(40), at=AFTER_Q2 + timedelta(days=5))


async def test_a_cut_is_made_once_and_says_how_its_figures_are_asked_for(icb: Icb):
    await hears_of_two(icb)
    made = await make(icb)
    assert (made.status_code, made.headers["Location"]) == (201, PATH)
    cut = made.json()
    assert (cut["quarter"], cut["day"], cut["publication"]) == ("2026-27-Q2", "2026-10-22", None)
    assert cut["as_of"] == "2026-10-22T22:59:59.999999Z"
    again = await make(icb, headers=await icb.key(Role.ICB_ANALYST))
    assert again.json() == cut
    assert await icb.get(PATH) == cut
    totals = await icb.get(f"totals?quarter=2026-27-Q2&dimension=region&as_of={cut['as_of']}")
    assert [total["value"] for total in totals["items"]] == ["100"]


async def test_cuts_are_listed_the_newest_first(icb: Icb):
    for quarter, day in (("2026-27-Q1", "2026-10-01"), ("2026-27-Q2", "2026-10-21"), ("2026-27-Q2", "2026-10-22")):
        assert (await make(icb, {"quarter": quarter, "day": day})).status_code == 201
    page = await icb.get("cuts?limit=2")
    rest = await icb.get("cuts", params={"limit": 2, "cursor": page["next"]})
    assert [cut["day"] for cut in page["items"] + rest["items"]] == ["2026-10-22", "2026-10-21", "2026-10-01"]
    assert rest["next"] is None
    assert [cut["day"] for cut in (await icb.get("cuts?quarter=2026-27-Q1"))["items"]] == ["2026-10-01"]


async def test_a_cut_is_compared_with_the_publication(icb: Icb):
    await hears_of_two(icb)
    await make(icb)
    missing = await icb.client.get(f"/api/v1/{PATH}/changes")
    assert (missing.status_code, missing.json()["detail"]) == (404, "2026-27 Q2 has not been published yet.")
    await icb.close()
    since = await icb.get(f"{PATH}/changes")
    assert (since["publication"], since["publication_is_later"]) == (1, True)
    assert [(change["reason"], change["value"]) for change in since["changes"]] == [("newly_reported", "40")]
    assert await icb.get(f"{PATH}/changes?publication=1") == since
    assert (await icb.client.get(f"/api/v1/{PATH}/changes?publication=2")).status_code == 404


async def test_a_cut_of_a_later_day_is_compared_from_the_publication_on(icb: Icb):
    figure = Contract().owes(HOURS)
    await icb.hears(figure.all(100))
    await icb.close()
    await icb.hears(figure.restated(90), at=PRESENT + timedelta(hours=1))
    icb.runtime.clock.advance(PRESENT + timedelta(days=1))
    await make(icb, {"quarter": "2026-27-Q2", "day": "2026-11-02"})
    since = await icb.get("cuts/2026-27-Q2/2026-11-02/changes")
    assert since["publication_is_later"] is False
    assert [(change["reason"], change["value"]) for change in since["changes"]] == [("restated", "-10")]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (OF_22 | {"day": "2026-11-02"}, "/day"),
        (OF_22 | {"day": "1999-12-31"}, "/day"),
        (OF_22 | {"quarter": "1990-91-Q1"}, "/quarter"),
        (OF_22 | {"quarter": "Q2"}, "/quarter"),
        ({"quarter": "2026-27-Q2"}, "/day"),
    ],
)
async def test_a_cut_that_cannot_be_made_says_why(icb: Icb, body: Any, pointer: str):
    refused = await make(icb, body)
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, [pointer])


async def test_a_cut_that_nobody_made_is_not_there(icb: Icb):
    for path in (PATH, f"{PATH}/changes"):
        answer = await icb.client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-cut")


async def test_only_an_analyst_makes_a_cut(icb: Icb):
    for key in (
        await icb.key(Role.ADMINISTRATOR),
        await icb.key(Role.CONTRACT_MANAGER),
        await icb.key(Role.ICB_ANALYST, scopes=(Scope.ICB_READ,)),
    ):
        assert (await make(icb, headers=key)).status_code == 403
    reader = await icb.key(Role.ADMINISTRATOR, scopes=(Scope.ICB_READ,))
    assert (await icb.client.get("/api/v1/cuts", headers=reader)).json()["items"] == []
