"""The ICB over HTTP: who may read, what is answered, and that feeds are cheap to follow."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import httpx2 as httpx
import pytest

from services.aggregator.api.csv_feed import COLUMNS, as_csv
from services.aggregator.main import service
from services.aggregator.rules.showing import as_total
from shared.access import Role, Scope
from shared.events.commitments import IcbSees
from shared.log.interface import topic_in
from shared.obligations import ContractForm, Place, Sector
from tests.aggregator.analysts import PRESENT
from tests.aggregator.builders import (
    AFTER_Q2,
    CARE_LEAVERS,
    HOURS,
    MONEY,
    Q1,
    Q2,
    RATIO,
    SPEND,
    Contract,
    an_organisation,
    contract_recorded,
    recorded,
)
from tests.aggregator.conftest import Icb
from tests.aggregator.test_pledges import a_baseline, a_pledge, an_obligation
from tests.aggregator.test_showing import cell
from tests.conftest import OpenRuntime

pytestmark = pytest.mark.asyncio


async def test_a_total_stands_beside_its_coverage(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all("12.5"), Contract().owes(HOURS).opened())
    (total,) = (await icb.get("totals?measure=NT8&dimension=region"))["items"]
    assert (total["quarter"], total["value"], total["unit"], total["counted"]) == ("2026-27-Q2", "12.5", "hours", "contracts")
    assert total["coverage"] == {
        "due": 2,
        "received": 1,
        "approved": 1,
        "promised_due": "100",
        "promised_received": "50",
        "promised_approved": "50",
    }


async def test_a_ratio_shows_its_pool_and_never_a_sum_of_percentages(icb: Icb):
    await icb.hears(Contract().owes(RATIO).all((90, 100)), Contract().owes(RATIO).all((10, 100)))
    (total,) = (await icb.get("totals?dimension=region"))["items"]
    assert (total["value"], total["numerator"], total["denominator"], total["percent"]) == (None, "100", "200", "50")
    assert total["coverage"]["promised_due"] == "0"


async def test_totals_can_be_asked_for_by_measure_dimension_member_and_counting(icb: Icb):
    await icb.hears(Contract(places={Place.HALTON: "1"}).owes(HOURS, MONEY).all(1, 2))
    await icb.hears(Contract(form=ContractForm.PLEDGE).owes(SPEND).all(3))

    async def found(query: str) -> set[tuple[str, str, str]]:
        return {(each["measure_code"], each["dimension"], each["member"]) for each in (await icb.get(f"totals?{query}"))["items"]}

    assert await found("dimension=place&member=Halton") == {("NT8", "place", "Halton"), ("NT18", "place", "Halton")}
    assert await found("dimension=theme&measure=NT8&measure=NT18") == {("NT8", "theme", "Jobs"), ("NT18", "theme", "Jobs")}
    assert await found("counted=pledges&dimension=region") == {("NT14", "region", "all")}
    assert await found("quarter=2026-27-Q1") == set()


async def test_pages_of_totals_hold_every_total_once(icb: Icb):
    await icb.hears(Contract().owes(HOURS, MONEY, RATIO).all(1, 2, (3, 4)))
    seen, cursor = [], None
    while True:
        page = await icb.get("totals", params={"limit": 4} | ({"cursor": cursor} if cursor else {}))
        seen += [(each["measure_code"], each["dimension"]) for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 18
    assert seen == sorted(seen)


async def test_overlapping_measures_shown_together_say_so(icb: Icb):
    await icb.hears(Contract().owes(MONEY, SPEND).all(1, 2))
    page = await icb.get("totals?dimension=region")
    assert page["notes"] == ["NT14 and NT18 overlap: they count some of the same things."]


async def test_totals_as_they_were_known_at_a_time(icb: Icb):
    hours = Contract().owes(HOURS)
    await icb.hears(hours.all(100))
    await icb.hears(hours.restated(90), at=AFTER_Q2 + timedelta(days=5))
    values = []
    for at in ("2026-10-19T00:00:00Z", "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z"):
        items = (await icb.get(f"totals?dimension=region&as_of={at}"))["items"]
        values.append([each["value"] for each in items])
    assert values == [[], ["100"], ["90"]]


async def test_a_publication_reproduces_and_the_next_says_why_it_differs(icb: Icb):
    restated, late = Contract(), Contract()
    of_restated, of_late = restated.owes(HOURS), late.owes(HOURS)
    await icb.hears(recorded(restated.buyers[0], icb_sees=IcbSees.CONTRACTS), contract_recorded(restated))
    await icb.hears(of_restated.all(100), of_late.opened())
    made = await icb.close()
    assert made.status_code == 201
    assert made.headers["Location"] == "publications/2026-27-Q2/1"
    await icb.hears(of_restated.restated(90), of_late.submitted(), of_late.approved(20))
    pending = await icb.get("quarters/2026-27-Q2/pending")
    assert [quarter["heard_since"] for quarter in await icb.get("quarters")] == [True]
    assert (await icb.close()).json()["reasons"] == {"restated": 1, "newly_reported": 1}
    assert [quarter["publication"] for quarter in await icb.get("quarters")] == [2]

    values = [(await icb.get(f"totals?dimension=region&publication={n}"))["items"][0]["value"] for n in (1, 2)]
    assert values == ["100", "110"]
    changes = await icb.get("publications/2026-27-Q2/2/changes")
    assert changes == pending
    assert {change["reason"]: (change["value"], change["contracts"]) for change in changes} == {
        "restated": ("-10", [str(restated.contract_id)]),
        "newly_reported": ("20", []),
    }
    bridge = await icb.get("bridge?measure=NT8&publication=2")
    assert {part["step"]: part["value"] for part in bridge["parts"] if part["members"]} == {
        "restated": "-10",
        "like_for_like": "0",
        "newly_reporting": "20",
    }
    assert [each["number"] for each in (await icb.get("publications"))["items"]] == [2, 1]
    assert (await icb.get("publications/2026-27-Q2/1"))["publication"]["totals"] == 7


async def test_what_cannot_be_closed_says_why(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all(1))
    await icb.close()
    for quarter, code in (("2026-27-Q2", "nothing-to-publish"), ("2026-27-Q3", "quarter-not-over")):
        answer = await icb.close(quarter)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    answer = await icb.close("this quarter")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/quarter")


@pytest.mark.parametrize(
    ("path", "status", "pointer"),
    [
        ("totals?quarter=2026-Q2", 422, "/query/quarter"),
        ("totals?publication=1", 404, None),
        ("totals?as_of=2026-10-01T00:00:00Z&publication=1", 422, "/query/publication"),
        ("totals?as_of=2026-10-01", 422, "/query/as_of"),
        ("totals?cursor=nonsense", 400, None),
        ("totals?dimension=street", 422, "/query/dimension/0"),
        ("totals?measure=%00", 422, "/query/measure/0"),
        ("changes?cursor=nonsense", 400, None),
        ("bridge?measure=NT99", 404, None),
        ("bridge?measure=NT8&publication=1", 422, "/query/publication"),
        ("totals/contracts?measure=NT99", 404, None),
        ("publications/2026-27-Q2/9", 404, None),
        ("publications/nothing/1", 422, "/path/quarter"),
        ("quarters/2026-27-Q2/pending", 404, None),
        ("partner-vcfse?year=2026-28", 422, "/query/year"),
    ],
)
async def test_a_mistake_is_named(icb: Icb, path: str, status: int, pointer: str | None):
    await icb.hears(Contract().owes(HOURS).all(1))
    answer = await icb.client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [each["pointer"] for each in answer.json()["errors"]] == ([pointer] if pointer else [])


async def test_a_code_that_is_counted_in_several_units_asks_for_one(icb: Icb):
    days = HOURS.model_copy(update={"unit": "days"})
    await icb.hears(Contract().owes(HOURS).all(1), Contract().owes(days).all(2))
    answer = await icb.client.get("/api/v1/bridge?measure=NT8")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "ambiguous")
    assert (await icb.get("bridge?measure=NT8&unit=days"))["after"]["value"] == "2"


@pytest.mark.parametrize("path", ["totals?dimension=region", "totals.csv"])
async def test_a_feed_that_has_not_changed_is_answered_with_304(icb: Icb, path: str):
    hours = Contract().owes(HOURS)
    await icb.hears(hours.all(100))
    first = await icb.client.get(f"/api/v1/{path}")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = await icb.client.get(f"/api/v1/{path}", headers=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert not first.headers["ETag"].startswith("W/")
    await icb.hears(hours.restated(90))
    changed = await icb.client.get(f"/api/v1/{path}", headers=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    other = await icb.client.get(f"/api/v1/{path}{'&' if '?' in path else '?'}measure=NT8", headers=tag)
    assert other.status_code == 200


async def test_a_feed_is_the_same_whether_it_was_asked_for_before_or_not(icb: Icb):
    hours = Contract().owes(HOURS)
    for step in (hours.all(100), [hours.restated(90)]):
        await icb.hears(step)
        answers = [await icb.client.get("/api/v1/totals.csv") for _ in range(2)]
        told = [{name: value for name, value in answer.headers.items() if name != "x-request-id"} for answer in answers]
        assert told[0] == told[1]
        assert answers[0].text == answers[1].text
        assert answers[0].headers["X-Request-ID"] != answers[1].headers["X-Request-ID"]
    assert ",90," in answers[0].text
    denied = await icb.client.get("/api/v1/totals.csv", headers={"Authorization": "Bearer nobody"})
    assert denied.status_code == 401


async def test_the_latest_quarter_is_another_feed_when_a_new_one_begins(icb: Icb):
    contract = Contract()
    await icb.hears(contract.owes(HOURS, quarter=Q1).all(5))
    first = await icb.client.get("/api/v1/totals?dimension=region")
    await icb.runtime.pool.execute("UPDATE feed SET mark = mark - 1")
    await icb.hears(contract.owes(HOURS, quarter=Q2).all(6))
    second = await icb.client.get("/api/v1/totals?dimension=region", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert [each["value"] for each in second.json()["items"]] == ["6"]


async def test_a_publication_has_one_etag_for_ever(icb: Icb):
    hours = Contract().owes(HOURS)
    await icb.hears(hours.all(100))
    await icb.close()
    first = await icb.client.get("/api/v1/totals.csv?publication=1")
    await icb.hears(hours.restated(90))
    again = await icb.client.get("/api/v1/totals.csv?publication=1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


async def test_the_csv_has_stable_columns_and_metadata_beside_it(icb: Icb):
    await icb.hears(Contract(places={Place.HALTON: "0.6", Place.WIRRAL: "0.4"}).owes(MONEY).all("100.50"))
    answer = await icb.client.get("/api/v1/totals.csv?dimension=place")
    assert answer.headers["Content-Type"].startswith("text/csv")
    link = re.fullmatch(r'<(.+)>; rel="describedby"; type="application/csvm\+json"', answer.headers["Link"])
    assert link is not None
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["member"], row["value"], row["hidden"], row["overlaps"]) for row in rows] == [
        ("Halton", "60.3", "false", "NT14 NT19"),
        ("Wirral", "40.2", "false", "NT14 NT19"),
    ]
    described = answer.url.join(link[1])
    metadata = (await icb.client.get(str(described))).json()
    assert described.join(metadata["url"]) == answer.url  # else a program must not believe that this CSV is meant
    named = [column["name"] for column in metadata["tableSchema"]["columns"]]
    assert named == next(csv.reader(io.StringIO(answer.text)))
    assert set(metadata["tableSchema"]["primaryKey"]) <= set(named)


async def test_the_first_columns_of_the_csv_never_change():
    first = """
        quarter framework measure_code measure unit kind theme outcome owner_id counted dimension member member_name value
        numerator denominator percent hidden due received approved promised_due promised_received promised_approved overlaps
    """
    assert [column.name for column in COLUMNS][:25] == first.split()


async def test_text_that_a_spreadsheet_would_compute_stays_text():
    """RFC 4180 besides: CRLF, quotes doubled."""
    written = as_csv([as_total(cell(name, "-7")) for name in ('=HYPERLINK("x")', "+44", "-1", "@here", 'A "quoted", trust')])
    assert written.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert [row["member"] for row in rows] == ['\'=HYPERLINK("x")', "'+44", "'-1", "'@here", 'A "quoted", trust']
    assert {row["value"] for row in rows} == {"-7"}, "a number is no text"


async def test_the_changes_feed_is_followed_by_its_cursor(icb: Icb):
    hours, earlier = Contract().owes(HOURS), Contract().owes(MONEY, quarter=Q1)
    await icb.hears(hours.all(100))
    await icb.hears(earlier.all(5))
    first = await icb.get("changes?limit=1")
    second = await icb.get("changes", params={"cursor": first["next"]})
    assert [{each["measure_code"] for each in page["items"]} for page in (first, second)] == [{"NT8"}, {"NT18"}]
    assert (first["more"], second["more"]) == (True, False)
    third = await icb.get("changes", params={"cursor": second["next"]})
    assert (third["items"], third["next"]) == ([], second["next"])
    await icb.hears(hours.restated(7))
    fourth = await icb.get("changes", params={"cursor": third["next"]})
    assert {(each["measure_code"], each["value"]) for each in fourth["items"]} == {("NT8", "7")}


async def test_small_numbers_are_hidden_wherever_they_are_read(icb: Icb):
    trust = an_organisation("Open", Sector.PUBLIC)
    await icb.hears(recorded(trust, icb_sees=IcbSees.CONTRACTS))
    for place, number in ((Place.HALTON, 2), (Place.WIRRAL, 8), (Place.SEFTON, 6)):
        contract = Contract(place.value, places={place: "1"}, buyers=(trust,))
        await icb.hears(contract_recorded(contract), contract.owes(CARE_LEAVERS).all(number))
    await icb.close()
    expected = {"Halton": None, "Sefton": None, "Wirral": "8"}
    for path in ("totals", "totals?publication=1", "totals?as_of=2026-10-21T00:00:00Z", "totals/year", "changes"):
        items = (await icb.get(path))["items"]
        assert {each["member"]: each["value"] for each in items if each["dimension"] == "place"} == expected, path
        assert {each["value"] for each in items if each["dimension"] == "region"} == {"16"}, path
    rows = csv.DictReader(io.StringIO((await icb.client.get("/api/v1/totals.csv?dimension=place")).text, newline=""))
    assert {row["member"]: row["value"] or None for row in rows} == expected
    behind = await icb.get("totals/contracts?measure=NT4a")
    assert {each["reference"]: each["value"] for each in behind["items"]} == expected


async def test_the_threshold_of_small_numbers_is_a_setting(runtime: OpenRuntime):
    at_work = await runtime(service, at=PRESENT, small_number_threshold=10)
    transport = httpx.ASGITransport(app=at_work.app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as client:
        icb = Icb(at_work, client)
        client.headers |= await icb.key(Role.ICB_ANALYST)
        await icb.hears(
            *(Contract(places={place: "1"}).owes(CARE_LEAVERS).all(n) for place, n in ((Place.HALTON, 9), (Place.WIRRAL, 30)))
        )
        assert {each["value"] for each in (await icb.get("totals?dimension=place"))["items"]} == {None}


async def test_coverage_and_partner_vcfse(icb: Icb):
    pledge = a_pledge()
    await icb.hears(contract_recorded(pledge, obligations=(an_obligation({"2026-27": 30}),), baselines=(a_baseline(100),)))
    await icb.hears(pledge.owes(SPEND).all(25), Contract().owes(HOURS).opened())
    coverage = await icb.get("coverage")
    assert (coverage["contracts"]["due"], coverage["pledges"]["approved"], coverage["buried"]) == (1, 1, 0)
    report = await icb.get("partner-vcfse?year=2026-27")
    assert (report["region"][0]["target"], report["region"][0]["delivered"]) == ("120", "25")


async def test_what_a_quarter_lacks_is_listed_page_by_page(icb: Icb):
    missing, waiting, whole, hidden = (Contract() for _ in range(4))
    for contract in (missing, waiting, whole):
        await icb.hears(recorded(contract.buyers[0], icb_sees=IcbSees.CONTRACTS), contract_recorded(contract))
    await icb.hears(contract_recorded(hidden), *(one.owes(HOURS).opened() for one in (missing, hidden)))
    of_waiting = waiting.owes(HOURS)
    await icb.hears(of_waiting.opened(), of_waiting.submitted(), whole.owes(HOURS).all(1))
    path = "quarters/2026-27-Q2/incomplete-returns"
    first = await icb.get(path, params={"limit": 1})
    rest = await icb.get(path, params={"limit": 1, "cursor": first["next"]})
    found = [(one["contract_id"], one["received"], one["lines"], one["approved"]) for one in first["items"] + rest["items"]]
    assert found == [(str(missing.contract_id), False, 1, 0), (str(waiting.contract_id), True, 1, 0)]
    assert rest["next"] is None
    assert (await icb.get(path, params={"as_of": "2026-10-01T00:00:00Z"}))["items"] == []


async def test_only_the_icb_may_read(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all(1))
    for role in (Role.CONTRACT_MANAGER, Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER, Role.OPERATOR):
        key = await icb.key(role)
        for path in ("totals", "totals.csv", "changes", "publications", "quarters", "coverage", "partner-vcfse",
                     "bridge?measure=NT8", "totals/contracts?measure=NT8", "cuts",
                     "quarters/2026-27-Q2/incomplete-returns"):  # fmt: skip
            assert (await icb.client.get(f"/api/v1/{path}", headers=key)).status_code == 403, (role, path)
        assert (await icb.client.post("/api/v1/publications", json={"quarter": "2026-27-Q2"}, headers=key)).status_code == 403


async def test_a_key_for_the_feed_reads_totals_and_no_single_contract(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all(1))
    key = await icb.key(Role.ICB_ANALYST, scopes=(Scope.FEED_READ,))
    assert (await icb.client.get("/api/v1/totals", headers=key)).status_code == 200
    assert (await icb.client.get("/api/v1/totals/contracts?measure=NT8", headers=key)).status_code == 403
    assert (await icb.client.post("/api/v1/publications", json={"quarter": "2026-27-Q2"}, headers=key)).status_code == 403


async def test_closing_twice_with_one_idempotency_key_publishes_once(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all(1))
    sent = {"url": "/api/v1/publications", "json": {"quarter": "2026-27-Q2"}, "headers": {"Idempotency-Key": "close-q2"}}
    answers = [await icb.client.post(**sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len((await icb.get("publications"))["items"]) == 1


async def test_publications_reach_the_event_log(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all(1))
    await icb.close()
    await icb.runtime.relay.drain()
    last = await icb.runtime.log.last_positions([topic_in(1, "icb-totals")])
    assert sum(last.values()) == 7


async def test_coverage_is_among_the_metrics(icb: Icb):
    await icb.hears(Contract().owes(HOURS).all(1), Contract().owes(HOURS).opened())
    metrics = (await icb.client.get("/metrics")).text
    assert 'parity_coverage{counted="contracts",quarter="2026-27-Q2",state="due"} 2.0' in metrics
    assert 'parity_coverage{counted="contracts",quarter="2026-27-Q2",state="approved"} 1.0' in metrics


async def test_names_of_buyers_are_shown(icb: Icb):
    contract = Contract()
    await icb.hears(contract.owes(HOURS).all(1))
    before = (await icb.get("totals?dimension=buyer"))["items"][0]
    await icb.hears(recorded(contract.buyers[0]))
    after = (await icb.get("totals?dimension=buyer"))["items"][0]
    assert (before["member_name"], after["member_name"]) == (str(contract.buyers[0].organisation_id), "A trust")
    assert before["member"] == after["member"]
    assert after["quarter"] == Q2.code
