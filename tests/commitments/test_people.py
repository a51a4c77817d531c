"""People and keys: given by administrators, taken away at once, remembered without names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared import history
from shared.access import Role, Scope
from shared.identity import one_time, sessions
from shared.identity.one_time import Purpose
from shared.ids import new_id
from shared.quarters import local_date
from tests.commitments.taking_part import Office


async def _admin(office: Office) -> tuple[str, str, str]:
    """The administrator's key and id, and the id of an organisation that only buys."""
    icb = await office.record(name="ICB", sector="public", buyer=True)
    key, person = await office.key(icb.organisation_id, Role.ADMINISTRATOR)
    return key, str(person), str(icb.organisation_id)


def _new(organisation_id: str, **changed: Any) -> dict[str, Any]:
    new = {"name": "Ada", "email": "ada@example.org", "organisation_id": organisation_id, "roles": ["contract_manager"]}
    return new | changed


async def test_a_key_works_until_it_is_revoked_and_its_secret_is_shown_once(office: Office) -> None:
    admin, admin_id, icb = await _admin(office)
    person = await office("POST", "/people", admin, json=_new(icb), expect=201)
    keys = f"/people/{person['person_id']}/keys"
    made = await office("POST", keys, admin, json={"label": "laptop", "scopes": ["commitments:read"]})
    assert [key["last_used_on"] for key in await office("GET", keys, admin)] == [None]
    await office("GET", "/organisations", made["secret"])
    await office("GET", "/people", made["secret"], expect=403)
    [listed] = await office("GET", keys, admin)
    assert (listed["label"], listed["revoked_at"]) == ("laptop", None)
    assert listed["last_used_on"] == local_date(office.runtime.clock.now()).isoformat()
    assert "secret" not in listed
    await office("DELETE", f"/keys/{made['key_id']}", admin, expect=204)
    await office("GET", "/organisations", made["secret"], expect=401)
    await office("DELETE", f"/keys/{made['key_id']}", admin, expect=404)
    entries = await _history(office, person["person_id"], made["key_id"])
    assert [(entry.subject, entry.action, str(entry.person_id)) for entry in entries] == [
        ("person", "added", admin_id),
        ("key", "created", admin_id),
        ("key", "revoked", admin_id),
    ]
    assert "ada" not in str([entry.detail for entry in entries]).lower()


async def test_a_secret_is_kept_nowhere(office: Office) -> None:
    admin, person, _ = await _admin(office)
    sent = {"json": {"label": "x", "scopes": ["admin"]}, "headers": {"Idempotency-Key": "once"}}
    secret = (await office("POST", f"/people/{person}/keys", admin, **sent))["secret"]
    assert await office.runtime.pool.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    kept = await office.runtime.identity.fetch("SELECT k::text FROM api_keys k UNION ALL SELECT h::text FROM history h")
    assert not any(secret in row[0] for row in kept)


async def test_a_person_who_is_removed_can_do_nothing(office: Office) -> None:
    admin, admin_id, _ = await _admin(office)
    trust = await office.record(name="Trust", sector="public", buyer=True)
    key, person = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    await office("DELETE", f"/people/{person}", admin, expect=204)
    await office("GET", "/organisations", key, expect=401)
    await office("GET", f"/people/{person}", admin, expect=404)
    await office("POST", f"/people/{person}/keys", admin, json={"label": "x", "scopes": ["admin"]}, expect=404)
    assert (await office("DELETE", f"/people/{admin_id}", admin, expect=409))["code"] == "not-yourself"
    assert [each["person_id"] for each in (await office("GET", "/people", admin))["items"]] == [admin_id]
    assert (await office("GET", "/people", admin, params={"organisation_id": str(new_id())}))["items"] == []


async def test_roles_are_changed_by_who_has_seen_them(office: Office) -> None:
    admin, admin_id, icb = await _admin(office)
    person = f"/people/{(await office('POST', '/people', admin, json=_new(icb), expect=201))['person_id']}/roles"
    analyst = {"roles": ["icb_analyst"], "was": ["contract_manager"]}
    assert (await office("PUT", person, admin, json=analyst))["roles"] == ["icb_analyst"]
    assert (await office("PUT", person, admin, json=analyst, expect=409))["code"] == "roles-have-changed"
    misfit = {"roles": ["supplier_editor"], "was": ["icb_analyst"]}
    assert (await office("PUT", person, admin, json=misfit, expect=422))["errors"][0]["pointer"] == "/roles"
    own = {"roles": ["operator"], "was": ["administrator"]}
    assert (await office("PUT", f"/people/{admin_id}/roles", admin, json=own, expect=409))["code"] == "not-yourself"


async def test_name_and_address_are_corrected_by_who_has_seen_them_and_nothing_else_ends(office: Office) -> None:
    admin, admin_id, icb = await _admin(office)
    added = await office("POST", "/people", admin, json=_new(icb), expect=201)
    key = await office("POST", f"/people/{added['person_id']}/keys", admin, json={"label": "x", "scopes": ["commitments:read"]})
    identity = office.runtime.identity
    person_id = UUID(added["person_id"])
    async with identity.acquire() as conn:
        session = await sessions.begin(conn, person_id)
        mailed = await one_time.make(conn, person_id, Purpose.SET_PASSWORD)
    path, was = f"/people/{person_id}/details", {"name": "Ada", "email": "ada@example.org"}
    changed = {"name": "Ada King", "email": "king@example.org", "was": was}
    assert (await office("PUT", path, admin, json=changed)) | was == added
    assert (await office("PUT", path, admin, json=changed, expect=409))["code"] == "details-have-changed"
    taken = {**changed, "email": "ADA@example.org", "was": {key: changed[key] for key in was}}
    await office("POST", "/people", admin, json=_new(icb), expect=201)
    refused = await office("PUT", path, admin, json=taken, expect=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("email-taken", "/email")
    await office("GET", "/organisations", key["secret"])
    holder = await sessions.person_of(identity, session)
    assert holder is not None
    assert holder.email == "king@example.org"
    assert await one_time.look(identity, mailed) is None, "it went to an address that is not theirs"
    entry = (await _history(office, added["person_id"]))[-1]
    assert (entry.action, str(entry.person_id), entry.detail) == ("details changed", admin_id, {"changed": ["name", "email"]})


@pytest.mark.parametrize(
    ("changed", "status", "pointer"),
    [
        ({"roles": ["supplier_editor"]}, 422, "/roles"),
        ({"roles": []}, 422, "/roles"),
        ({"email": "nobody"}, 422, "/email"),
        ({"name": "a\u0000"}, 422, "/name"),
        ({"organisation_id": str(new_id())}, 422, "/organisation_id"),
        ({"email": "ADA@example.org"}, 409, "/email"),
    ],
)
async def test_what_does_not_fit_is_named(office: Office, changed: dict[str, Any], status: int, pointer: str) -> None:
    admin, _, icb = await _admin(office)
    await office("POST", "/people", admin, json=_new(icb), expect=201)
    refused = await office("POST", "/people", admin, json=_new(icb, email="b@example.org") | changed, expect=status)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert len((await office("GET", "/people", admin))["items"]) == 2


async def test_a_key_that_has_expired_already_is_not_made(office: Office) -> None:
    admin, person, _ = await _admin(office)
    sent = {"label": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"}
    await office("POST", f"/people/{person}/keys", admin, json=sent, expect=422)
    assert len(await office("GET", f"/people/{person}/keys", admin)) == 1


async def test_only_administrators_with_the_scope_administer(office: Office) -> None:
    _, _, icb = await _admin(office)
    trust = await office.record(name="Trust", sector="public", buyer=True)
    manager, _ = await office.key(trust.organisation_id, Role.CONTRACT_MANAGER)
    unscoped, _ = await office.key(trust.organisation_id, Role.ADMINISTRATOR, scopes=[Scope.COMMITMENTS_READ])
    for key in (manager, unscoped):
        await office("GET", "/people", key, expect=403)
        await office("POST", "/people", key, json=_new(icb), expect=403)


async def _history(office: Office, *subjects: str) -> list[history.Entry]:
    async with office.runtime.identity.acquire() as conn:
        return await history.of(conn, *subjects)  # type: ignore[arg-type]
