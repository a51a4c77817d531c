"""Restating by HTTP: asked for by the supplier, asked of the supplier, answered, listed, and seen by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.returns.builders import ANALYST, CERTIFIER, EDITOR, MANAGER, OTHER_MANAGER, STRANGER, contract_id
from tests.returns.conftest import Client
from tests.returns.test_api import CERTIFIED, RATIO

CHANGE = {"content": {"figure": {"value": "44"}}, "reason": "Another register"}
LOOK = {"reason": "Were two visits counted twice?"}
RIGHT = {"reason": "They were two classes"}


@pytest.fixture
async def approved(api: Client) -> Client:
    """A return of which every line is approved."""
    await api.save(figure={"value": "40"})
    await api.save("calls", **RATIO)
    await api.step("submit", CERTIFIER, CERTIFIED)
    await api.step("approve", MANAGER, {})
    return api


async def hours(api: Client) -> str:
    return f"/lines/{(await api.line())['line_id']}"


async def waiting(api: Client, path: str, by: Any = EDITOR) -> list[Any]:
    found: list[Any] = (await api("GET", path, by, params={"waiting": True}))["items"]
    return found


async def test_a_line_is_restated_on_the_suppliers_request(approved: Client) -> None:
    api, line = approved, await hours(approved)
    request = await api("POST", f"{line}/restatement-requests", json=CHANGE, expect=201)
    await api("POST", f"{line}/restatement-requests", json=CHANGE, expect=409)
    path = f"/restatement-requests/{request['request_id']}"
    assert await api("GET", path, MANAGER) == request
    assert await waiting(api, "/restatement-requests", MANAGER) == [request]
    await api("POST", f"{path}/answer", OTHER_MANAGER, json={"confirmed": True}, expect=404)
    answered = await api("POST", f"{path}/answer", MANAGER, json={"confirmed": True})
    assert await api("GET", path) == answered
    assert await waiting(api, "/restatement-requests") == []
    assert (await api.line())["restatement_requests"] == [answered]
    assert (await api.line())["figure"]["value"] == "44"
    await api("POST", f"{path}/answer", MANAGER, json={"confirmed": True}, expect=409)


async def test_a_contract_manager_restates_with_a_reason(approved: Client) -> None:
    api, line = approved, await approved.line()
    path, etag = f"/lines/{line['line_id']}/restate", f'"{line["version"]}"'
    await api("POST", path, MANAGER, json={"content": CHANGE["content"]}, if_match=etag, expect=422)
    restated = await api("POST", path, MANAGER, json=CHANGE, if_match=etag)
    assert restated["figure"]["value"] == "44"
    await api("POST", path, CERTIFIER, json=CHANGE, if_match=etag, expect=403)


async def test_a_supplier_who_is_asked_answers_that_the_figure_is_right(approved: Client) -> None:
    api, line = approved, await hours(approved)
    asked = await api("POST", f"{line}/restatements-asked", MANAGER, json=LOOK, expect=201)
    assert (asked["reason"], asked["settled_at"], asked["answer"]) == (LOOK["reason"], None, None)
    assert (await api("POST", f"{line}/restatements-asked", MANAGER, json=LOOK, expect=409))["code"] == "already-asked"
    assert await waiting(api, "/restatements-asked") == [asked]
    assert (await api.line())["restatements_asked"] == [asked]
    for nothing in ({}, {"reason": " \n"}):
        missing = await api("POST", f"{line}/confirm-figure", json=nothing, expect=422)
        assert [error["pointer"] for error in missing["errors"]] == ["/reason"]
    answered = await api("POST", f"{line}/confirm-figure", json=RIGHT)
    assert (answered["asked_id"], answered["answer"]) == (asked["asked_id"], RIGHT["reason"])
    assert await api("GET", f"/restatements-asked/{asked['asked_id']}", MANAGER) == answered
    assert await waiting(api, "/restatements-asked", MANAGER) == []
    assert (await api("POST", f"{line}/confirm-figure", json=RIGHT, expect=409))["code"] == "not-asked"
    done = [entry["action"] for entry in await api("GET", f"{line}/history")]
    assert done[-2:] == ["restatement_asked", "figure_confirmed"]


async def test_an_asking_is_settled_by_a_request_or_withdrawn(approved: Client) -> None:
    api, line = approved, await hours(approved)
    first = await api("POST", f"{line}/restatements-asked", MANAGER, json=LOOK, expect=201)
    await api("POST", f"{line}/restatement-requests", json=CHANGE, expect=201)
    assert (await api("GET", f"/restatements-asked/{first['asked_id']}"))["settled_at"] is not None
    await api("POST", f"{line}/withdraw-asking", MANAGER, expect=409)
    second = await api("POST", f"{line}/restatements-asked", MANAGER, json=LOOK, expect=201)
    withdrawn = await api("POST", f"{line}/withdraw-asking", MANAGER)
    assert (withdrawn["asked_id"], withdrawn["answer"]) == (second["asked_id"], None)
    everything = await api("GET", "/restatements-asked", params={"limit": 1})
    rest = await api("GET", "/restatements-asked", params={"limit": 1, "cursor": everything["next"]})
    assert [one["asked_id"] for one in everything["items"] + rest["items"]] == [first["asked_id"], second["asked_id"]]
    assert rest["next"] is None


async def test_the_same_key_asks_once(approved: Client) -> None:
    api, line = approved, await hours(approved)
    once = {"headers": {"Idempotency-Key": "once"}, "json": LOOK, "expect": 201}
    asked = await api("POST", f"{line}/restatements-asked", MANAGER, **once)
    assert await api("POST", f"{line}/restatements-asked", MANAGER, **once) == asked


async def test_a_line_that_is_not_approved_is_not_asked_about(api: Client) -> None:
    refused = await api("POST", f"{await hours(api)}/restatements-asked", MANAGER, json=LOOK, expect=409)
    assert refused["code"] == "not-approved"


async def test_only_the_two_parties_see_what_is_asked(approved: Client) -> None:
    api, line = approved, await hours(approved)
    asked = await api("POST", f"{line}/restatements-asked", MANAGER, json=LOOK, expect=201)
    request = await api("POST", f"{line}/restatement-requests", json=CHANGE, expect=201)
    found = {"/restatements-asked": asked["asked_id"], "/restatement-requests": request["request_id"]}
    for path, one in found.items():
        for stranger in (STRANGER, OTHER_MANAGER):
            await api("GET", f"{path}/{one}", stranger, expect=404)
            assert (await api("GET", path, stranger))["items"] == []
        await api("GET", path, ANALYST, expect=403)
        of_contract = await api("GET", path, MANAGER, params={"contract_id": str(contract_id())})
        assert len(of_contract["items"]) == 1
        of_another = await api("GET", path, MANAGER, params={"contract_id": str(contract_id("C-2"))})
        assert of_another["items"] == []
    await api("POST", f"{line}/restatements-asked", OTHER_MANAGER, json=LOOK, expect=404)
    await api("POST", f"{line}/restatements-asked", EDITOR, json=LOOK, expect=403)
    await api("POST", f"{line}/confirm-figure", STRANGER, json=RIGHT, expect=404)
    await api("POST", f"{line}/confirm-figure", MANAGER, json=RIGHT, expect=403)
    await api("POST", f"{line}/withdraw-asking", OTHER_MANAGER, expect=404)
    await api("GET", f"{line}/history", STRANGER, expect=404)


async def test_certifiers_are_told_of_a_complete_return_once(api: Client) -> None:
    path = f"/returns/{(await api.filed())['return_id']}/tell-certifiers"
    await api.save(figure={"value": "40"})
    refused = await api("POST", path, expect=422)
    assert (refused["code"], [error["pointer"] for error in refused["errors"]]) == ("not-complete", ["/lines/1/content/figure"])
    await api.save("calls", **RATIO)
    for _ in range(2):
        await api("POST", path, expect=204)
    told = [
        entry for entry in await api("GET", path.replace("tell-certifiers", "history")) if entry["action"] == "certifiers_told"
    ]
    assert len(told) == 1
    await api("POST", path, MANAGER, expect=403)
    await api("POST", path, STRANGER, expect=404)
    await api.step("submit", CERTIFIER, CERTIFIED)
    assert (await api("POST", path, expect=409))["code"] == "nothing-to-submit"
