"""From what a person entered to an obligation that can be kept: its measure found, its targets counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.commitments.actions import measures as measure_actions
from services.commitments.models.contracts import Contract, NewContract
from services.commitments.models.measures import MeasureStatus
from services.commitments.models.obligations import NewObligation, ObligationVersion, OwnMeasure
from services.commitments.rules.counting import count
from services.commitments.store import contracts as store
from services.commitments.store import measures as measure_store
from shared.access import Caller
from shared.db import Connection
from shared.errors import FieldError, ParityError
from shared.ids import new_id
from shared.obligations import Measure
from shared.quarters import Quarter


class Ready(NamedTuple):
    """An obligation with its first version, to be added to a contract."""

    new: NewObligation
    version: ObligationVersion


class Days(NamedTuple):
    """The first and last day of a contract that is not recorded yet."""

    starts_on: date
    ends_on: date


async def prepare(
    conn: Connection,
    buyer_id: UUID,
    new: NewObligation,
    contract: NewContract | Contract | Days,
    pointer: str,
    *,
    by: Caller,
    at: datetime,
    first: Quarter | None = None,
) -> Ready | list[FieldError]:
    """What the entry comes to under this contract (from its ``first`` quarter on), or what to mend.

    Pointers begin with ``pointer``.
    """
    measure = await _measure(conn, buyer_id, new, pointer, by=by, at=at)
    if isinstance(measure, FieldError):
        return [measure]
    starts_on = max(contract.starts_on, first.first_day) if first else contract.starts_on
    counted = count(new, measure, version=1, starts_on=starts_on, ends_on=contract.ends_on)
    if isinstance(counted, list):
        return within(pointer, counted)
    version = ObligationVersion(
        version=1,
        from_quarter=counted.targets[0].quarter,
        wording=new.wording,
        terms=counted.terms,
        targets=counted.targets,
        reason=None,
        recorded_at=at,
        recorded_by=by.person_id,
    )
    return Ready(new, version)


async def _measure(
    conn: Connection, buyer_id: UUID, new: NewObligation, pointer: str, *, by: Caller, at: datetime
) -> Measure | FieldError:
    code = new.own_measure.code if new.own_measure else new.measure or ""
    found = await measure_store.find_measure(conn, code, buyer_id=buyer_id)
    if new.own_measure is not None:
        if found is not None and found.measure.buyer_id == buyer_id and _same(found.measure, new.own_measure):
            return found.measure
        try:
            return await measure_actions.add_buyer_measure(conn, buyer_id, new.own_measure, by=by.person_id, at=at)
        except ParityError as error:
            return FieldError(f"{pointer}/own_measure", error.detail, error.code)
    if found is None:
        detail = f"{code} is in no catalogue. Choose a code of the catalogue, or describe a measure of your own"
        return FieldError(f"{pointer}/measure", detail, "unknown-measure")
    if found.status is MeasureStatus.INACTIVE:
        return FieldError(f"{pointer}/measure", f"{code} is inactive and cannot be promised", "inactive-measure")
    return found.measure


def _same(known: Measure, described: OwnMeasure) -> bool:
    return (known.unit, known.kind, known.direction) == (described.unit, described.kind, described.direction)


def within(pointer: str, errors: Sequence[FieldError]) -> list[FieldError]:
    return [FieldError(pointer + error.pointer, error.detail, error.code) for error in errors]


async def add(conn: Connection, contract_id: UUID, number: int, ready: Ready) -> None:
    obligation_id = new_id()
    await store.add_obligation(conn, contract_id, obligation_id, number, ready.new)
    await store.add_version(conn, obligation_id, ready.version)
