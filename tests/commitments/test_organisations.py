"""Organisations: recorded once, changed with care, told as a whole."""

from __future__ import annotations

import asyncio

import pytest

from services.commitments.actions.organisations import IdentifierTaken
from services.commitments.store.organisations import find_organisation_by_identifier
from shared import history
from shared.access import Role
from shared.events.commitments import OrganisationRecorded
from shared.ids import new_id
from tests.commitments.taking_part import Office

TRUST = {"name": "Mersey Vale", "sector": "public", "buyer": True, "identifiers": [{"scheme": "GB-NHS", "id": "RXX"}]}


async def test_an_organisation_is_recorded_changed_and_told_as_a_whole(office: Office) -> None:
    icb = await office.record(name="ICB", sector="public", buyer=True)
    admin, _ = await office.key(icb.organisation_id, Role.ADMINISTRATOR)
    made = await office("POST", "/organisations", admin, json=TRUST | {"place": "Wirral"}, expect=201)
    path = f"/organisations/{made['organisation_id']}"
    assert await office("GET", path, admin) == made
    changed = await office("PATCH", path, admin, json={"supplier": True, "place": None}, if_match=1)
    assert (changed["version"], changed["supplier"], changed["place"], changed["name"]) == (2, True, None, "Mersey Vale")
    assert await office("PATCH", path, admin, json={"supplier": True}, if_match=2) == changed  # nothing new, nothing told
    events = [event for event in await office.told(OrganisationRecorded) if str(event.organisation_id) == made["organisation_id"]]
    assert [(event.version, event.supplier, event.place) for event in events] == [(1, False, "Wirral"), (2, True, None)]
    assert [(each.scheme, each.id) for each in events[1].identifiers] == [("GB-NHS", "RXX")]
    async with office.runtime.pool.acquire() as conn:
        entries = await history.of(conn, events[0].organisation_id)
        found = await find_organisation_by_identifier(conn, "gb-nhs", "rxx")
        assert await find_organisation_by_identifier(conn, "GB-COH", "RXX") is None
    assert [entry.action for entry in entries] == ["recorded", "changed"]
    assert entries[1].detail["supplier"] == {"before": False, "after": True}
    assert found is not None
    assert found.organisation_id == events[0].organisation_id


async def test_a_change_needs_the_version_that_was_read(office: Office) -> None:
    icb = await office.record(name="ICB", sector="public", buyer=True)
    admin, _ = await office.key(icb.organisation_id, Role.ADMINISTRATOR)
    path = f"/organisations/{icb.organisation_id}"
    await office("PATCH", path, admin, json={"name": "X"}, expect=428)
    await office("PATCH", path, admin, json={"name": "The ICB"}, if_match=1)
    assert (await office("PATCH", path, admin, json={"name": "X"}, if_match=1, expect=412))["current"]["name"] == "The ICB"
    await office("PATCH", f"/organisations/{new_id()}", admin, json={"name": "X"}, if_match=1, expect=404)
    for wrong in (
        {"name": None},
        {"name": ""},
        {"buyer": False},
        {"nam": "X"},
        {"name": "a\u0000"},
        {"executive_id": str(new_id())},
    ):
        await office("PATCH", path, admin, json=wrong, if_match=2, expect=422)


async def test_an_identifier_belongs_to_one_organisation(office: Office) -> None:
    one = await office.record(**TRUST)
    admin, _ = await office.key(one.organisation_id, Role.ADMINISTRATOR)
    again = {**TRUST, "identifiers": [{"scheme": "GB-COH", "id": "1"}, {"scheme": "GB-NHS", "id": "rxx"}]}
    refused = await office("POST", "/organisations", admin, json=again, expect=409)
    assert [error["pointer"] for error in refused["errors"]] == ["/identifiers/1"]
    assert len(await office.told(OrganisationRecorded)) == 1
    new = [office.record(name=name, sector="private", supplier=True, identifiers=({"scheme": "A", "id": "1"},)) for name in "ab"]
    results = await asyncio.gather(*new, return_exceptions=True)
    assert sum(isinstance(result, IdentifierTaken) for result in results) == 1


async def test_a_buyer_sets_its_own_settings_and_sees_no_others(office: Office) -> None:
    trust, council = await office.record(**TRUST), await office.record(name="Council", sector="public", buyer=True)
    manager, person = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    _, stranger = await office.key(council.organisation_id, Role.CONTRACT_MANAGER)
    own = f"/organisations/{trust.organisation_id}"
    wanted = {"icb_sees": "contracts", "executive_id": str(person)}
    changed = await office("PATCH", f"{own}/settings", manager, json=wanted, if_match=1)
    assert changed["settings"] == {"icb_sees": "contracts", "escalates_to_icb": False, "executive_id": str(person)}
    refused = await office("PATCH", f"{own}/settings", manager, json={"executive_id": str(stranger)}, if_match=2, expect=422)
    assert refused["code"] == "executive-not-of-buyer"
    others = f"/organisations/{council.organisation_id}"
    assert (await office("GET", others, manager))["settings"] is None
    await office("PATCH", f"{others}/settings", manager, json=wanted, if_match=1, expect=404)
    await office("PATCH", own, manager, json={"name": "X"}, if_match=2, expect=403)
    await office("POST", "/organisations", manager, json=TRUST, expect=403)


async def test_organisations_are_listed_by_name_page_by_page(office: Office) -> None:
    names = ["delta", "Alpha", "charlie", "Bravo", "Bravo"]
    made = [await office.record(name=name, sector="vcfse", supplier=True, buyer=True) for name in names]
    manager, _ = await office.key(made[0].organisation_id, Role.CONTRACT_MANAGER)
    seen, cursor = [], None
    while True:
        page = await office("GET", "/organisations", manager, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += [each["name"] for each in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ["Alpha", "Bravo", "Bravo", "charlie", "delta"]
    found = await office("GET", "/organisations", manager, params={"name": "RAV"})
    assert [each["name"] for each in found["items"]] == ["Bravo", "Bravo"]


async def test_who_neither_buys_nor_supplies_takes_no_part(office: Office) -> None:
    with pytest.raises(ValueError, match="a buyer, a supplier, or both"):
        await office.record(name="Nobody", sector="public")
    with pytest.raises(ValueError, match="Only a buyer"):
        await office.record(name="S", sector="private", supplier=True, escalates_to_icb=True)
