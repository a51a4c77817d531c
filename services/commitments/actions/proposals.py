"""Import notices; confirm, decline and settle what they propose. Nothing becomes a contract without a person."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from services.commitments.actions import contracts as contract_actions
from services.commitments.actions.organisations import record_organisation
from services.commitments.models.contracts import Closing, Contract, ContractChange
from services.commitments.models.proposals import (
    Confirmation,
    Declining,
    Imported,
    ProposalKept,
    ProposalStatus,
    Settlement,
)
from services.commitments.notices import Found, Process, ProposedParty, Reading, propose_from
from services.commitments.notices.models import LeftOut
from services.commitments.rules import proposals as rules
from services.commitments.store import organisations as organisation_store
from services.commitments.store import proposals as store
from shared import history
from shared.access import Caller, Role
from shared.db import Connection
from shared.errors import FieldError, Invalid, NotFound, PreconditionFailed


class WhoIsThis(Invalid):
    """Some parties of the notice are not known here."""


async def import_notices(conn: Connection, reading: Reading, *, by: Caller, at: datetime) -> Imported:
    """Keep what ``notices.read`` found, and lay it over what was imported before. Importing again changes nothing.

    A contract manager imports notices of the own organisation, or of buyers that nobody here has claimed.
    """
    ocids = {one.release.ocid for one in reading.found}
    await store.lock_imports(conn)
    known = await store.releases_of(conn, ocids)
    proposed = await asyncio.to_thread(propose_from, reading, known)
    buyers = {process.ocid: await _buyers(conn, process) for process in proposed.processes}
    earlier = await store.lock_of_processes(conn, ocids)
    others = {ocid for ocid, ids in buyers.items() if not _may_import(by, ids)}
    others |= {one.standing.ocid for one in earlier if not _sees(by, one)}
    before: dict[str, list[ProposalKept]] = defaultdict(list)
    for kept in earlier:
        before[kept.standing.ocid].append(kept)
    after: list[ProposalKept] = []
    new: list[Found] = []
    imported = {id(one) for one in known}
    for process in proposed.processes:
        if process.ocid not in others:
            lead = next(iter(buyers[process.ocid]), None)
            after += rules.kept(before[process.ocid], process, buyer_id=lead, imported_for=by.organisation_id)
            new += (one for one in process.releases if id(one) not in imported)
    await store.add_releases(conn, new, by=by.person_id, at=at)
    versions = {one.proposal_id: one.version for one in earlier}
    different = [one for one in after if versions.get(one.proposal_id) != one.version]
    await store.save(conn, different)
    for one in different:
        await _remember(conn, one, "proposed" if one.proposal_id not in versions else "changed by a notice", by=by, at=at)
    found, theirs = proposed.proposal, _of_others(reading, others)
    return Imported(
        releases=reading.releases,
        proposals=tuple(rules.summary(one) for one in after),
        new=sum(one.proposal_id not in versions for one in different),
        changed=sum(one.proposal_id in versions for one in different),
        left_out=(*(one for one in found.left_out if (one.file, one.release) not in theirs), *theirs.values()),
        errors=tuple(one for one in found.errors if (one.file, one.release) not in theirs),
    )


async def read_proposal(conn: Connection, proposal_id: UUID, *, by: Caller) -> ProposalKept:
    """Raises NotFound."""
    return _seen(await store.find(conn, proposal_id), by)


async def list_proposals(
    conn: Connection, *, by: Caller, status: ProposalStatus | None, after: UUID | None, limit: int
) -> list[ProposalKept]:
    """Those that the caller may decide on, the latest first."""
    organisation = None if by.has(Role.ADMINISTRATOR) else by.organisation_id
    return await store.page(conn, organisation, status=status, after=after, limit=limit)


async def confirm(
    conn: Connection, proposal_id: UUID, said: Confirmation, *, by: Caller, at: datetime, version: int | None = None
) -> list[Contract]:
    """Record what a person says of a proposal: one contract, or with separate suppliers one each.

    Raises NotFound, PreconditionFailed, NotWaiting, WhoIsThis, Incomplete, and what recording a contract raises.
    """
    proposal = await _lock(conn, proposal_id, by, version)
    rules.must_wait(proposal)
    organisations = await _organisations(conn, proposal, said, by=by, at=at)
    try:
        wanted = rules.contracts_to_record(proposal, said, organisations)
    except ValidationError as error:
        raise rules.Incomplete(errors=[_field_error(one) for one in error.errors()]) from None
    recorded = [await contract_actions.record_contract(conn, new, by=by, at=at) for new in wanted]
    contract_ids = tuple(contract.contract_id for contract in recorded)
    after = rules.settled(proposal).model_copy(update={"contract_ids": contract_ids})
    await store.save(conn, [after])
    await _remember(conn, after, "confirmed", by=by, at=at, contracts=[str(id) for id in contract_ids])
    return recorded


async def decline(
    conn: Connection, proposal_id: UUID, said: Declining, *, by: Caller, at: datetime, version: int | None = None
) -> ProposalKept:
    """Record nothing of a proposal, with a reason. Raises NotFound, PreconditionFailed, NotWaiting."""
    proposal = await _lock(conn, proposal_id, by, version)
    rules.must_wait(proposal)
    after = proposal.model_copy(update={"version": proposal.version + 1, "status": ProposalStatus.DECLINED})
    await store.save(conn, [after])
    await _remember(conn, after, "declined", by=by, at=at, reason=said.reason)
    return after


async def settle(
    conn: Connection, proposal_id: UUID, said: Settlement, *, by: Caller, at: datetime, version: int | None = None
) -> ProposalKept:
    """Decide on what later releases say otherwise: apply some changes, leave the rest.

    Raises NotFound, PreconditionFailed, NothingToSettle, CannotApply, and what changing or closing a contract raises.
    """
    proposal = await _lock(conn, proposal_id, by, version)
    changes = rules.changes_to_apply(proposal, said)
    for contract_id in proposal.contract_ids if changes else ():
        before = await contract_actions.lock_contract(conn, contract_id, by)
        ends_on = changes.get("ended_on") or changes.get("period.ends_on")
        later = ends_on is not None and ends_on.after >= before.ends_on.isoformat()
        described = {
            "title": changes["title"].after if "title" in changes else None,
            "value": changes["value.amount"].after if "value.amount" in changes else None,
            "ends_on": ends_on.after if ends_on is not None and later else None,
        }
        if any(described.values()):
            change = ContractChange.model_validate({**described, "reason": said.reason})
            await contract_actions.change_contract(conn, contract_id, change, by=by, at=at)
        if ends_on is not None and not later:
            closing = Closing.model_validate({"ends_on": ends_on.after, "reason": said.reason})
            await contract_actions.close(conn, contract_id, closing, by=by, at=at)
    after = rules.settled(proposal)
    await store.save(conn, [after])
    await _remember(conn, after, "settled", by=by, at=at, applied=sorted(said.apply), reason=said.reason)
    return after


async def _lock(conn: Connection, proposal_id: UUID, by: Caller, version: int | None) -> ProposalKept:
    proposal = _seen(await store.lock(conn, proposal_id), by)
    if version is not None and version != proposal.version:
        raise PreconditionFailed(current=proposal)
    return proposal


def _seen(proposal: ProposalKept | None, by: Caller) -> ProposalKept:
    if proposal is None or not _sees(by, proposal):
        raise NotFound
    return proposal


def _sees(by: Caller, proposal: ProposalKept) -> bool:
    return by.has(Role.ADMINISTRATOR) or by.organisation_id == (proposal.buyer_id or proposal.imported_for)


def _may_import(by: Caller, buyers: Sequence[UUID]) -> bool:
    """An administrator anything; others what they buy, or what nobody known here buys."""
    return by.has(Role.ADMINISTRATOR) or not buyers or by.organisation_id in buyers


async def _buyers(conn: Connection, process: Process) -> list[UUID]:
    """The buyers of a process that are known here, the lead first."""
    parties: dict[str, ProposedParty] = {}
    for contract in process.contracts():
        parties |= {party.id: party for party in contract.buyers}
    found = [await _known(conn, party) for party in parties.values()]
    return [one for one in found if one is not None]


async def _known(conn: Connection, party: ProposedParty) -> UUID | None:
    for one in party.identifiers:
        organisation = await organisation_store.find_organisation_by_identifier(conn, one.scheme, one.id)
        if organisation is not None:
            return organisation.organisation_id
    return None


async def _organisations(
    conn: Connection, proposal: ProposalKept, said: Confirmation, *, by: Caller, at: datetime
) -> dict[str, UUID]:
    """Who each party is: as the person says, as its identifiers say, or recorded now.

    A contract manager records suppliers, but no other buyers.
    """
    found: dict[str, UUID] = {}
    errors = []
    buyers = proposal.standing.buyers
    for party in (*buyers, *proposal.standing.suppliers):
        named = said.parties.get(party.id)
        organisation_id = (named and named.organisation_id) or await _known(conn, party)
        if organisation_id is None and party in buyers and not by.has(Role.ADMINISTRATOR):
            errors.append(FieldError(f"/parties/{party.id}", "Say which organisation this buyer is", "unknown-organisation"))
        elif organisation_id is None:
            new = rules.party_of(party, named, buyer=party in buyers)
            organisation_id = (await record_organisation(conn, new, by=by.person_id, at=at)).organisation_id
        if organisation_id is not None:
            found[party.id] = organisation_id
    if errors:
        raise WhoIsThis(errors=errors)
    return found


def _of_others(reading: Reading, others: Collection[str]) -> dict[tuple[str, str | None], LeftOut]:
    """The releases that somebody else imports, by file and id. What came of them is nobody else's business."""
    reason = "The buyer is another organisation: its contract manager or an administrator imports this"
    theirs = [(one.file, one.release.id) for one in reading.found if one.release.ocid in others]
    return {(file, id): LeftOut(file=file, release=id, reason=reason) for file, id in theirs}


def _field_error(error: object) -> FieldError:
    said = dict(error)  # type: ignore[call-overload]
    pointer = "".join(f"/{part}" for part in said["loc"])
    return FieldError(pointer, said["msg"].removeprefix("Value error, "), said["type"].replace("_", "-"))


async def _remember(conn: Connection, proposal: ProposalKept, action: str, *, by: Caller, at: datetime, **detail: object) -> None:
    await history.record(
        conn,
        at=at,
        by=by.person_id,
        contract_id=proposal.contract_ids[0] if proposal.contract_ids else None,
        subject="proposal",
        subject_id=proposal.proposal_id,
        action=action,
        detail={"version": proposal.version, "ocid": proposal.standing.ocid, **detail},
    )
