"""The catalogue of measures: versions loaded and confirmed by administrators, buyers' own added by themselves."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, UploadFile

from services.commitments.actions import measures as actions
from services.commitments.api.organisations import Reader
from services.commitments.api.routing import Administrator, Manager, router
from services.commitments.models.measures import CatalogueMeasure, Confirmation, Deactivation, Framework, MeasureStatus
from services.commitments.models.obligations import OwnMeasure
from services.commitments.store import measures as store
from shared.access import Caller, Role
from shared.api import Cursor, Limit, Now, Page, Tx, decode_cursor, paged
from shared.errors import NotFound, TooLarge
from shared.obligations import Measure

_LARGEST = 1_000_000
_PLAIN = r"^[^\x00]*$"
Name = Annotated[str, Path(max_length=100, pattern=_PLAIN)]
Code = Annotated[str, Path(max_length=50, pattern=_PLAIN)]
FrameworkFilter = Annotated[str | None, Query(max_length=100, pattern=_PLAIN, description="``own``: the buyer's own measures.")]


class FileTooLarge(TooLarge):
    """A file of measures is at most 1 MB."""


@router.get("/measures")
async def list_measures(
    tx: Tx,
    caller: Reader,
    limit: Limit,
    cursor: Cursor,
    framework: FrameworkFilter = None,
    status: MeasureStatus | None = None,
) -> Page[CatalogueMeasure]:
    """The newest version of every framework, and the own organisation's measures."""
    after = decode_cursor(cursor, str, str) if cursor else None
    own = _own(caller)
    found = await store.measures(tx, framework=framework, buyer_id=own, status=status, after=after, limit=limit + 1)
    shown, more = paged(found, limit, lambda one: (one.measure.framework, one.measure.code))
    return Page(items=shown, next=more)


@router.get("/measures/{code}")
async def read_measure(code: Code, tx: Tx, caller: Reader, framework: FrameworkFilter = None) -> CatalogueMeasure:
    found = await store.find_measure(tx, code, framework=framework, buyer_id=_own(caller))
    if found is None:
        raise NotFound
    return found


@router.post("/measures", status_code=201)
async def add_own_measure(body: OwnMeasure, tx: Tx, now: Now, caller: Manager) -> Measure:
    """Add a measure of the own organisation's, for a core KPI that no framework has."""
    return await actions.add_buyer_measure(tx, caller.organisation_id, body, by=caller.person_id, at=now)


@router.get("/frameworks")
async def list_frameworks(tx: Tx, caller: Reader) -> list[Framework]:
    """Every framework in its newest version."""
    return await store.frameworks(tx)


@router.post("/frameworks/{name}/versions", status_code=201)
async def load_framework(name: Name, file: UploadFile, tx: Tx, now: Now, caller: Administrator) -> Framework:
    """Load a CSV of measures as the framework's next version: all of it, or nothing with every row and column at fault named."""
    content = await file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise FileTooLarge
    rows = actions.read_measures_csv(actions.text_of(content))
    return await actions.load_framework(tx, name, rows, by=caller.person_id, at=now)


@router.post("/frameworks/{name}/measures/{code}/confirm")
async def confirm_measure(
    name: Name, code: Code, body: Confirmation, tx: Tx, now: Now, caller: Administrator
) -> CatalogueMeasure:
    """Confirm a measure's wording and unit; an inactive one can be promised from then on."""
    return await actions.confirm_measure(tx, name, code, body, by=caller.person_id, at=now)


@router.post("/frameworks/{name}/measures/{code}/deactivate")
async def deactivate_measure(
    name: Name, code: Code, body: Deactivation, tx: Tx, now: Now, caller: Administrator
) -> CatalogueMeasure:
    """Nobody can promise the measure from then on; what was promised by it goes on."""
    return await actions.deactivate_measure(tx, name, code, body.note, by=caller.person_id, at=now)


def _own(caller: Caller) -> UUID | None:
    return caller.organisation_id if caller.has(Role.CONTRACT_MANAGER) else None
