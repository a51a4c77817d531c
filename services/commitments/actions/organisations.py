"""Record organisations and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.commitments.models.organisations import NewOrganisation, NewSupplier, Organisation, OrganisationChange
from services.commitments.rules.organisations import changed, fact
from services.commitments.store import organisations as store
from shared import history
from shared.db import Connection
from shared.errors import Conflict, FieldError, NotFound, PreconditionFailed
from shared.ids import new_id
from shared.spine import publish


class IdentifierTaken(Conflict):
    """Another organisation has this identifier, or it is given twice. Look that organisation up instead of recording it again."""


class RecordedAlready(Conflict):
    """This organisation is recorded already. Add it to the contract instead of recording it again."""

    def __init__(self, organisation: Organisation, error: FieldError) -> None:
        super().__init__(errors=[error])
        self.organisation = organisation


async def record_supplier(conn: Connection, new: NewSupplier, *, by: UUID, at: datetime) -> Organisation:
    """What contract managers may record: an organisation that supplies, and buys nothing. Raises RecordedAlready."""
    for number, one in enumerate(new.identifiers):
        known = await store.find_organisation_by_identifier(conn, one.scheme, one.id)
        if known is not None:
            detail = f"{known.name} has this number"
            raise RecordedAlready(known, FieldError(f"/identifiers/{number}", detail, "recorded-already"))
    for known in await store.organisations_called(conn, new.name):
        if not (new.identifiers and known.identifiers):
            detail = "An organisation of this name is recorded. If it is another one, enter a name that tells them apart"
            raise RecordedAlready(known, FieldError("/name", detail, "recorded-already"))
    return await record_organisation(conn, NewOrganisation(**new.model_dump(), supplier=True), by=by, at=at)


async def record_organisation(conn: Connection, new: NewOrganisation, *, by: UUID, at: datetime) -> Organisation:
    """Raises IdentifierTaken; ``store.organisations.find_organisation_by_identifier`` tells whether one is known."""
    recorded = Organisation(organisation_id=new_id(), version=1, **new.model_dump())
    await _save_and_tell(conn, recorded, "recorded", {}, by=by, at=at)
    return recorded


async def change_organisation(
    conn: Connection, organisation_id: UUID, change: OrganisationChange, *, if_version: int, by: UUID, at: datetime
) -> Organisation:
    """A change to what stands already changes nothing. Raises NotFound, PreconditionFailed, DoesNotFit, IdentifierTaken."""
    before = await store.lock_organisation(conn, organisation_id)
    if before is None:
        raise NotFound
    if before.version != if_version:
        raise PreconditionFailed(current=before)
    after = changed(before, change)
    if after != before:
        was, now = before.model_dump(mode="json"), after.model_dump(mode="json")
        names = [name for name in now if was[name] != now[name] and name != "version"]
        differs = {name: {"before": was[name], "after": now[name]} for name in names}
        await _save_and_tell(conn, after, "changed", differs, by=by, at=at)
    return after


async def _save_and_tell(
    conn: Connection, organisation: Organisation, action: str, detail: dict[str, Any], *, by: UUID, at: datetime
) -> None:
    await store.save_organisation(conn, organisation)
    if taken := await store.save_identifiers(conn, organisation):
        numbers = {each: number for number, each in enumerate(organisation.identifiers)}
        raise IdentifierTaken(
            errors=[FieldError(f"/identifiers/{numbers[each]}", f"{each.scheme} {each.id} is taken", "taken") for each in taken]
        )
    await history.record(
        conn,
        at=at,
        by=by,
        contract_id=None,
        subject="organisation",
        subject_id=organisation.organisation_id,
        action=action,
        detail=detail,
    )
    await publish(conn, fact(organisation), at=at)
