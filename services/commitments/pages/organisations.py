"""Organisations: found, added and changed by administrators; a buyer's settings by itself too."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.commitments.actions import organisations as actions
from services.commitments.actions.people import cannot_open_alerts, must_be_of
from services.commitments.models.organisations import (
    Name,
    NewOrganisation,
    Organisation,
    OrganisationChange,
    OrganisationIdentifier,
)
from services.commitments.pages.routing import PER_PAGE, Administrator, Cursor, Search, pages, with_query
from services.commitments.rules.organisations import identifier_of
from services.commitments.store import organisations as store
from shared.access import Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import NotFound, ParityError, PreconditionFailed
from shared.events.commitments import IcbSees
from shared.identity import people
from shared.identity.transaction import Identity
from shared.obligations import Place, Sector
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor, admit
from shared.spreadsheets import Sheet
from shared.words import label

_LIST = link("commitments", "/organisations")
_BACK = {"href": _LIST, "text": "Back to organisations"}
_HEADINGS = ("Name", "Buyer", "Supplier", "Sector", "Place", "Identifiers")
_WIDTHS = {"Name": 50, "Identifiers": 36}
_FIELDS = {"identifiers": "identifiers", "executive_id": "executive_id"}


class OrganisationForm(BaseModel):
    name: Annotated[Name, Says("Enter the organisation's name", "Name must have 300 characters or fewer")]
    takes_part: Annotated[
        list[Literal["buyer", "supplier"]],
        Says("Select whether it buys, supplies, or both", "Select whether it buys, supplies, or both"),
        Field(min_length=1),
    ] = []
    sector: Annotated[Sector, Says("Select the sector", "Select the sector")]
    place: Annotated[Place | None, Says("Select a place", "Select a place")] = None
    identifiers: Annotated[str, Field(max_length=5000, pattern=r"^[^\x00]*$")] = ""


class SettingsForm(BaseModel):
    icb_sees: Annotated[IcbSees, Says("Select what the ICB may see", "Select what the ICB may see")]
    escalates_to: Annotated[Literal["executive", "icb"], Says("Select who is told at the end", "Select who is told at the end")]
    executive_id: Annotated[UUID | None, Says("Select a person", "Select a person")] = None


@pages.router.get("/organisations")
async def list_organisations(
    request: Request, tx: Tx, visitor: Administrator, name: Search = "", cursor: Cursor = None
) -> Response:
    after = decode_cursor(cursor, str, UUID) if cursor else None
    found = await store.organisations(tx, name=name.strip(), after=after, limit=PER_PAGE + 1)
    shown, more = paged(found, PER_PAGE, lambda one: (one.name.lower(), one.organisation_id))
    next_page = with_query(_LIST, name=name, cursor=more) if more else None
    taken = downloads.offered(_LIST, name=name)
    return pages.show(request, "organisations.jinja", organisations=shown, name=name, next_href=next_page, taken=taken)


@pages.router.get("/organisations/download")
async def download_organisations(tx: Tx, visitor: Administrator, file: downloads.Taken, name: Search = "") -> Response:
    found: list[Organisation] = await downloads.whole(
        lambda last, limit: store.organisations(
            tx, name=name.strip(), after=(last.name.lower(), last.organisation_id) if last else None, limit=limit
        )
    )
    rows = [
        (
            *(one.name, "yes" if one.buyer else "no", "yes" if one.supplier else "no", label(one.sector), one.place),
            ", ".join(f"{known.scheme}-{known.id}" for known in one.identifiers),
        )
        for one in found
    ]
    return await downloads.table(Sheet("Organisations", _HEADINGS, rows, widths=_WIDTHS), "organisations", file)


@pages.router.get("/organisations/new")
async def ask_new(request: Request, visitor: Administrator) -> Response:
    return _form(request, blank(), None)


@pages.router.post("/organisations/new")
async def record(request: Request, tx: Tx, now: Now, form: Form, visitor: Administrator) -> Response:
    bound, identifiers = _bound(form)
    if bound.value is None:
        raise pages.again(request, "organisation_form.jinja", **_said(bound, None))
    new = NewOrganisation.model_validate({**_fields(bound.value), "identifiers": identifiers})
    try:
        recorded = await actions.record_organisation(tx, new, by=visitor.caller.person_id, at=now)
    except ParityError as error:
        raise pages.again(request, "organisation_form.jinja", **_said(bound.refused(error, _FIELDS), None)) from None
    return redirect(_place_of(recorded))


@pages.router.get("/organisations/{organisation_id:uuid}")
async def show(request: Request, organisation_id: UUID, tx: Tx, identity: Identity, visitor: Administrator) -> Response:
    organisation = await _known(tx, organisation_id)
    staff = await people.by_name(identity, organisation_id=organisation_id, limit=PER_PAGE)
    named = [organisation.executive_id] if organisation.executive_id else []
    names = await people.names(identity, named)
    return pages.show(
        request,
        "organisation.jinja",
        organisation=organisation,
        executive=names.get(organisation.executive_id) if organisation.executive_id else None,
        cannot_open=bool(await cannot_open_alerts(identity, named)),
        people=staff,
        all_people=with_query(link("commitments", "/people"), organisation=organisation_id),
        taken=downloads.offered(link("commitments", "/people"), organisation=organisation_id),
        back=_BACK,
    )


@pages.router.get("/organisations/{organisation_id:uuid}/change")
async def ask_change(request: Request, organisation_id: UUID, tx: Tx, visitor: Administrator) -> Response:
    stands = await _known(tx, organisation_id)
    held = blank(
        name=stands.name,
        takes_part=[each for each in ("buyer", "supplier") if getattr(stands, each)],
        sector=stands.sector,
        place=stands.place,
        identifiers="\n".join(f"{each.scheme}-{each.id}" for each in stands.identifiers),
        version=stands.version,
    )
    return _form(request, held, stands)


@pages.router.post("/organisations/{organisation_id:uuid}/change")
async def change(request: Request, organisation_id: UUID, tx: Tx, now: Now, form: Form, visitor: Administrator) -> Response:
    stands = await _known(tx, organisation_id)
    bound, identifiers = _bound(form)
    if bound.value is None:
        raise pages.again(request, "organisation_form.jinja", **_said(bound, stands))
    wanted = OrganisationChange.model_validate({**_fields(bound.value), "identifiers": identifiers})
    await _change(request, "organisation_form.jinja", stands, wanted, bound, tx, now, visitor, _said(bound, stands))
    return redirect(_place_of(stands))


@pages.router.get("/organisations/{organisation_id:uuid}/settings")
async def ask_settings(
    request: Request,
    organisation_id: UUID,
    tx: Tx,
    identity: Identity,
    visitor: Annotated[Visitor, admit(Role.ADMINISTRATOR, Role.CONTRACT_MANAGER)],
) -> Response:
    buyer = await _buyer(tx, organisation_id, visitor)
    held = blank(
        icb_sees=buyer.icb_sees,
        escalates_to="icb" if buyer.escalates_to_icb else "executive",
        executive_id=buyer.executive_id,
        version=buyer.version,
    )
    return pages.show(request, "buyer_settings.jinja", **await _settings_said(held, buyer, identity, visitor))


@pages.router.post("/organisations/{organisation_id:uuid}/settings")
async def change_settings(
    request: Request,
    organisation_id: UUID,
    tx: Tx,
    identity: Identity,
    now: Now,
    form: Form,
    visitor: Annotated[Visitor, admit(Role.ADMINISTRATOR, Role.CONTRACT_MANAGER)],
) -> Response:
    buyer = await _buyer(tx, organisation_id, visitor)
    bound: Bound[SettingsForm] = bind(SettingsForm, form)
    said = await _settings_said(bound, buyer, identity, visitor)
    if bound.value is None:
        raise pages.again(request, "buyer_settings.jinja", **said)
    value = bound.value
    wanted = OrganisationChange(
        icb_sees=value.icb_sees, escalates_to_icb=value.escalates_to == "icb", executive_id=value.executive_id
    )
    try:
        if value.executive_id != buyer.executive_id:  # whoever was named before stays
            await must_be_of(identity, value.executive_id, organisation_id)
    except ParityError as error:
        raise pages.again(request, "buyer_settings.jinja", **{**said, "form": bound.refused(error)}) from None
    await _change(request, "buyer_settings.jinja", buyer, wanted, bound, tx, now, visitor, said)
    return redirect(_place_of(buyer) if visitor.has(Role.ADMINISTRATOR) else link("commitments", "/account"))


async def _change(
    request: Request,
    template: str,
    stands: Organisation,
    wanted: OrganisationChange,
    bound: Bound[Any],
    tx: Connection,
    now: Now,
    visitor: Visitor,
    said: dict[str, Any],
) -> None:
    """Raises the page again with what was typed; where somebody else was faster, beside what stands now."""
    version = bound.text("version")
    try:
        await actions.change_organisation(
            tx,
            stands.organisation_id,
            wanted,
            if_version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            by=visitor.caller.person_id,
            at=now,
        )
    except PreconditionFailed as error:
        bound = bound.wrong("Somebody else changed this meanwhile. Look at what stands now, then save again")
        said = {**said, "form": bound, "current": error.current, "version": stands.version}
        raise pages.again(request, template, **said) from None
    except ParityError as error:
        raise pages.again(request, template, **{**said, "form": bound.refused(error, _FIELDS)}) from None


def _bound(form: Form) -> tuple[Bound[OrganisationForm], list[OrganisationIdentifier]]:
    bound: Bound[OrganisationForm] = bind(OrganisationForm, form)
    identifiers = []
    for line in bound.text("identifiers").splitlines():
        if not line.strip():
            continue
        read = identifier_of(line)
        if read is None:
            return bound.wrong(
                f"{line.strip()[:60]} must be a register and a number, such as GB-COH-01234567", name="identifiers"
            ), []
        identifiers.append(read)
    if len(identifiers) > 20:
        return bound.wrong("Enter 20 identifiers or fewer", name="identifiers"), []
    return bound, identifiers


def _fields(value: OrganisationForm) -> dict[str, Any]:
    takes_part = {each: each in value.takes_part for each in ("buyer", "supplier")}
    return {"name": value.name, "sector": value.sector, "place": value.place, **takes_part}


def _form(request: Request, form: Bound[Any], stands: Organisation | None) -> Response:
    return pages.show(request, "organisation_form.jinja", **_said(form, stands))


def _said(form: Bound[Any], stands: Organisation | None) -> dict[str, Any]:
    back = {"href": _place_of(stands), "text": f"Back to {stands.name}"} if stands else _BACK
    version = form.text("version") if stands else None
    return {"form": form, "stands": stands, "version": version, "sectors": Sector, "places": Place, "back": back}


async def _settings_said(form: Bound[Any], buyer: Organisation, identity: Connection, visitor: Visitor) -> dict[str, Any]:
    managers = await people.with_role(identity, [buyer.organisation_id], Role.CONTRACT_MANAGER)
    named = [buyer.executive_id] if buyer.executive_id else []
    known = {person.id: person.name for person in managers} | await people.names(identity, named)
    blind = await cannot_open_alerts(identity, named)
    names = {one: f"{name} (cannot open alerts)" if one in blind else name for one, name in known.items()}
    administrator = visitor.has(Role.ADMINISTRATOR)
    back = {"href": _place_of(buyer), "text": f"Back to {buyer.name}"}
    own = {"href": link("commitments", "/account"), "text": "Back to your account"}
    return {
        "form": form,
        "buyer": buyer,
        "people": sorted(names.items(), key=lambda entry: entry[1].lower()),
        "names": names,
        "version": form.text("version"),
        "back": back if administrator else own,
    }


async def _known(tx: Connection, organisation_id: UUID) -> Organisation:
    found = await store.organisation(tx, organisation_id)
    if found is None:
        raise NotFound
    return found


async def _buyer(tx: Connection, organisation_id: UUID, visitor: Visitor) -> Organisation:
    """A buyer's settings are for administrators and for its own contract managers."""
    found = await _known(tx, organisation_id)
    own = found.organisation_id == visitor.caller.organisation_id
    if not found.buyer or not (own or visitor.has(Role.ADMINISTRATOR)):
        raise NotFound
    return found


def _place_of(organisation: Organisation) -> str:
    return f"{_LIST}/{organisation.organisation_id}"
