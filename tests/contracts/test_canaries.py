"""Nothing that people type in free text leaves in an event: a canary in every such field of every API, and none in any outbox.

Which fields there are is read from the APIs' own descriptions, so a new one fails here until a canary is planted in it, or until
it is said below why events may carry it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import httpx2 as httpx
import pytest

from deploy.local.services import all_services
from services.commitments.actions.measures import ensure_catalogue
from shared.access import NOBODY, Role, Scope
from shared.identity import keys, people
from shared.schedule import run_due
from shared.service import Runtime
from shared.spine.draining import drain
from tests.commitments.notices.builders import award, file_of, release
from tests.conftest import NOON, OpenRuntime
from tests.contracts.test_handlers import rows
from tests.returns.test_files import PDF

TOLD = {"name", "title", "reference", "wording", "label", "unit", "code", "scheme", "id", "ocid", "award_id", "ocds_contract_id"}
"""Names of organisations, titles of contracts and their wording of a promise (as published with the award), words of measures:
that is how others show what an event is about."""
CHOSEN = {"measure", "measure_code", "kpi_id", "lead_supplier", "leave_out[]", "apply[]"}
"""Names of something that is there already."""
AMOUNTS = {
    *("value", "total", "target", "share", "amount", "numerator", "denominator", "good", "approaching", "improvement"),
    *("net_zero_and_social_value", "qualitative_part", "months[]", "*"),
}
FILES = {"file", "files[]"}
"""Each is sent below with a canary in its words or its name."""
COMPARED = "was."
"""What stood before: it is compared, and kept nowhere."""
ABOUT_PEOPLE = "/people"
"""Here even a name is nobody else's business."""

Field: TypeAlias = tuple[str, str, str, str]
"""Service, method, path, and the field within the body: ``returns PUT /lines/{line_id} breakdown[].recipient``."""
WORD = "…"


class Region:
    """The four services in one process; ``call`` puts a fresh canary wherever a body says WORD."""

    def __init__(self, at_work: Mapping[str, Runtime]) -> None:
        self.at_work = at_work
        self.keys: dict[str, str] = {}
        self.planted: set[Field] = set()
        self.canaries: list[str] = []
        self._numbers = count(1)

    def canary(self) -> str:
        self.canaries.append(f"canary{next(self._numbers):04}")
        return self.canaries[-1]

    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, *, version: int = 0, **sent: Any
    ) -> Any:
        """``path`` with its ids in braces: ``/lines/{…}``."""
        template, ids = path, sent.pop("ids", ())
        for name in ids:
            path = path.replace("{" + name + "}", str(ids[name]))
        if body is not None:
            sent["json"] = self._plant((service, method, template), body)
        headers = {"Authorization": f"Bearer {self.keys[who]}"} | ({"If-Match": f'"{version}"'} if version else {})
        transport = httpx.ASGITransport(app=self.at_work[service].app())
        async with httpx.AsyncClient(transport=transport, base_url="http://parity.example") as http:
            answer = await http.request(method, f"/api/v1{path}", headers=headers, **sent)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer.text

    def _plant(self, where: tuple[str, str, str], body: Any, at: str = "") -> Any:
        if isinstance(body, dict):
            return {name: self._plant(where, value, f"{at}.{name}") for name, value in body.items()}
        if isinstance(body, list):
            return [self._plant(where, value, f"{at}[]") for value in body]
        if body != WORD:
            return body
        self.planted.add((*where, at.removeprefix(".")))
        return f"{self.canary()}@parity.example" if at == ".email" else self.canary()

    async def person(self, name: str, organisation_id: str, *roles: Role) -> None:
        """Somebody with a key, known by ``name`` from now on."""
        said = {"name": WORD, "email": WORD, "organisation_id": organisation_id, "roles": list(roles)}
        added = await self.call("administrator", "POST", "commitments", "/people", said)
        said = {"label": WORD, "scopes": list(Scope)}
        made = await self.call("administrator", "POST", "commitments", "/people/{person_id}/keys", said, ids=added)
        self.keys[name] = made["secret"]

    async def wait(self, some: timedelta) -> None:
        """Until alerts have gone on by the clock."""
        alerts = self.at_work["alerts"]
        for moment in (NOON, NOON + some):
            alerts.clock.advance(moment)
            await run_due(alerts.pool, alerts.service.chores, at=moment)

    async def corrected(self, organisation_id: str) -> None:
        """Somebody whose name and address are said anew."""
        was = {"name": "Ana", "email": "ana@parity.example"}
        said = {**was, "organisation_id": organisation_id, "roles": [Role.OPERATOR]}
        added = await self.call("administrator", "POST", "commitments", "/people", said)
        said = {"name": WORD, "email": WORD, "was": was}
        await self.call("administrator", "PUT", "commitments", "/people/{person_id}/details", said, ids=added)


@pytest.fixture
async def region(runtime: OpenRuntime, tmp_path: Path) -> Region:
    at_work = {service.name: await runtime(service, at=NOON, evidence=f"file://{tmp_path}") for service in all_services()}
    region = Region(at_work)
    async with at_work["commitments"].identity.acquire() as conn, conn.transaction():
        first = people.Person(uuid4(), "Joan", "joan@parity.example", uuid4(), (Role.ADMINISTRATOR,))
        await people.add(conn, first, at=NOON)
        _, region.keys["administrator"] = await keys.create(conn, person_id=first.id, label="", scopes=list(Scope), at=NOON)
    async with at_work["commitments"].pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    return region


async def test_no_word_that_anybody_typed_is_in_any_event(region: Region) -> None:
    contract = await promise(region)
    await drain(*region.at_work.values())
    await file(region, contract)
    await drain(*region.at_work.values())
    await answer(region)
    await drain(*region.at_work.values())
    assert {field for service in all_services() for field in free_text(region.at_work[service.name])} == region.planted, (
        "plant a canary in these fields, or say above why events may carry them"
    )
    told, kept = [], ""
    for runtime in region.at_work.values():
        tables = dict(await rows(runtime.pool))
        assert tables["dead_letters"] == []
        told += [*tables.pop("outbox"), *tables.pop("notifications")]
        kept += str(tables)
    assert len(told) > 30
    assert [row for row in told if "canary" in row] == []
    kept += str(dict(await rows(region.at_work["commitments"].identity)))
    assert [canary for canary in region.canaries if canary not in kept] == [], "typed, and nowhere to be found"


def promised(reference: str, **rest: Any) -> dict[str, Any]:
    words = dict.fromkeys(("method_statement", "relevant", "proportionate", "additional"), WORD)
    owed = {"reference": reference, "side": "social_value", "measure": "NT29", "wording": "50 hours.", "spread": SPREAD}
    return owed | words | rest


TO_THE_ICB = {"icb_sees": "contracts", "escalates_to_icb": True}
SPREAD = {"total": "200", "way": "evenly"}
TO_COME = [{"quarter": "2026-27-Q3", "target": "50"}, {"quarter": "2026-27-Q4", "target": "50"}]


async def promise(region: Region) -> str:
    """Everything that can be said to commitments. Returns the contract's id."""

    async def call(method: str, path: str, body: Any = None, who: str = "manager", **sent: Any) -> Any:
        return await region.call(who, method, "commitments", path, body, **sent)

    trust, supplier = [
        (await call("POST", "/organisations", {"name": name, "sector": "public", **what}, "administrator"))["organisation_id"]
        for name, what in (
            ("A trust", {"buyer": True, "identifiers": [{"scheme": "GB-NHS", "id": "RXX"}], **TO_THE_ICB}),
            ("A supplier", {"supplier": True}),
        )
    ]
    await region.person("manager", trust, Role.CONTRACT_MANAGER)
    await region.person("supplier", supplier, Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER)
    await region.person("analyst", trust, Role.ICB_ANALYST)
    await region.corrected(supplier)
    measures = (await call("GET", "/measures?limit=200"))["items"]
    unsure = next(one["measure"] for one in measures if one["status"] == "to_confirm")
    confirm = {"name": unsure["framework"], "code": unsure["code"]}
    await call("POST", "/frameworks/{name}/measures/{code}/confirm", {"note": WORD}, "administrator", ids=confirm)
    await call("POST", "/frameworks/{name}/measures/{code}/deactivate", {"note": WORD}, "administrator", ids=confirm)

    said = {
        "reference": "T-1",
        "title": "Community nursing",
        "starts_on": "2026-04-01",
        "ends_on": "2027-03-31",
        "buyers": [{"organisation_id": trust}],
        "suppliers": [{"organisation_id": supplier}],
        "obligations": [promised("hours"), promised("more", side="core_service", method_statement=None)],
    }
    contract = await call("POST", "/contracts", said)
    more = {"obligations": [promised("later", spread=None, targets=TO_COME)], "reason": WORD}
    contract = await call("POST", "/contracts/{contract_id}/obligations", more, ids=contract, version=contract["version"])
    headings = (await call("GET", "/contracts/{contract_id}/obligations/template?format=csv", ids=contract)).splitlines()[0]
    row = {"Reference": "imported", "Side": "social value", "Measure": "NT29", "Wording": "50 hours.", "2026-27 Q4": "50"}
    row |= {"Method statement": region.canary()}
    held = StringIO()
    writer = csv.DictWriter(held, next(csv.reader([headings.lstrip("\ufeff")])), extrasaction="raise")
    writer.writeheader()
    writer.writerow(row)
    path = "/contracts/{contract_id}/obligations/import"
    sent = {"files": {"file": ("table.csv", held.getvalue())}, "data": {"reason": region.canary()}}
    region.planted.add(("commitments", "POST", path, "reason"))
    contract = await call("POST", path, ids=contract, **sent)
    later = next(one for one in contract["obligations"] if one["reference"] == "later")
    varied = {"from_quarter": "2026-27-Q4", "reason": WORD, "counting": {"wording": "60 hours.", "targets": TO_COME[1:]}}
    path = "/contracts/{contract_id}/obligations/{obligation_id}/variations"
    contract = await call("POST", path, varied, ids={**contract, **later}, version=contract["version"])
    changed = {"title": "Community nursing at home", "reason": WORD}
    contract = await call("PATCH", "/contracts/{contract_id}", changed, ids=contract, version=contract["version"])
    baseline = {"measure_code": "NT14", "amount": "5", "from_date": "2025-04-01", "to_date": "2026-03-31", "source": WORD}
    said = {**said, "reference": "P-1", "form": "pledge", "baselines": [baseline], "obligations": []}
    pledge = await call("POST", "/contracts", said)
    other = {**baseline, "measure_code": "NT15"}
    changed = {"baselines": [{**pledge["baselines"][0]}, other], "reason": WORD}
    pledge = await call("PATCH", "/contracts/{contract_id}", changed, ids=pledge, version=pledge["version"])
    pledging = {"measures": [{"measure_code": "NT16", "baseline": {**baseline, "measure_code": "NT16"}}], "reason": WORD}
    await call("PUT", "/contracts/{contract_id}/pledge", pledging, ids=pledge, version=pledge["version"])
    closed = {"ends_on": "2027-02-28", "reason": WORD}
    await call("POST", "/contracts/{contract_id}/close", closed, ids=contract, version=contract["version"])

    async def notice(id: str, ocid: str, **parts: Any) -> Any:
        awarded = file_of(release(id, f"2026-09-0{id}T09:00:00Z", ocid, awards=[award(**parts)]))
        return (await call("POST", "/notices", files=[("files", ("n.json", awarded.data))]))["proposals"][0]

    one = await notice("1", "ocds-b5fd17-b", agreedMetrics=[{"id": "K1", "title": "Calls", "description": region.canary()}])
    await call("POST", "/proposals/{proposal_id}/decline", {"reason": WORD}, ids=one, version=one["version"])
    other = await notice("2", "ocds-b5fd17-c")
    said = {"reference": "T-2", "obligations": [promised("proposed")]}
    await call("POST", "/proposals/{proposal_id}/confirm", said, ids=other, version=other["version"])
    other = await notice("3", "ocds-b5fd17-c", title="Meals")
    said = {"apply": ["title"], "reason": WORD}
    await call("POST", "/proposals/{proposal_id}/settle", said, ids=other, version=other["version"])
    return str(contract["contract_id"])


async def file(region: Region, contract_id: str) -> None:
    """Everything that can be said to returns."""

    async def call(method: str, path: str, body: Any = None, who: str = "supplier", **sent: Any) -> Any:
        return await region.call(who, method, "returns", path, body, **sent)

    found = (await call("GET", "/returns?limit=200"))["items"]
    ids = next(one for one in found if one["contract_id"] == contract_id)

    async def whole() -> tuple[int, dict[str, Any]]:
        filed = await call("GET", "/returns/{return_id}", ids=ids)
        return filed["version"], {line["reference"]: line for line in filed["lines"]}

    figure = {"figure": {"value": "751"}, "story": WORD, "unlikely_reason": WORD}
    figure |= {"breakdown": [{"recipient": WORD, "figure": {"value": "751"}}]}
    nothing = {"nil_reason": WORD}
    _, lines = await whole()
    done = {"happened_on": "2026-05-04", "quantity": {"value": "3"}, "note": WORD}
    about = {"contract_id": contract_id, "obligation_id": lines["hours"]["obligation_id"]}
    activity = await call("POST", "/activities", done | about)
    await call("PUT", "/activities/{activity_id}", done, ids=activity, version=activity["version"])
    evidence = {"files": {"file": (f"{region.canary()}.pdf", PDF, "application/pdf")}}
    await call("POST", "/activities/{activity_id}/evidence", ids=activity, **evidence)
    evidence = {"files": {"file": (f"{region.canary()}.pdf", PDF + b"%", "application/pdf")}}
    await call("POST", "/lines/{line_id}/evidence", ids=lines["hours"], **evidence)
    for reference, line in (await whole())[1].items():
        content = figure if reference == "hours" else nothing
        await call("PUT", "/lines/{line_id}", content, ids=line, version=line["version"])
    certified = {"only_this_contract_and_period": True, "only_what_was_promised": True}
    by_mail = {**certified, "on_behalf_because": WORD}
    await call("POST", "/returns/{return_id}/submit", by_mail, "manager", ids=ids, version=(await whole())[0])
    disputed = {"lines": [{"line_id": lines["hours"]["line_id"], "reason": WORD}]}
    await call("POST", "/returns/{return_id}/request-changes", disputed, "manager", ids=ids, version=(await whole())[0])
    await call("POST", "/returns/{return_id}/submit", certified, ids=ids, version=(await whole())[0])
    judged = {"judgement": "not_met"}
    await call("POST", "/returns/{return_id}/approve", judged, "manager", ids=ids, version=(await whole())[0])
    for reference, content in (("hours", figure), ("more", nothing)):
        line = (await whole())[1][reference]
        await call("POST", "/lines/{line_id}/restatements-asked", {"reason": WORD}, "manager", ids=line)
        await call("POST", "/lines/{line_id}/confirm-figure", {"reason": WORD}, ids=line)
        wanted = {"content": content, "reason": WORD}
        request = await call("POST", "/lines/{line_id}/restatement-requests", wanted, ids=line)
        no = {"confirmed": False, "answer": WORD}
        await call("POST", "/restatement-requests/{request_id}/answer", no, "manager", ids=request)
        line = (await whole())[1][reference]
        await call("POST", "/lines/{line_id}/restate", wanted, "manager", ids=line, version=line["version"])


async def answer(region: Region) -> None:
    """Everything that can be said to alerts."""

    async def call(method: str, path: str, body: Any = None, who: str = "supplier", **sent: Any) -> Any:
        return await region.call(who, method, "alerts", path, body, **sent)

    ids = (await call("GET", "/alerts?unresolved=true"))["items"][0]
    dispute = await call("POST", "/alerts/{alert_id}/disputes", {"reason": WORD}, ids=ids)
    path, no = "/alerts/{alert_id}/disputes/{dispute_id}/answer", {"upheld": False, "answer": WORD}
    await call("POST", path, no, "manager", ids={**ids, **dispute})
    plan = await call("POST", "/alerts/{alert_id}/recovery-plans", {"plan": WORD, "due_on": "2026-12-18"}, ids=ids)
    path = "/alerts/{alert_id}/recovery-plans/{plan_id}/decline"
    await call("POST", path, {"answer": WORD}, "manager", ids={**ids, **plan})
    await region.wait(timedelta(days=60))
    await call("POST", "/alerts/{alert_id}/notes", {"note": WORD}, "analyst", ids=ids)
    await call("POST", "/alerts/{alert_id}/resolve", {"reason": WORD}, "manager", ids=ids)
    agreed = {"what": WORD, "owner": WORD, "due_on": "2027-02-01"}
    path = "/contracts/{contract_id}/meetings/{quarter}/tasks"
    task = await call("POST", path, agreed, "manager", ids=ids)
    await call("POST", "/contracts/{contract_id}/tasks/{task_id}/remove", {"reason": WORD}, "manager", ids=task)


def free_text(runtime: Runtime) -> Iterator[Field]:
    """The fields of every body in which somebody may write what they like."""
    document = runtime.app().openapi()
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        path = path.removeprefix("/api/v1")
        for method, described in methods.items():
            for content in described.get("requestBody", {}).get("content", {}).values():
                for field in texts(content["schema"], schemas):
                    last = field.rsplit(".", 1)[-1]
                    expected = CHOSEN | AMOUNTS | FILES | (set() if path.startswith(ABOUT_PEOPLE) else TOLD)
                    if last not in expected and not field.startswith(COMPARED):
                        yield runtime.service.name, method.upper(), path, field


def texts(schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str = "") -> Iterator[str]:
    if "$ref" in schema:
        yield from texts(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, at)
    for choice in ("anyOf", "allOf", "oneOf"):
        for each in schema.get(choice, ()):
            yield from texts(each, schemas, at)
    for name, each in schema.get("properties", {}).items():
        yield from texts(each, schemas, f"{at}.{name}" if at else name)
    for part, name in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(part), dict):
            yield from texts(schema[part], schemas, f"{at}{name}")
    if schema.get("type") == "string" and not {"enum", "const", "format", "pattern"} & schema.keys():
        yield at
