"""The JSON API of returns: who may call what, what it answers, and that nothing typed is lost."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from services.returns.main import service
from shared.access import Allow, Role
from shared.clock import DemonstrationClock
from shared.events.commitments import IcbSees
from shared.events.returns import LineApproved
from shared.ids import new_id
from tests.returns.builders import (
    ANALYST,
    CERTIFIER,
    EDITOR,
    MANAGER,
    OTHER_MANAGER,
    OTHER_SUPPLIER,
    STRANGER,
    SUPPLIER,
    a_contract,
    an_obligation,
    an_organisation,
    at,
    contract_id,
    obligation_id,
    terms,
)
from tests.returns.conftest import Client
from tests.returns.test_files import HTML, PDF, PNG

JULY = at(date(2026, 7, 6))
CERTIFIED = {"only_this_contract_and_period": True, "only_what_was_promised": True}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


RATIO = {"figure": {"numerator": "931", "denominator": 980}}


async def test_a_return_from_draft_to_approval(api: Client) -> None:
    saved = await api.save(figure={"value": "40"}, story="Two schools")
    assert (saved["status"], saved["version"], saved["counts"]["value"]) == ("open", 2, "40")
    assert saved["missing"] == []
    await api.save("calls", **RATIO)
    filed = await api.step("submit", CERTIFIER, CERTIFIED)
    assert (filed["status"], filed["review_due_on"]) == ("submitted", "2026-07-27")
    line = await api.line("calls")
    wanted = {"lines": [{"line_id": line["line_id"], "reason": "Which register?"}]}
    back = await api.step("request-changes", MANAGER, wanted)
    assert back["status"] == "changes_requested"
    assert (await api.line("calls"))["change_reason"] == "Which register?"
    await api.save("calls", **RATIO, story="The register of calls")
    await api.step("submit", CERTIFIER, CERTIFIED)
    hours = await api.line()
    path = f"/lines/{hours['line_id']}/judge"
    judged = await api("POST", path, MANAGER, if_match=f'"{hours["version"]}"', json={"judgement": "partly"})
    assert judged["judgement"] == "partly"
    approved = await api.step("approve", MANAGER, {"judgement": "met"})
    assert (approved["status"], [line["judgement"] for line in approved["lines"]]) == ("approved", ["partly", "met"])
    assert len(await api.world.told(LineApproved)) == 2
    history = await api("GET", f"/returns/{approved['return_id']}/history", MANAGER)
    actions = [entry["action"] for entry in history]
    assert actions[0] == "opened"
    assert actions[-2:] == ["approved", "approved"]
    assert {entry["person_id"] for entry in history if entry["action"] == "submitted"} == {str(CERTIFIER.person_id)}
    versions = await api("GET", f"/lines/{hours['line_id']}/versions")
    assert [version["status"] for version in versions] == ["open", "open", "submitted", "submitted", "approved"]


async def test_a_draft_needs_the_etag_of_what_was_read_and_a_412_carries_what_stands(api: Client) -> None:
    line = await api.line()
    path = f"/lines/{line['line_id']}"
    response = await api.http.get(path, headers={"Authorization": f"Bearer {api._keys[EDITOR]}"})
    etag = response.headers["ETag"]
    mine = {"figure": {"value": "40"}, "story": "Mine"}
    assert (await api("PUT", path, json=mine, expect=428))["code"] == "precondition-required"
    await api("PUT", path, json=mine, if_match=etag)
    stale = await api("PUT", path, CERTIFIER, json={"figure": {"value": "41"}}, if_match=etag, expect=412)
    assert stale["current"]["content"]["story"] == "Mine"
    assert stale["current"]["version"] == 2
    await api("PUT", path, json=mine, if_match='"x"', expect=400)


async def test_what_is_missing_is_named_with_pointers(api: Client) -> None:
    await api.save(figure={"value": "151"})
    refused = await api.step("submit", CERTIFIER, CERTIFIED, expect=422)
    assert refused["code"] == "not-complete"
    pointers = {error["pointer"]: error["code"] for error in refused["errors"]}
    assert pointers == {"/lines/0/content/unlikely_reason": "unlikely", "/lines/1/content/figure": "missing"}
    assert [line["missing"][0]["pointer"] for line in (await api.filed())["lines"]] == ["/unlikely_reason", "/figure"]
    refused = await api.step("submit", CERTIFIER, {**CERTIFIED, "only_what_was_promised": False}, expect=422)
    assert refused["errors"][0]["pointer"] == "/only_what_was_promised"


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"figure": {"value": "1.234"}}, "/figure/value"),
        ({"figure": {"value": "many"}}, "/figure/value"),
        ({"figure": {"value": "NaN"}}, "/figure/value"),
        ({"share": 2}, "/share"),
        ({"story": "a\u0000b"}, "/story"),
        ({"storey": "?"}, "/storey"),
        ({"months": [{"value": 1}, None, None]}, "/months"),
        ({"breakdown": [{"figure": {"value": 1}}]}, "/breakdown/0"),
    ],
)
async def test_what_cannot_be_right_is_refused_and_named(api: Client, said: dict[str, Any], pointer: str) -> None:
    line = await api.line()
    refused = await api("PUT", f"/lines/{line['line_id']}", if_match=f'"{line["version"]}"', json=said, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert (await api.line())["version"] == line["version"]


async def test_a_monthly_figure_with_its_parts_and_a_share_submitted_in_the_suppliers_place(api: Client) -> None:
    monthly = an_obligation("hours", terms(monthly=True), reference="C-2")
    await api.world.hear(a_contract(monthly, reference="C-2", supplier=OTHER_SUPPLIER), when=JULY)
    filed = await api.filed(STRANGER)
    line, path = filed["lines"][0], f"/returns/{filed['return_id']}/submit"
    parts = [{"place": "Halton", "figure": {"value": "30"}}, {"recipient": "A school", "figure": {"value": "9"}}]
    said = {"months": [{"value": "10"}, {"value": "20"}, {"value": "10"}], "share": "0.25", "breakdown": parts}
    saved = await api("PUT", f"/lines/{line['line_id']}", MANAGER, if_match='"1"', json=said)
    assert [(error["pointer"], error["code"]) for error in saved["missing"]] == [("/breakdown", "does-not-add-up")]
    refused = await api("POST", path, MANAGER, if_match='"2"', json={**CERTIFIED, "on_behalf_because": "By mail"}, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/lines/0/content/breakdown"]
    parts[1]["figure"] = {"value": "10"}
    saved = await api("PUT", f"/lines/{line['line_id']}", MANAGER, if_match='"2"', json=said)
    assert (saved["missing"], saved["counts"]["value"]) == ([], "10")
    refused = await api("POST", path, MANAGER, if_match='"3"', json=CERTIFIED, expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/on_behalf_because"]
    filed = await api("POST", path, MANAGER, if_match='"3"', json={**CERTIFIED, "on_behalf_because": "By mail"})
    assert (filed["on_behalf"], filed["submitted_by"]) == (True, str(MANAGER.person_id))
    await api("POST", f"/returns/{filed['return_id']}/approve", MANAGER, if_match=f'"{filed["version"]}"', json={})
    [told] = await api.world.told(LineApproved)
    assert isinstance(told, LineApproved)
    assert told.figure.value == 10, "a quarter of the 40 hours is due to this contract"
    history = await api("GET", f"/returns/{filed['return_id']}/history", STRANGER)
    [submitted] = [entry["detail"] for entry in history if entry["action"] == "submitted"]
    assert submitted["certified"] == {**CERTIFIED, "on_behalf_because": "By mail"}


async def test_what_is_not_ones_own_is_not_there(api: Client) -> None:
    filed = await api.filed()
    line = filed["lines"][0]
    paths = [
        f"/returns/{filed['return_id']}",
        f"/lines/{line['line_id']}",
        f"/lines/{line['line_id']}/evidence",
        f"/returns/{filed['return_id']}/history",
        f"/lines/{line['line_id']}/versions",
        f"/returns/{filed['return_id']}/workbook",
        f"/contracts/{contract_id()}",
        f"/activities?contract_id={contract_id()}",
    ]
    for path in paths:
        await api("GET", path, EDITOR)
        await api("GET", path, MANAGER)
        for stranger in (STRANGER, OTHER_MANAGER):
            await api("GET", path, stranger, expect=404)
    for stranger in (STRANGER, OTHER_MANAGER, ANALYST):
        assert (await api("GET", "/returns", stranger))["items"] == []
    await api("PUT", f"/lines/{line['line_id']}", STRANGER, if_match='"1"', json={}, expect=404)
    await api("POST", f"/returns/{filed['return_id']}/approve", OTHER_MANAGER, if_match='"1"', json={}, expect=404)
    await api("POST", f"/returns/{filed['return_id']}/approve", CERTIFIER, if_match='"1"', json={}, expect=403)
    await api("POST", f"/returns/{filed['return_id']}/submit", EDITOR, if_match='"1"', json=CERTIFIED, expect=403)
    await api("GET", f"/returns/{new_id()}", expect=404)


async def test_the_icb_reads_approved_returns_of_buyers_who_share_them(api: Client) -> None:
    filed = await api.filed()
    path = f"/returns/{filed['return_id']}"
    line_path = f"/lines/{filed['lines'][0]['line_id']}"
    await api.save(figure={"value": "40"}, story="Two schools")
    await api.save("calls", **RATIO)
    await api.world.hear(an_organisation(icb_sees=IcbSees.CONTRACTS, version=2))
    await api("GET", path, ANALYST, expect=404)  # a draft
    await api.step("submit", CERTIFIER, CERTIFIED)
    await api("GET", line_path, ANALYST, expect=404)
    await api.step("approve", MANAGER, {"judgement": "met"})
    seen = await api("GET", path, ANALYST)
    assert seen["lines"][0]["content"]["story"] == "Two schools"
    assert len((await api("GET", "/returns", ANALYST))["items"]) == 1
    await api("GET", line_path, ANALYST)
    await api("GET", f"{path}/history", ANALYST, expect=403)
    await api.world.hear(an_organisation(icb_sees=IcbSees.TOTALS, version=3))
    await api("GET", path, ANALYST, expect=404)
    assert (await api("GET", "/returns", ANALYST))["items"] == []


async def test_the_list_is_paged_and_filtered(api: Client) -> None:
    for nth in range(2, 6):
        reference = f"C-{nth}"
        await api.world.hear(a_contract(an_obligation(reference=reference), reference=reference), when=date(2026, 7, nth))
    seen, cursor = [], None
    while True:
        page = await api("GET", "/returns", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [(item["due_on"], item["reference"]) for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert seen == sorted(seen)
    assert (await api("GET", "/returns", params={"contract_id": str(contract_id("C-3"))}))["items"][0]["reference"] == "C-3"
    assert (await api("GET", "/returns", params={"quarter": "2026-27-Q2"}))["items"] == []
    assert len((await api("GET", "/returns", MANAGER, params={"supplier_id": str(SUPPLIER)}))["items"]) == 5
    assert (await api("GET", "/returns", params={"overdue": True}))["items"] == []
    clock = api.runtime.clock
    assert isinstance(clock, DemonstrationClock)
    clock.advance(at(date(2026, 8, 1)))
    assert len((await api("GET", "/returns", params={"overdue": True}))["items"]) == 4
    await api("GET", "/returns", params={"cursor": "nonsense"}, expect=400)
    await api("GET", "/returns", params={"quarter": "Q2"}, expect=422)


class TestFiles:
    async def test_evidence_goes_in_and_comes_out(self, api: Client) -> None:
        line = await api.line()
        path = f"/lines/{line['line_id']}/evidence"
        file = await api("POST", path, files={"file": ("../../Brief £1.pdf", PDF)}, expect=201)
        assert (file["name"], file["media_type"], file["size"]) == ("Brief £1.pdf", "application/pdf", len(PDF))
        assert [one["evidence_id"] for one in await api("GET", path, MANAGER)] == [file["evidence_id"]]
        content = f"/evidence/{file['evidence_id']}/content"
        response = await api("GET", content, MANAGER)
        assert response.content == PDF
        assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''Brief%20%C2%A31.pdf"
        assert response.headers["x-content-type-options"] == "nosniff"
        await api("GET", content, STRANGER, expect=404)
        await api("DELETE", f"/evidence/{file['evidence_id']}", STRANGER, expect=404)
        await api("DELETE", f"/evidence/{file['evidence_id']}", expect=204)
        await api("GET", content, expect=404)
        assert await api("GET", path) == []

    @pytest.mark.parametrize(
        ("name", "body", "status", "code"),
        [
            ("report.pdf", HTML, 415, "not-evidence"),
            ("photo.pdf", PNG, 415, "name-misleads"),
            ("empty.pdf", b"", 415, "file-empty"),
            ("large.pdf", PDF + b"0" * 100_000, 413, "file-too-large"),
            ("n" * 201 + ".pdf", PDF, 422, "invalid"),
        ],
    )
    async def test_what_is_refused_says_why(self, api: Client, name: str, body: bytes, status: int, code: str) -> None:
        line = await api.line()
        refused = await api("POST", f"/lines/{line['line_id']}/evidence", files={"file": (name, body)}, expect=status)
        assert refused["code"] == code
        assert await api("GET", f"/lines/{line['line_id']}/evidence") == []

    async def test_an_upload_that_is_sent_twice_with_one_key_is_one_file(self, api: Client) -> None:
        line = await api.line()
        sent = {"files": {"file": ("letter.pdf", PDF)}, "headers": {"Idempotency-Key": "k", "content-type": BOUNDARY}}
        first = await api("POST", f"/lines/{line['line_id']}/evidence", expect=201, **sent)
        sent = {"files": {"file": ("letter.pdf", PDF)}, "headers": {"Idempotency-Key": "k", "content-type": BOUNDARY}}
        assert await api("POST", f"/lines/{line['line_id']}/evidence", expect=201, **sent) == first

    async def test_a_workbook_goes_out_and_comes_back(self, api: Client) -> None:
        filed = await api.filed()
        for path in ("/workbook", f"/returns/{filed['return_id']}/workbook"):
            response = await api("GET", path)
            assert response.headers["content-type"] == XLSX
            book = load_workbook(BytesIO(response.content))
            book["Lines"]["H2"] = 40 if path == "/workbook" else 41
            book["Lines"]["I3"], book["Lines"]["J3"] = 931, 980
            held = BytesIO()
            book.save(held)
            saved = await api("POST", path, files={"file": ("filled.xlsx", held.getvalue())})
            assert saved["warnings"] == []
            assert saved["saved"] == (2 if path == "/workbook" else 1)
        assert (await api.line())["content"]["figure"]["value"] == "41"
        book["Lines"]["H2"] = "some"
        held = BytesIO()
        book.save(held)
        refused = await api("POST", "/workbook", files={"file": ("filled.xlsx", held.getvalue())}, expect=422)
        assert [error["pointer"] for error in refused["errors"]] == ["Lines!H2"]
        await api("POST", "/workbook", files={"file": ("filled.xlsx", HTML)}, expect=415)
        await api("POST", "/workbook", STRANGER, files={"file": ("filled.xlsx", response.content)}, expect=422)


BOUNDARY = "multipart/form-data; boundary=0123456789"


async def test_activities_are_noted_changed_and_removed(api: Client) -> None:
    visit = {"happened_on": "2026-05-04", "quantity": {"value": "1.5"}, "note": "A visit"}
    owed = {"contract_id": str(contract_id()), "obligation_id": str(obligation_id("hours"))}
    noted = await api("POST", "/activities", json={**visit, **owed}, expect=201)
    path = f"/activities/{noted['activity_id']}"
    changed = await api("PUT", path, if_match='"1"', json={**visit, "quantity": {"value": "2"}})
    assert changed["version"] == 2
    stale = await api("PUT", path, CERTIFIER, if_match='"1"', json=visit, expect=412)
    assert stale["current"]["quantity"]["value"] == "2"
    await api("POST", f"{path}/evidence", files={"file": ("photo.png", PNG)}, expect=201)
    assert len(await api("GET", f"{path}/evidence")) == 1
    listed = await api("GET", "/activities", params={"contract_id": owed["contract_id"]})
    assert [one["activity_id"] for one in listed["items"]] == [noted["activity_id"]]
    line = await api.line()
    filled = await api("POST", f"/lines/{line['line_id']}/fill", if_match=f'"{line["version"]}"')
    assert filled["content"]["figure"]["value"] == "2"
    assert [one["activity_id"] for one in filled["activities"]] == [noted["activity_id"]]
    assert [one["name"] for one in filled["evidence"]] == ["photo.png"]
    for stranger in (STRANGER, OTHER_MANAGER):
        await api("GET", path, stranger, expect=404)
        await api("DELETE", path, stranger, if_match='"2"', expect=404)
    await api("DELETE", path, if_match='"2"', expect=204)
    await api("GET", path, expect=404)
    wrong = await api("POST", "/activities", json={**visit, **owed, "happened_on": "2030-01-01"}, expect=422)
    assert [error["pointer"] for error in wrong["errors"]] == ["/happened_on"]


async def test_own_contracts_with_what_is_owed(api: Client) -> None:
    page = await api("GET", "/contracts")
    assert [one["reference"] for one in page["items"]] == ["C-1"]
    assert [one["reference"] for one in page["items"][0]["obligations"]] == ["hours", "calls"]
    assert (await api("GET", "/contracts", STRANGER))["items"] == []


async def test_the_business_figures_are_measured(api: Client) -> None:
    metrics = (await api.http.get("http://parity.example/metrics")).text
    assert "parity_returns_due 1.0" in metrics
    assert "parity_returns_overdue 0.0" in metrics


def test_every_route_says_who_may_call_it(api: Client) -> None:
    for route in service.routers[0].routes:
        allowed = [one.call for one in route.dependant.dependencies if isinstance(one.call, Allow)]  # type: ignore[attr-defined]
        assert len(allowed) == 1, route
        [allow] = allowed
        assert allow.scope in ("returns:read", "returns:write")
        assert Role.OPERATOR not in allow.roles
        assert Role.ICB_ANALYST not in allow.roles or allow.scope == "returns:read"
