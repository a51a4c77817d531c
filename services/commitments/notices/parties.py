"""Who buys and who supplies, by the parties of a process and the references to them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.commitments.notices.models import ProposedParty
from services.commitments.notices.release import Award, Named, Party, Release
from shared.events.commitments import Identifier
from shared.obligations import Place, Sector

_ID = re.compile(r"([A-Z]{2,3}-[A-Z]+)-(.+)")
_COMPANY = "GB-COH"
_CHARITIES = {"GB-CHC", "GB-SC", "GB-NIC"}
_PUBLIC = {"GB-NHS", "GB-LAC", "GB-LAE", "GB-GOR", "GB-PA"}
_PLACES = {place.value.lower(): place for place in Place}


def parties_of(process: Release) -> dict[str, Party]:
    """By id."""
    return {party.id: party for party in process.parties or ()}


def buyers_of(process: Release, parties: dict[str, Party]) -> tuple[ProposedParty, ...]:
    """The buyer that is named leads; other parties in that role follow."""
    named = [process.buyer] if process.buyer else []
    others = [party for party in parties.values() if "buyer" in party.roles]
    if not named and not others:
        others = [party for party in parties.values() if "procuringEntity" in party.roles]
    return _distinct(_proposed(one, parties, Sector.PUBLIC) for one in [*named, *others])


def suppliers_of(award: Award | None, process: Release, parties: dict[str, Party]) -> tuple[ProposedParty, ...]:
    """The award's; where no award names any, and there is one award at most, the parties in that role."""
    if award is not None and award.suppliers:
        return _distinct(_proposed(one, parties, Sector.PRIVATE) for one in award.suppliers)
    if len(process.awards or ()) > 1 or len(process.contracts or ()) > 1:
        return ()
    return _distinct(_proposed(one, parties, Sector.PRIVATE) for one in parties.values() if "supplier" in one.roles)


def company_number(id: str) -> str:
    """As Companies House writes it: eight characters. Spreadsheets drop zeros in front and add ``.0`` behind."""
    number = re.sub(r"\.0$", "", id.strip()).upper()
    return number.zfill(8) if number.isdigit() else number


def identifier(scheme: str, id: str) -> Identifier:
    """One way of writing each, so that the same organisation is recognised."""
    scheme = scheme.strip().upper()
    return Identifier(scheme=scheme, id=company_number(id) if scheme == _COMPANY else id.strip())


def _proposed(named: Named, parties: dict[str, Party], usual: Sector) -> ProposedParty:
    party = parties.get(named.id) or Party(id=named.id, name=named.name)
    identifiers = tuple(_identifiers(party))
    return ProposedParty(
        id=named.id,
        name=party.name or named.name,
        identifiers=identifiers,
        sector=_sector(party, identifiers, usual),
        place=_PLACES.get(((party.address and party.address.locality) or "").lower()),
    )


def _identifiers(party: Party) -> Iterable[Identifier]:
    said = party.identifier
    if said is not None and said.scheme and said.id:
        yield identifier(said.scheme, said.id)
    elif by_id := _ID.fullmatch(party.id):
        yield identifier(by_id[1], by_id[2])


def _sector(party: Party, identifiers: Iterable[Identifier], usual: Sector) -> Sector:
    schemes = {one.scheme for one in identifiers}
    if (party.details and party.details.vcse) or schemes & _CHARITIES:
        return Sector.VCFSE
    return Sector.PUBLIC if schemes & _PUBLIC else usual


def _distinct(parties: Iterable[ProposedParty]) -> tuple[ProposedParty, ...]:
    found: dict[str, ProposedParty] = {}
    for party in parties:
        found.setdefault(party.id, party)
    return tuple(found.values())
