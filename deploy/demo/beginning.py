"""Before the first day: the catalogue, organisations and people. What is there already stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from deploy.demo.scenario import Organisation, Scenario
from services.commitments.actions import organisations as organisation_actions
from services.commitments.actions import people as people_actions
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.models.organisations import NewOrganisation, OrganisationChange, OrganisationIdentifier
from services.commitments.models.people import NewPerson
from services.commitments.store import organisations as store
from shared.access import NOBODY, Caller, Scope
from shared.db import Connection
from shared.events.commitments import IcbSees
from shared.identity import people
from shared.service import Runtime


async def begin(scenario: Scenario, commitments: Runtime, *, at: datetime) -> tuple[Mapping[str, UUID], Mapping[str, Caller]]:
    """Returns the ids of the organisations and the people, by their keys."""
    async with commitments.pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=at)
        organisations = {one.key: await _organisation(conn, one, at=at) for one in scenario.organisation}
    async with commitments.identity.acquire() as conn, conn.transaction():
        callers = {}
        for one in scenario.person:
            known = await people.by_email(conn, one.email)
            organisation_id = organisations[one.organisation]
            if known is None:
                new = NewPerson(name=one.name, email=one.email, organisation_id=organisation_id, roles=frozenset(one.roles))
                person_id = (await people_actions.add_person(conn, new, at=at)).person_id
            else:
                person_id = known.id
            callers[one.key] = Caller(person_id, organisation_id, frozenset(one.roles), frozenset(Scope))
    async with commitments.pool.acquire() as conn, conn.transaction():
        for organisation in scenario.organisation:
            if organisation.executive is not None:
                await _name_executive(conn, organisations[organisation.key], callers[organisation.executive], at=at)
    return organisations, callers


async def _organisation(conn: Connection, told: Organisation, *, at: datetime) -> UUID:
    """Known by its name, or by its identifier."""
    identifiers: tuple[OrganisationIdentifier, ...] = ()
    if told.identifier is not None:
        scheme, number = parts(told.identifier)
        identifiers = (OrganisationIdentifier(scheme=scheme, id=number),)
        known = await store.find_organisation_by_identifier(conn, scheme, number)
    else:
        known = next((one for one in await store.organisations(conn, name=told.name, limit=100) if one.name == told.name), None)
    if known is not None:
        return known.organisation_id
    new = NewOrganisation(
        name=told.name,
        identifiers=identifiers,
        sector=told.sector,
        place=told.place,
        buyer=told.buyer,
        supplier=told.supplier,
        icb_sees=IcbSees(told.icb_sees),
        escalates_to_icb=told.escalates_to_icb,
    )
    return (await organisation_actions.record_organisation(conn, new, by=NOBODY, at=at)).organisation_id


def parts(identifier: str) -> tuple[str, str]:
    """``GB-NHS-QYG`` into ``GB-NHS`` and ``QYG``. Raises ValueError."""
    country, register, number = identifier.split("-", 2)
    return f"{country}-{register}", number


async def _name_executive(conn: Connection, organisation_id: UUID, executive: Caller, *, at: datetime) -> None:
    stands = await store.organisation(conn, organisation_id)
    if stands is not None and stands.executive_id is None:
        change = OrganisationChange(executive_id=executive.person_id)
        await organisation_actions.change_organisation(conn, organisation_id, change, if_version=stands.version, by=NOBODY, at=at)
