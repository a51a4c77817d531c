"""Record a contract, describe it anew, vary what is owed, close it early."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.commitments.actions.owing import Ready, add, prepare, within
from services.commitments.models.contracts import Closing, Contract, ContractChange, NewContract, Part, Party
from services.commitments.models.measures import MeasureStatus
from services.commitments.models.obligations import NewObligation, Variation
from services.commitments.rules import contracts as rules
from services.commitments.rules.counting import count
from services.commitments.store import contracts as store
from services.commitments.store import measures as measure_store
from shared import history
from shared.access import Caller, Role
from shared.db import Connection
from shared.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from shared.events.commitments import ContractClosed, ContractFact, ContractRecorded, ContractVaried
from shared.ids import new_id
from shared.obligations import ContractForm
from shared.quarters import Quarter, local_date
from shared.spine import publish
from shared.viewer import Viewer


class AlreadyRecorded(Conflict):
    """A contract with this reference is recorded already."""


class NotLeadBuyer(Conflict):
    """Your organisation leads no buyer of this contract. A contract is recorded by the buyer that leads."""


class ExtendByChange(Conflict):
    """A change can move the end out, not in. Close the contract early instead."""


async def record_contract(conn: Connection, new: NewContract, *, by: Caller, at: datetime) -> Contract:
    """Record what was awarded. Raises Invalid with pointers into ``new``, AlreadyRecorded, NotLeadBuyer."""
    new = new.model_copy(update={"buyers": rules.led(new.buyers), "suppliers": rules.led(new.suppliers)})
    lead = next(buyer.organisation_id for buyer in new.buyers if buyer.lead)
    if by.has(Role.CONTRACT_MANAGER) and not by.has(Role.ADMINISTRATOR) and by.organisation_id != lead:
        raise NotLeadBuyer
    await _check_parties(conn, new)
    ready, errors = [], []
    for number, obligation in enumerate(new.obligations):
        one = await prepare(conn, lead, obligation, new, f"/obligations/{number}", by=by, at=at)
        if isinstance(one, Ready):
            ready.append(one)
        else:
            errors += one
    if errors:
        raise Invalid(errors=errors)
    contract_id = new_id()
    try:
        async with conn.transaction():
            await store.add(conn, contract_id, new, lead_buyer_id=lead, at=at)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name not in ("contracts_by_reference", "contracts_by_notice"):
            raise
        raise AlreadyRecorded from None
    await store.add_parties(conn, contract_id, Part.BUYER, new.buyers)
    await store.add_parties(conn, contract_id, Part.SUPPLIER, new.suppliers)
    for number, one in enumerate(ready):
        await add(conn, contract_id, number, one)
    return await _tell(conn, ContractRecorded, contract_id, "recorded", by=by, at=at)


async def change_contract(
    conn: Connection, contract_id: UUID, change: ContractChange, *, by: Caller, at: datetime, version: int | None = None
) -> Contract:
    """Describe a contract anew. Raises NotFound, PreconditionFailed, ExtendByChange, OnlyOfPledge."""
    before = await lock_contract(conn, contract_id, by, version=version)
    given = {name: value for name, value in change if value is not None and name != "reason"}
    ends_on = change.ends_on or before.ends_on
    if ends_on < before.ends_on:
        raise ExtendByChange
    if change.baselines and before.form is not ContractForm.PLEDGE:
        raise rules.OnlyOfPledge
    after = before.model_copy(
        update={**given, "version": before.version + 1, "awarded_ends_on": max(ends_on, before.awarded_ends_on)}
    )
    await store.change(conn, after)
    was = {name: value for name, value in before.model_dump(mode="json").items() if name in given}
    detail = {"before": was, "after": change.model_dump(mode="json", exclude_none=True), "reason": change.reason}
    return await _tell(conn, ContractRecorded, contract_id, "changed", by=by, at=at, detail=detail)


async def add_obligations(
    conn: Connection,
    contract_id: UUID,
    new: Sequence[NewObligation],
    reason: str,
    *,
    from_quarter: Quarter | None = None,
    by: Caller,
    at: datetime,
    version: int | None = None,
) -> Contract:
    """Owe more, each from its first target's quarter on, none before ``from_quarter``: all of it, or nothing.

    The past is only for a contract under which nothing was owed yet. Raises NotFound, PreconditionFailed, and Invalid whose
    pointers name the number in ``new``: ``/obligations/0/measure``.
    """
    before = await lock_contract(conn, contract_id, by, version=version)
    earliest = rules.earliest_addition(before, today=local_date(at))
    if from_quarter is not None:
        rules.check_addition(before, from_quarter, today=local_date(at))
    taken = {one.reference for one in before.obligations}
    added, errors = [], []
    for number, obligation in enumerate(new):
        pointer = f"/obligations/{number}"
        if obligation.reference in taken:
            detail = "Another obligation of this contract has this reference"
            errors.append(FieldError(f"{pointer}/reference", detail, "reference-taken"))
        taken.add(obligation.reference)
        one = await prepare(conn, before.lead_buyer_id, obligation, before, pointer, by=by, at=at, first=from_quarter)
        if not isinstance(one, Ready):
            errors += one
        elif one.version.from_quarter < earliest:
            errors.append(FieldError(f"{pointer}/targets", rules.QuarterOver().detail, "quarter-over"))
        else:
            # What was owed from the award on needs no reason; what was added to it has one, as every variation.
            why = reason if before.obligations else None
            added.append(one._replace(version=one.version.model_copy(update={"reason": why})))
    if errors:
        raise Invalid(errors=errors)
    for number, one in enumerate(added, len(before.obligations)):
        await add(conn, contract_id, number, one)
    await store.change(conn, before.model_copy(update={"version": before.version + 1}))
    said = {"obligations": [one.reference for one in new], "reason": reason}
    return await _tell(conn, ContractVaried, contract_id, "obligations added", by=by, at=at, detail=said)


async def vary(
    conn: Connection,
    contract_id: UUID,
    obligation_id: UUID,
    variation: Variation,
    *,
    by: Caller,
    at: datetime,
    version: int | None = None,
) -> Contract:
    """Change an obligation from a quarter on; the quarters before keep theirs.

    Raises NotFound, PreconditionFailed, Invalid with pointers into ``variation``, QuarterOver, VariedLater.
    """
    before = await lock_contract(conn, contract_id, by, version=version)
    obligation = before.called(obligation_id)
    if obligation is None:
        raise NotFound
    rules.check_variation(variation, obligation, before, today=local_date(at))
    newest = obligation.newest
    changed = {
        "version": newest.version + 1,
        "from_quarter": variation.from_quarter,
        "reason": variation.reason,
        "recorded_at": at,
        "recorded_by": by.person_id,
    }
    if variation.counting is None:
        terms = newest.terms.model_copy(update={"version": newest.version + 1})
        varied = newest.model_copy(update={**changed, "terms": terms, "targets": ()})
    else:
        starts_on = max(before.starts_on, variation.from_quarter.first_day)
        counted = count(
            variation.counting,
            newest.terms.measure,
            version=newest.version + 1,
            starts_on=starts_on,
            ends_on=before.ends_on,
            first=variation.from_quarter,
        )
        if isinstance(counted, list):
            raise Invalid(errors=within("/counting", counted))
        wording = variation.counting.wording
        varied = newest.model_copy(update={**changed, "wording": wording, "terms": counted.terms, "targets": counted.targets})
    await store.add_version(conn, obligation_id, varied)
    await store.change(conn, before.model_copy(update={"version": before.version + 1}))
    detail = {"obligation": obligation.reference, "from_quarter": variation.from_quarter.code, "reason": variation.reason}
    return await _tell(conn, ContractVaried, contract_id, "varied", by=by, at=at, detail=detail)


async def close(
    conn: Connection, contract_id: UUID, closing: Closing, *, by: Caller, at: datetime, version: int | None = None
) -> Contract:
    """End a contract early. Raises NotFound, PreconditionFailed, NotWithinContract, QuarterOver."""
    before = await lock_contract(conn, contract_id, by, version=version)
    rules.check_closing(before, closing.ends_on, today=local_date(at))
    await store.change(conn, before.model_copy(update={"version": before.version + 1, "ends_on": closing.ends_on}))
    detail = closing.model_dump(mode="json")
    return await _tell(conn, ContractClosed, contract_id, "closed", by=by, at=at, detail=detail)


async def lock_contract(conn: Connection, contract_id: UUID, by: Caller, *, version: int | None = None) -> Contract:
    """A contract of the caller's own organisation as a buyer. Raises NotFound, PreconditionFailed."""
    if not await store.lock(conn, contract_id):
        raise NotFound
    contract = await _seen(conn, contract_id, Viewer.of(by, acting_as=(Role.CONTRACT_MANAGER,)))
    if version is not None and version != contract.version:
        raise PreconditionFailed(current=contract)
    return contract


async def read_contract(conn: Connection, contract_id: UUID, *, by: Caller) -> Contract:
    """A contract with its cautions. Raises NotFound."""
    return await _with_cautions(conn, await _seen(conn, contract_id, Viewer.of(by)))


async def history_of(conn: Connection, contract_id: UUID, *, by: Caller) -> list[history.Entry]:
    """Everything that was done to a contract, the earliest first. Raises NotFound."""
    await _seen(conn, contract_id, Viewer.of(by))
    return await history.of(conn, contract_id)


async def _seen(conn: Connection, contract_id: UUID, viewer: Viewer) -> Contract:
    contract = await store.find(conn, contract_id)
    if contract is None or not await store.sees(conn, viewer, contract_id):
        raise NotFound
    return contract


async def _check_parties(conn: Connection, new: NewContract) -> None:
    errors = []
    parties: tuple[tuple[Part, Sequence[Party]], ...] = ((Part.BUYER, new.buyers), (Part.SUPPLIER, new.suppliers))
    for part, among in parties:
        missing = await store.missing_organisations(conn, [party.organisation_id for party in among], part)
        errors += [
            FieldError(rules.pointer_to(part, number), f"No {part} with this id is recorded", "unknown-organisation")
            for number, party in enumerate(among)
            if party.organisation_id in missing
        ]
    parent = await store.find(conn, new.parent_id) if new.parent_id is not None else None
    if new.parent_id is not None and (parent is None or parent.form not in rules.ABOVE):
        errors.append(FieldError("/parent_id", "No framework or lot with this id is recorded", "unknown-contract"))
    if errors:
        raise Invalid(errors=errors)


async def _tell(
    conn: Connection,
    kind: type[ContractFact],
    contract_id: UUID,
    action: str,
    *,
    by: Caller,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> Contract:
    """Remember and tell what was done, and answer the contract as it stands."""
    contract = await store.find(conn, contract_id)
    assert contract is not None  # noqa: S101 - it is locked or new
    await history.record(
        conn,
        at=at,
        by=by.person_id,
        contract_id=contract_id,
        subject="contract",
        subject_id=contract_id,
        action=action,
        detail=detail,
    )
    await publish(conn, rules.contract_fact(kind, contract), at=at)
    return await _with_cautions(conn, contract)


async def _with_cautions(conn: Connection, contract: Contract) -> Contract:
    waiting = await measure_store.measures(conn, status=MeasureStatus.TO_CONFIRM)
    found = rules.cautions(
        weights=contract.weights,
        tender_days=contract.tender_days,
        obligations=contract.obligations,
        to_confirm=[one.measure.code for one in waiting],
    )
    return contract.model_copy(update={"cautions": found})
