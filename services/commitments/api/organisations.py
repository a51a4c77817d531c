"""Organisations: recorded by administrators, read by those who record contracts; a buyer's settings are its own."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Request, Response

from services.commitments.actions import organisations as actions
from services.commitments.actions.people import must_be_of
from services.commitments.api.routing import Administrator, Manager, router
from services.commitments.models.organisations import (
    BuyerSettings,
    NewOrganisation,
    NewSupplier,
    Organisation,
    OrganisationChange,
    OrganisationIdentifier,
)
from services.commitments.store import organisations as store
from shared.access import Caller, Role, Scope, allow
from shared.api import Cursor, IfMatch, Limit, Now, Page, Tx, decode_cursor, etag, paged
from shared.errors import NotFound
from shared.obligations import Frozen, Place, Sector

Reader = Annotated[Caller, allow(Role.CONTRACT_MANAGER, Role.ADMINISTRATOR, scope=Scope.COMMITMENTS_READ)]
"""Who records contracts needs all who may take part in one."""


class OrganisationView(Frozen):
    organisation_id: UUID
    version: int
    name: str
    identifiers: tuple[OrganisationIdentifier, ...]
    sector: Sector
    place: Place | None
    buyer: bool
    supplier: bool
    settings: BuyerSettings | None
    """None where they are another buyer's, and nobody else's business."""

    @classmethod
    def of(cls, organisation: Organisation, caller: Caller) -> Self:
        known = organisation.model_dump()
        shown = caller.has(Role.ADMINISTRATOR) or caller.organisation_id == organisation.organisation_id
        settings = BuyerSettings(**{name: known[name] for name in BuyerSettings.model_fields}) if shown else None
        return cls(**{name: known[name] for name in cls.model_fields if name in known}, settings=settings)


@router.get("/organisations")
async def list_organisations(
    tx: Tx,
    caller: Reader,
    limit: Limit,
    cursor: Cursor,
    name: Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$", description="Those whose name contains this.")] = "",
) -> Page[OrganisationView]:
    """Organisations by name."""
    after = decode_cursor(cursor, str, UUID) if cursor else None
    found = await store.organisations(tx, name=name, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.name.lower(), one.organisation_id))
    return Page(items=[OrganisationView.of(each, caller) for each in shown], next=more)


@router.get("/organisations/{organisation_id}")
async def read_organisation(organisation_id: UUID, tx: Tx, caller: Reader, response: Response) -> OrganisationView:
    organisation = await store.organisation(tx, organisation_id)
    if organisation is None:
        raise NotFound
    response.headers["ETag"] = etag(organisation.version)
    return OrganisationView.of(organisation, caller)


@router.post("/organisations", status_code=201)
async def record_organisation(
    body: NewOrganisation, tx: Tx, now: Now, caller: Administrator, response: Response
) -> OrganisationView:
    """Record an organisation. Its executive is named later, when the person is known."""
    recorded = await actions.record_organisation(tx, body, by=caller.person_id, at=now)
    response.headers["ETag"] = etag(recorded.version)
    return OrganisationView.of(recorded, caller)


@router.post("/suppliers", status_code=201)
async def record_supplier(body: NewSupplier, tx: Tx, now: Now, caller: Manager, response: Response) -> OrganisationView:
    """Record an organisation that supplies, so that a contract can name it. One that is known is not recorded again."""
    recorded = await actions.record_supplier(tx, body, by=caller.person_id, at=now)
    response.headers["ETag"] = etag(recorded.version)
    return OrganisationView.of(recorded, caller)


@router.patch("/organisations/{organisation_id}")
async def change_organisation(
    organisation_id: UUID,
    body: OrganisationChange,
    tx: Tx,
    now: Now,
    caller: Administrator,
    if_match: IfMatch,
    request: Request,
    response: Response,
) -> OrganisationView:
    """Change the fields that are sent."""
    return await _change(organisation_id, body, if_match, tx, now, caller, request, response)


@router.patch("/organisations/{organisation_id}/settings")
async def change_settings(
    organisation_id: UUID,
    body: BuyerSettings,
    tx: Tx,
    now: Now,
    caller: Manager,
    if_match: IfMatch,
    request: Request,
    response: Response,
) -> OrganisationView:
    """Change the own organisation's settings that are sent: what the ICB sees, and who is at the end of the clock."""
    if organisation_id != caller.organisation_id:
        raise NotFound
    change = OrganisationChange(**body.model_dump(exclude_unset=True))
    return await _change(organisation_id, change, if_match, tx, now, caller, request, response)


async def _change(
    organisation_id: UUID,
    change: OrganisationChange,
    if_match: int,
    tx: Tx,
    now: Now,
    caller: Caller,
    request: Request,
    response: Response,
) -> OrganisationView:
    await must_be_of(request.app.state.runtime.identity, change.executive_id, organisation_id)
    changed = await actions.change_organisation(tx, organisation_id, change, if_version=if_match, by=caller.person_id, at=now)
    response.headers["ETag"] = etag(changed.version)
    return OrganisationView.of(changed, caller)
