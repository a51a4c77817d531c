"""The catalogue: loaded in versions, confirmed by the ICB, with buyers' own measures beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.commitments.actions.measures import CATALOGUE, ensure_catalogue, read_measures_csv
from services.commitments.rules.measures import COLUMNS, CannotReadMeasures
from services.commitments.store.measures import codes_to_confirm, find_measure
from shared.access import NOBODY, Role
from shared.events.commitments import FrameworkLoaded
from tests.commitments.taking_part import Office
from tests.conftest import NOON

HEADER = ",".join(COLUMNS)
GOOD = "toms,Jobs,More jobs,J1,Jobs made,FTE,fte,higher,mean,contract,,suppress,no,active,"
OWN = {"code": "CALLS", "label": "Calls answered in time", "unit": "%", "kind": "ratio", "direction": "higher"}


async def _load(office: Office, key: str, name: str, text: str, expect: int = 201) -> Any:
    return await office(
        "POST", f"/frameworks/{name}/versions", key, files={"file": ("measures.csv", text.encode())}, expect=expect
    )


async def _people(office: Office) -> tuple[str, str, UUID]:
    trust = await office.record(name="Trust", sector="public", buyer=True)
    admin, _ = await office.key(trust.organisation_id, Role.ADMINISTRATOR)
    manager, _ = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    return admin, manager, trust.organisation_id


async def test_the_projects_own_catalogue_is_loaded_once(office: Office) -> None:
    for _ in range(2):
        async with office.runtime.pool.acquire() as conn, conn.transaction():
            await ensure_catalogue(conn, by=NOBODY, at=NOON)
    [told] = await office.told(FrameworkLoaded)
    rows = read_measures_csv(CATALOGUE)
    assert (told.framework, told.framework_version, told.version) == (rows[0].framework, 1, 1)
    assert {row.code for row in rows} - {measure.code for measure in told.measures} == {"NT81"}
    async with office.runtime.pool.acquire() as conn:
        nt3, nt81 = await find_measure(conn, "NT3"), await find_measure(conn, "NT81")
        assert await codes_to_confirm(conn) == {"NT87", "NT71", "NT88"}
    assert nt3 is not None
    assert nt81 is not None
    assert (nt3.measure.suppress, nt3.measure.overlaps[0], nt3.status) == (True, "NT3d", "active")
    assert nt3.measure in told.measures
    assert nt81.status == "inactive"


async def test_the_newest_version_of_a_framework_counts(office: Office) -> None:
    admin, manager, _ = await _people(office)
    await _load(office, admin, "toms", f"{HEADER}\n{GOOD}\n{GOOD.replace('J1', 'J2')}\n")
    second = await _load(office, admin, "toms", f"\ufeff{HEADER}\r\n{GOOD.replace('Jobs made', 'Jobs kept')}\r\n")
    assert (second["version"], second["event_version"]) == (2, 1)
    listed = (await office("GET", "/measures", manager))["items"]
    assert [(each["measure"]["label"], each["measure"]["framework_version"]) for each in listed] == [("Jobs kept", 2)]
    await office("GET", "/measures/J2", manager, expect=404)
    assert [each["version"] for each in await office("GET", "/frameworks", manager)] == [2]
    await _load(office, manager, "toms", f"{HEADER}\n{GOOD}\n", expect=403)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", {f"row 1, {column}" for column in COLUMNS}),
        (HEADER, {"row 2"}),
        (HEADER.replace("unit", "units"), {"row 1, unit", "row 1, units"}),
        (f"{HEADER}\n{GOOD}\n{GOOD}", {"row 3, code"}),
        (f"{HEADER}\n{GOOD.replace('suppress', 'maybe')}", {"row 2, small_numbers"}),
        (f"{HEADER}\n{GOOD.replace('fte,higher', 'people,up')}", {"row 2, kind", "row 2, direction"}),
        (f"{HEADER}\n{GOOD.replace('mean', 'sum')}", {"row 2, over_time"}),
        (f"{HEADER}\n{GOOD.replace('FTE,fte,higher,mean', 'FTE,flag,higher,latest')}", {"row 2, unit"}),
        (f"{HEADER}\n{GOOD.replace('contract,,', 'contract,J9,')}", {"row 2, overlaps"}),
        (f"{HEADER}\n{GOOD},,", {"row 2"}),
        (f'{HEADER}\n"{GOOD}', {"row 2"}),
        (f"{HEADER}\n\n{GOOD}", {"row 2"}),
        (f"{HEADER},note\n{GOOD},", {"row 1, note"}),
        (f"{HEADER}\n{GOOD}\n{GOOD.replace('toms', 'tims').replace('J1', 'J2')}", {"row 3, framework"}),
        (f"{HEADER}\n{GOOD.replace('Jobs made', '')}", {"row 2, label"}),
        (f"{HEADER}\n{GOOD.replace('Jobs made', 'a' + chr(0))}", {"row 2, label"}),
    ],
)
async def test_what_is_wrong_with_a_file_is_named_by_row_and_column(text: str, where: set[str]) -> None:
    with pytest.raises(CannotReadMeasures) as caught:
        read_measures_csv(text)
    assert {error.pointer for error in caught.value.errors} == where


async def test_a_file_with_a_fault_loads_nothing(office: Office) -> None:
    admin, manager, _ = await _people(office)
    refused = await _load(office, admin, "toms", f"{HEADER}\n{GOOD}\n{GOOD.replace('fte', 'x')}", expect=422)
    assert refused["errors"][0]["pointer"] == "row 3, kind"
    await _load(office, admin, "other", f"{HEADER}\n{GOOD}", expect=422)
    latin = {"file": ("m.csv", f"{HEADER}\n{GOOD.replace('made', 'café')}".encode("latin-1"))}
    refused = await office("POST", "/frameworks/toms/versions", admin, files=latin, expect=422)
    assert refused["errors"][0]["pointer"] == "row 2"
    assert (await office("GET", "/measures", manager))["items"] == []
    assert await office.told(FrameworkLoaded) == []


async def test_the_icb_confirms_what_was_open(office: Office) -> None:
    admin, manager, _ = await _people(office)
    waiting = GOOD.replace("active", "to_confirm")
    idle = GOOD.replace("J1", "J2").replace("active", "inactive")
    await _load(office, admin, "toms", f"{HEADER}\n{waiting}\n{idle}\n{GOOD.replace('J1', 'J3')}")
    path = "/frameworks/toms/measures"
    done = await office("POST", f"{path}/J1/confirm", admin, json={"unit": "FTE a year"})
    assert (done["status"], done["measure"]["unit"], done["measure"]["label"]) == ("active", "FTE a year", "Jobs made")
    await office("POST", f"{path}/J1/confirm", admin, json={}, expect=409)
    await office("POST", f"{path}/J2/confirm", admin, json={"unit": "FTE"}, expect=422)
    await office("POST", f"{path}/J2/confirm", admin, json={"unit": "FTE", "label": "Jobs shared"})
    await office("POST", f"{path}/J9/confirm", admin, json={}, expect=404)
    await office("POST", f"{path}/J3/confirm", manager, json={}, expect=403)
    told = await office.told(FrameworkLoaded)
    assert [(event.version, [measure.code for measure in event.measures]) for event in told] == [
        (1, ["J1", "J3"]),
        (2, ["J1", "J3"]),
        (3, ["J1", "J2", "J3"]),
    ]
    assert len({event.framework_id for event in told}) == 1


async def test_a_buyers_own_measures_are_its_own(office: Office) -> None:
    admin, manager, trust = await _people(office)
    await _load(office, admin, "toms", f"{HEADER}\n{GOOD}")
    council = await office.record(name="Council", sector="public", buyer=True)
    stranger, _ = await office.key(council.organisation_id, Role.CONTRACT_MANAGER)
    added = await office("POST", "/measures", manager, json=OWN, expect=201)
    assert (added["framework"], added["over_time"], added["buyer_id"]) == ("own", "pool", str(trust))
    assert await office("POST", "/measures", manager, json=OWN, expect=201) == added
    await office("POST", "/measures", manager, json=OWN | {"direction": "lower"}, expect=409)
    await office("POST", "/measures", manager, json=OWN | {"code": "J1"}, expect=409)
    assert (await office("POST", "/measures", manager, json=OWN | {"unit": "calls"}, expect=422))["errors"][0][
        "pointer"
    ] == "/unit"
    assert (await office("GET", "/measures/CALLS", manager))["measure"] == added
    await office("GET", "/measures/CALLS", stranger, expect=404)
    theirs = await office("POST", "/measures", stranger, json=OWN | {"direction": "lower"}, expect=201)
    assert theirs["direction"] == "lower"
    pages = await office("GET", "/measures", manager, params={"limit": 1})
    rest = await office("GET", "/measures", manager, params={"limit": 1, "cursor": pages["next"]})
    assert [each["measure"]["code"] for each in pages["items"] + rest["items"]] == ["CALLS", "J1"]
    assert rest["next"] is None
    await office("POST", "/measures", manager, json=OWN | {"code": "A\u0000"}, expect=422)
