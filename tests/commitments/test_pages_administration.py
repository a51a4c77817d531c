"""Pages of administrators: organisations, people, keys, measures, and the history of it all."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.commitments.actions.measures import ensure_catalogue
from services.commitments.actions.organisations import change_organisation, record_organisation
from services.commitments.actions.people import add_person, change_roles
from services.commitments.main import service
from services.commitments.models.organisations import NewOrganisation, OrganisationChange
from services.commitments.models.people import NewPerson
from services.commitments.rules.measures import COLUMNS
from services.commitments.store import organisations as store
from services.returns.main import service as returns
from shared import history
from shared.access import NOBODY, Role, Scope
from shared.db import Connection
from shared.identity import keys, people, second_steps, sessions
from shared.ids import new_id
from shared.service import Runtime
from shared.words import day
from tests.conftest import NOON, OpenRuntime
from tests.visiting import Page, Visit

LIST = "/commitments/organisations"


async def recorded(at_work: Runtime, name: str, *, buyer: bool = True, supplier: bool = False) -> UUID:
    async with at_work.pool.acquire() as conn, conn.transaction():
        new = NewOrganisation.model_validate({"name": name, "sector": "public", "buyer": buyer, "supplier": supplier})
        return (await record_organisation(conn, new, by=NOBODY, at=NOON)).organisation_id


async def added(at_work: Runtime, organisation_id: UUID, *roles: Role, name: str = "Amina Rahman") -> UUID:
    async with at_work.identity.acquire() as conn, conn.transaction():
        new = NewPerson(name=name, email=f"{new_id()}@trust.example", organisation_id=organisation_id, roles=frozenset(roles))
        return (await add_person(conn, new, by=NOBODY, at=NOON)).person_id


async def test_an_organisation_is_added_found_and_changed(at_work: Runtime, joan: Visit) -> None:
    page = await joan.get(f"{LIST}/new")
    wrong = await joan.submit(page, "Save", {"name": "", "identifiers": "GB-NHS-QYG\nnonsense"}, expect=422)
    assert wrong.links["Enter the organisation's name"] == "#name"
    assert wrong.links["Select whether it buys, supplies, or both"] == "#takes_part"
    assert wrong.links["Select the sector"] == "#sector"
    assert wrong.links["nonsense must be a register and a number, such as GB-COH-01234567"] == "#identifiers"
    assert wrong.form("Save").fields["identifiers"] == ["GB-NHS-QYG\nnonsense"]
    sent = {
        "name": "Mersey <Vale>",
        "takes_part": ["buyer"],
        "sector": "public",
        "identifiers": " GB-NHS-RVY \n",
        "place": "Wirral",
    }
    shown = await joan.submit(page, "Save", sent)
    assert (shown.title, "GB-NHS-RVY" in shown.text) == ("Mersey <Vale> – Parity", True)
    found = await joan.get(f"{LIST}?name=mersey%20%3C")
    assert found.links["Mersey <Vale>"] == str(shown.response.url.path)
    assert "No organisation is called that" in (await joan.get(f"{LIST}?name=elsewhere")).text
    change = await joan.get(found.links["Mersey <Vale>"] + "/change")
    assert change.form("Save").fields["takes_part"] == ["buyer"]
    again = await joan.submit(change, "Save", {"takes_part": ["buyer", "supplier"], "place": ""})
    assert "Buyer and supplier" in again.text


async def test_an_identifier_that_is_taken_is_named_and_nothing_is_kept(at_work: Runtime, joan: Visit) -> None:
    page = await joan.get(f"{LIST}/new")
    sent = {"name": "One", "takes_part": ["buyer"], "sector": "public", "identifiers": "GB-NHS-QYG"}
    await joan.submit(page, "Save", sent)
    refused = await joan.submit(await joan.get(f"{LIST}/new"), "Save", {**sent, "name": "Two"}, expect=422)
    assert refused.links["GB-NHS QYG is taken"] == "#identifiers"
    assert "Two" not in (await joan.get(LIST)).text


async def test_who_saves_later_sees_what_stands_now(at_work: Runtime, joan: Visit) -> None:
    organisation_id = await recorded(at_work, "Trust")
    page = await joan.get(f"{LIST}/{organisation_id}/change")
    async with at_work.pool.acquire() as conn, conn.transaction():
        change = OrganisationChange(name="Trust of Mersey")
        await change_organisation(conn, organisation_id, change, if_version=1, by=NOBODY, at=NOON)
    refused = await joan.submit(page, "Save", {"name": "Mersey Trust"}, expect=422)
    assert "What stands now: Trust of Mersey" in refused.text
    assert refused.form("Save").fields["name"] == ["Mersey Trust"]
    assert (await joan.submit(refused, "Save")).title == "Mersey Trust – Parity"


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1"])
async def test_a_version_that_nobody_gave_is_no_version(at_work: Runtime, joan: Visit, version: str) -> None:
    organisation_id = await recorded(at_work, "Trust")
    page = await joan.get(f"{LIST}/{organisation_id}/change")
    assert "Somebody else changed" in (await joan.submit(page, "Save", {"version": version}, expect=422)).text


async def test_lists_are_paged(at_work: Runtime, joan: Visit) -> None:
    for number in range(51):
        await recorded(at_work, f"Trust {number:02}")
    first = await joan.get(LIST)
    assert ("Trust 49" in first.text, "Trust 50" in first.text) == (True, False)
    second = await joan.get(first.links["Next page"])
    assert ("Trust 49" in second.text, "Trust 50" in second.text) == (False, True)
    assert "Next page" not in second.links


async def test_a_buyers_settings_are_for_its_managers_too_and_for_no_other(at_work: Runtime, joan: Visit) -> None:
    own, other = await recorded(at_work, "Trust"), await recorded(at_work, "Council")
    executive = await added(at_work, own, Role.CONTRACT_MANAGER, name="Nadia Karim")
    stranger = await added(at_work, other, Role.CONTRACT_MANAGER)
    manager = await Visit.of(at_work, at_work, Role.CONTRACT_MANAGER, organisation_id=own)
    await manager.get(f"{LIST}/{other}/settings", expect=404)
    page = await manager.get(f"{LIST}/{own}/settings")
    sent = {"icb_sees": "contracts", "escalates_to": "icb", "executive_id": str(stranger)}
    refused = await manager.submit(page, "Save", sent, expect=422)
    assert refused.links["Select a contract manager of this buyer"] == "#executive_id"
    analyst = await added(at_work, own, Role.ICB_ANALYST, name="Priya Nair")
    refused = await manager.submit(page, "Save", {**sent, "executive_id": str(analyst)}, expect=422)
    assert refused.links["Select a contract manager of this buyer"] == "#executive_id"
    assert "Priya Nair" not in refused.text
    await manager.submit(page, "Save", {**sent, "executive_id": str(executive)})
    async with at_work.pool.acquire() as conn:
        stands = await store.organisation(conn, own)
    assert stands is not None
    assert (stands.icb_sees, stands.escalates_to_icb, stands.executive_id) == ("contracts", True, executive)
    assert "Nadia Karim" in (await joan.get(f"{LIST}/{own}")).text
    supplier = await recorded(at_work, "Supplier", buyer=False, supplier=True)
    await joan.get(f"{LIST}/{supplier}/settings", expect=404)


async def test_an_executive_who_can_no_longer_open_alerts_stays_and_is_said_to_be_so(at_work: Runtime, joan: Visit) -> None:
    own = await recorded(at_work, "Trust")
    executive = await added(at_work, own, Role.CONTRACT_MANAGER, name="Nadia Karim")
    async with at_work.pool.acquire() as conn, conn.transaction():
        change = OrganisationChange(executive_id=executive)
        await change_organisation(conn, own, change, if_version=1, by=NOBODY, at=NOON)
    assert "cannot open alerts" not in (await joan.get(f"{LIST}/{own}")).text
    async with at_work.identity.acquire() as conn, conn.transaction():
        await change_roles(conn, executive, {Role.OPERATOR}, was={Role.CONTRACT_MANAGER}, by=NOBODY, at=NOON)
    page = await joan.get(f"{LIST}/{own}/settings")
    assert "Nadia Karim (cannot open alerts)" in page.text
    stands = await joan.submit(page, "Save", {"icb_sees": "contracts"})
    assert "Nadia Karim, who is no contract manager and cannot open alerts" in stands.text


async def test_a_person_is_added_and_gets_a_link(at_work: Runtime, joan: Visit) -> None:
    trust = await recorded(at_work, "Trust")
    page = await joan.get(f"{LIST}/{trust}/people/new")
    wrong = await joan.submit(page, "Add", {"name": "Amina", "email": "nobody"}, expect=422)
    assert wrong.links["Select at least one role"] == "#roles"
    assert wrong.links["Enter an email address in the right form, such as name@trust.nhs.uk"] == "#email"
    misfit = {"name": "Amina", "email": "amina@trust.example", "roles": ["supplier_editor"]}
    assert "Trust is no supplier" in (await joan.submit(page, "Add", misfit, expect=422)).text
    shown = await joan.submit(page, "Add", {**misfit, "roles": ["contract_manager", "icb_analyst"]})
    assert shown.title == "Amina – Parity"
    taken = await joan.submit(
        await joan.get(f"{LIST}/{trust}/people/new"), "Add", {**misfit, "roles": ["icb_analyst"]}, expect=422
    )
    assert taken.links["Somebody has this address"] == "#email"
    made = await joan.submit(shown, "Send a link to set a password", expect=200)
    [url] = re.findall(r"http://127.0.0.1:8000(/commitments/links/\S+)", made.text)
    assert "This is for Amina" in (await Visit.nobody(at_work).get(url)).text
    assert joan.person_id == await at_work.identity.fetchval("SELECT person_id FROM history WHERE action = 'link made'")


async def test_a_letter_that_the_mail_server_refuses_is_said_and_its_link_is_void(runtime: OpenRuntime) -> None:
    at_work = await runtime(service, notifications="smtp", smtp_port=1)
    joan = await Visit.of(at_work, at_work, Role.ADMINISTRATOR)
    person_id = await added(at_work, await recorded(at_work, "Trust"), Role.CONTRACT_MANAGER)
    page = await joan.get(f"/commitments/people/{person_id}")
    assert "was not sent" in (await joan.submit(page, "Send a link to set a password", expect=503)).text
    assert await at_work.identity.fetchval("SELECT count(*) FROM one_time_links") == 0


async def test_new_roles_end_the_sessions_and_nobody_overwrites_another(at_work: Runtime, joan: Visit) -> None:
    person_id = await added(at_work, await recorded(at_work, "Trust"), Role.CONTRACT_MANAGER)
    session = await sessions.begin(at_work.identity, person_id)
    page = await joan.get(f"/commitments/people/{person_id}")
    assert "Supplier editor" not in page.text, "the trust is no supplier"
    assert (await joan.submit(page, "Save roles", {"roles": []}, expect=422)).links["Select at least one role"] == "#roles"
    await joan.submit(page, "Save roles", {"roles": ["contract_manager"]})
    assert await sessions.person_of(at_work.identity, session) is not None, "nothing has changed"
    async with at_work.identity.acquire() as conn, conn.transaction():
        other = frozenset({Role.OPERATOR})
        await change_roles(conn, person_id, other, was={Role.CONTRACT_MANAGER}, by=NOBODY, at=NOON)
    assert await sessions.person_of(at_work.identity, session) is None
    stale = {**page.form("Save roles").fields, "key": "", "roles": ["icb_analyst"]}
    refused = await joan.submit(page, "Save roles", stale, expect=422)
    assert "Somebody else has changed these roles" in refused.text
    await joan.submit(refused, "Save roles", {"roles": ["icb_analyst"]})
    [person] = await people.find(at_work.identity, [person_id])
    assert person.roles == ("icb_analyst",)


async def test_an_administrator_is_always_left(at_work: Runtime, joan: Visit) -> None:
    page = await joan.get(f"/commitments/people/{joan.person_id}")
    refused = await joan.submit(page, "Save roles", {"roles": ["operator"]}, expect=422)
    assert "Ask another administrator" in refused.text
    ask = await joan.get(f"/commitments/people/{joan.person_id}/remove")
    assert "Ask another administrator" in (await joan.submit(ask, "Take access away", expect=422)).text


async def test_a_name_or_address_is_corrected_beside_what_stands_now(at_work: Runtime, joan: Visit) -> None:
    trust = await recorded(at_work, "Trust")
    person_id, other_id = await added(at_work, trust, Role.CONTRACT_MANAGER), await added(at_work, trust, Role.CONTRACT_MANAGER)
    [other] = await people.find(at_work.identity, [other_id])
    shown = await joan.get(f"/commitments/people/{person_id}")
    page = await joan.get(shown.links["Change name or email address"])
    wrong = await joan.submit(page, "Save", {"name": "", "email": "nobody"}, expect=422)
    assert (wrong.links["Enter the person's name"], wrong.form("Save").fields["email"]) == ("#name", ["nobody"])
    taken = await joan.submit(page, "Save", {"email": other.email.upper()}, expect=422)
    assert taken.links["Somebody has this address"] == "#email"
    done = await joan.submit(page, "Save", {"name": "Amina <Khan>", "email": "khan@trust.example"})
    assert (done.title, "khan@trust.example" in done.text) == ("Amina <Khan> – Parity", True)
    late = await joan.submit(page, "Save", {"name": "Amina Karim", "key": ""}, expect=422)
    assert "What stands now: Amina <Khan>, khan@trust.example" in late.text
    await joan.submit(late, "Save", {"was_name": "\0", "key": ""}, expect=422)
    again = await joan.submit(late, "Save", {"email": "karim@trust.example"})
    assert again.title == "Amina Karim – Parity"
    assert "Person Amina Karim: details changed Changed: name, email" in (await joan.get("/commitments/history")).text
    manager = await Visit.of(at_work, at_work, Role.CONTRACT_MANAGER, organisation_id=trust)
    await manager.get(f"/commitments/people/{person_id}/change", expect=403)


async def test_who_is_removed_is_gone_at_once(at_work: Runtime, joan: Visit) -> None:
    person_id = await added(at_work, await recorded(at_work, "Trust"), Role.CONTRACT_MANAGER)
    session = await sessions.begin(at_work.identity, person_id)
    ask = await joan.get(f"/commitments/people/{person_id}/remove")
    await joan.submit(ask, "Take access away")
    assert await sessions.person_of(at_work.identity, session) is None
    await joan.get(f"/commitments/people/{person_id}", expect=404)
    assert "Amina" not in (await joan.get("/commitments/people")).text


async def test_people_are_found_by_name_address_and_organisation(at_work: Runtime, joan: Visit) -> None:
    trust, council = await recorded(at_work, "Trust"), await recorded(at_work, "Council")
    await added(at_work, trust, Role.CONTRACT_MANAGER, name="Amina Rahman")
    await added(at_work, council, Role.CONTRACT_MANAGER, name="Colin Marsh")
    assert "Colin" not in (await joan.get("/commitments/people?name=RAHM")).text
    assert {"Amina Rahman", "Colin Marsh"} <= set((await joan.get("/commitments/people?name=trust.example")).links)
    of_council = await joan.get(f"/commitments/people?organisation={council}")
    assert ("Colin Marsh" in of_council.text, "Amina" in of_council.text) == (True, False)


async def test_a_second_step_is_taken_away_from_who_lost_it(at_work: Runtime, joan: Visit) -> None:
    person_id = await added(at_work, await recorded(at_work, "Trust"), Role.CONTRACT_MANAGER)
    async with at_work.identity.acquire() as conn:
        await second_steps.turn_on(conn, person_id, second_steps.new_secret(), step=0)
    page = await joan.get(f"/commitments/people/{person_id}")
    await joan.submit(page, "Turn second step off")
    assert not await second_steps.is_on(at_work.identity, person_id)


async def test_each_key_says_on_which_day_it_was_used_last(at_work: Runtime, joan: Visit, runtime: OpenRuntime) -> None:
    person_id = await added(at_work, await recorded(at_work, "Trust"), Role.CONTRACT_MANAGER)
    async with at_work.identity.acquire() as conn:
        _, secret = await keys.create(conn, person_id=person_id, label="feed", scopes=[Scope.FEED_READ.value], at=NOON)

    async def shown() -> str:
        [key] = await keys.of_person(at_work.identity, person_id)
        page = await joan.get(f"/commitments/people/{person_id}")
        assert f"feed feed:read {day(NOON)} {day(key.last_used_on) if key.last_used_on else 'Never'} Never Revoke" in page.text
        return str(key.last_used_on)

    assert await shown() == "None"
    others = (await runtime(returns)).identity  # whose role may write that and nothing else
    assert await keys.holder(others, secret, at=NOON + timedelta(days=1)) is not None
    assert await shown() == str((NOON + timedelta(days=1)).date())
    written = "SELECT xmin::text FROM api_keys WHERE person_id = $1"
    before = await at_work.identity.fetchval(written, person_id)
    assert await keys.holder(others, secret, at=NOON + timedelta(days=1, hours=3)) is not None
    assert await at_work.identity.fetchval(written, person_id) == before, "once a day"
    assert await keys.holder(others, secret + "x", at=NOON + timedelta(days=2)) is None
    assert await shown() == str((NOON + timedelta(days=1)).date())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await others.execute("UPDATE api_keys SET revoked_at = NULL")


async def test_a_key_is_shown_once_and_revoked(at_work: Runtime, joan: Visit) -> None:
    person_id = await added(at_work, await recorded(at_work, "Trust"), Role.CONTRACT_MANAGER)
    page = await joan.get(f"/commitments/people/{person_id}/keys/new")
    assert "commitments:write" in page.form("Make key").fields["scopes"]
    past = {"label": "feed", "last_day-day": "1", "last_day-month": "2", "last_day-year": "2026"}
    assert (await joan.submit(page, "Make key", past, expect=422)).links["Enter a time to come"] == "#last_day-day"
    far = {**past, "last_day-day": "31", "last_day-month": "12", "last_day-year": "9999"}
    assert "Last day must be before 2200" in (await joan.submit(page, "Make key", far, expect=422)).text
    sent = {
        "label": "feed",
        "scopes": [Scope.FEED_READ.value],
        "last_day-day": "1",
        "last_day-month": "2",
        "last_day-year": "2027",
    }
    made = await joan.submit(page, "Make key", sent, expect=200)
    [secret] = re.findall(r"parity_[\w-]{43}", made.text)
    holder = await keys.holder(at_work.identity, secret, at=NOON)
    assert holder is not None
    assert (holder.person_id, holder.scopes) == (person_id, ("feed:read",))
    shown = await joan.get(f"/commitments/people/{person_id}")
    assert secret not in shown.html
    other = await added(at_work, await recorded(at_work, "Council"), Role.CONTRACT_MANAGER)
    action = shown.form("Revoke feed").action
    await joan.http.post(action.replace(str(person_id), str(other)), data=shown.form("Revoke feed").fields)
    assert await keys.holder(at_work.identity, secret, at=NOON) is not None, "it is somebody else's"
    await joan.submit(shown, "Revoke feed")
    assert await keys.holder(at_work.identity, secret, at=NOON) is None
    kept = await at_work.pool.fetch("SELECT body FROM idempotency_keys")
    assert all(secret.encode() not in row["body"] for row in kept)


HEADER = ",".join(COLUMNS)
GOOD = "toms,Jobs,More jobs,J1,Jobs made,FTE,fte,higher,mean,contract,,suppress,no,to_confirm,"


async def load(joan: Visit, text: str, *, expect: int = 303) -> Page:
    page = await joan.get("/commitments/measures/load")
    return await joan.submit(page, "Load", files=[("file", ("measures.csv", text.encode(), "text/csv"))], expect=expect)


async def test_a_catalogue_is_loaded_whole_or_not_at_all(at_work: Runtime, joan: Visit) -> None:
    assert "Select a CSV file" in (await joan.submit(await joan.get("/commitments/measures/load"), "Load", expect=422)).text
    wrong = await load(joan, f"{HEADER}\n{GOOD}\n{GOOD.replace('J1', 'J2').replace('FTE,fte', 'FTE,nonsense')}\n", expect=422)
    assert re.search(r"3 kind .*flow", wrong.text)
    assert "cannot be used" not in wrong.text
    assert "No catalogue is loaded yet" in (await joan.get("/commitments/measures")).text
    assert "must be smaller than 1MB" in (await load(joan, "x" * 1_000_001, expect=422)).text
    loaded = await load(joan, f"{HEADER}\n{GOOD}\n")
    assert loaded.response.url.query == b"framework=toms"
    assert ("Jobs made" in loaded.text, "1 measure waits" in loaded.text) == (True, True)


async def test_a_measure_is_confirmed_deactivated_and_made_active_again(at_work: Runtime, joan: Visit) -> None:
    listed = await load(joan, f"{HEADER}\n{GOOD}\n")
    page = await joan.get(listed.links["J1"])
    assert (await joan.submit(page, "Confirm", {"label": ""}, expect=422)).links["Enter the wording"] == "#label"
    confirmed = await joan.submit(page, "Confirm", {"label": "Jobs for local people"})
    assert "Status Active" in confirmed.text
    assert "Enter why" in (await joan.submit(confirmed, "Deactivate", expect=422)).text
    gone = await joan.submit(confirmed, "Deactivate", {"note": "Nobody counts it"})
    assert ("Status Inactive" in gone.text, "Nobody counts it" in gone.text) == (True, True)
    told = await at_work.pool.fetch("SELECT data FROM outbox WHERE type LIKE 'framework%' ORDER BY number")
    assert [len(row["data"]["measures"]) for row in told] == [1, 1, 0]
    again = await joan.submit(gone, "Confirm", {"note": ""})
    assert "Status Active" in again.text
    analyst = await Visit.of(at_work, at_work, Role.ICB_ANALYST)
    seen = await analyst.get(listed.links["J1"])
    assert not any(form.buttons for form in seen.forms)
    await analyst.get("/commitments/measures/load", expect=403)


async def test_measures_are_found(at_work: Runtime, joan: Visit) -> None:
    async with at_work.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOON)
    waiting = await joan.get("/commitments/measures?status=to_confirm")
    assert "To confirm" in waiting.text
    few = await joan.get("/commitments/measures?name=volunteer")
    assert few.text.lower().count("volunteer") > 0
    assert "No measure is found by that" in (await joan.get("/commitments/measures?name=zzz")).text
    await joan.get("/commitments/measures/one?framework=no&code=such", expect=404)


async def test_where_people_are_removed_it_says_how_long_one_removed_at_the_provider_stays(
    runtime: OpenRuntime, at_work: Runtime, joan: Visit
) -> None:
    here = f"/commitments/people/{joan.person_id}"
    for path in (here, f"{here}/remove"):
        assert "is signed out of Parity within" not in (await joan.get(path)).text
    provided = {"oidc_issuer": "https://id.example", "oidc_name": "Mersey Vale", "oidc_session_minutes": 45}
    with_provider = await runtime(service, **provided)
    other = await Visit.of(with_provider, with_provider, Role.ADMINISTRATOR)
    for path in (here, f"{here}/remove"):
        said = (await other.get(path)).text
        assert "Somebody removed at Mersey Vale" in said
        assert "is signed out of Parity within 45 minutes" in said


async def did(conn: Connection, trust: UUID) -> None:
    await change_organisation(conn, trust, OrganisationChange(name="Trust of Mersey"), if_version=1, by=NOBODY, at=NOON)


async def test_the_history_tells_who_did_what_and_when_from_both_databases(at_work: Runtime, joan: Visit) -> None:
    trust = await recorded(at_work, "Trust")
    async with at_work.pool.acquire() as conn, conn.transaction():
        await did(conn, trust)
    page = await joan.get(f"{LIST}/{trust}/people/new")
    await joan.submit(page, "Add", {"name": "Amina", "email": "amina@trust.example", "roles": ["contract_manager"]})
    everything = await joan.get("/commitments/history")
    assert "Organisation Trust of Mersey: changed Name: Trust → Trust of Mersey" in everything.text
    assert "Person Amina: added Roles: Contract manager Organisation: Trust of Mersey" in everything.text, "names, and no ids"
    hers = (await joan.get("/commitments/history?who=joan")).text
    assert ("added" in hers, "changed Name" in hers) == (True, False)
    people_only = (await joan.get("/commitments/history?what=person")).text
    assert ("Amina: added" in people_only, "→" in people_only) == (True, False)
    assert "Nothing is found" in (await joan.get("/commitments/history?until=2026-11-22")).text
    assert "added" in (await joan.get("/commitments/history?since=2026-11-23&until=2026-11-23")).text
    wrong = await joan.get("/commitments/history?since=31.2.2026")
    assert wrong.links["From must be a real date"] == "#since"


async def test_the_history_says_days_times_and_terms_as_people_do(at_work: Runtime, joan: Visit) -> None:
    trust = await recorded(at_work, "Trust")
    detail = {
        "due_on": "2026-07-03",
        "seen_at": "2026-07-03T13:15:00+00:00",
        "quarter": "2026-27-Q2",
        "kept": False,
        "role": {"before": "contract_manager", "after": "icb_analyst"},
        "typed": "2026-99-99",
    }
    async with at_work.pool.acquire() as conn, conn.transaction():
        whom = {"contract_id": None, "subject": "organisation", "subject_id": trust}
        await history.record(conn, at=NOON, by=NOBODY, **whom, action="looked at", detail=detail)
    said = (await joan.get("/commitments/history")).text
    for words in (
        "Kept: no",
        "Role: Contract manager → ICB analyst",
        "Typed: 2026-99-99",
        "Due on: 3 July 2026",
        "Quarter: 2026-27 Q2",
        "Seen at: 3 July 2026, 2:15pm",
    ):
        assert words in said


async def test_a_long_history_is_paged_without_a_gap(at_work: Runtime, joan: Visit) -> None:
    async with at_work.pool.acquire() as conn, conn.transaction():
        for number in range(60):
            new = NewOrganisation.model_validate({"name": f"Trust {number}", "sector": "public", "buyer": True})
            await record_organisation(conn, new, by=NOBODY, at=NOON)
    async with at_work.identity.acquire() as conn, conn.transaction():
        for number in range(30):
            new_person = NewPerson(
                name=f"Person {number}", email=f"{number}@a.example", organisation_id=new_id(), roles=frozenset({Role.OPERATOR})
            )
            await add_person(conn, new_person, at=NOON)
    seen, page = 0, await joan.get("/commitments/history")
    while True:
        seen += page.text.count(": recorded") + page.text.count(": added")
        if "Next page" not in page.links:
            break
        page = await joan.get(page.links["Next page"])
    assert seen == 90


@pytest.mark.parametrize("path", ["/commitments/accessibility", "/commitments/cookies"])
async def test_what_the_service_says_of_itself_is_open_to_all(at_work: Runtime, path: str) -> None:
    assert (await Visit.nobody(at_work).get(path)).status == 200
