"""Load versions of a catalogue, confirm measures, and add those of a buyer's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.commitments.models.measures import (
    OWN,
    CatalogueMeasure,
    Confirmation,
    Framework,
    MeasureRow,
)
from services.commitments.models.obligations import OwnMeasure
from services.commitments.rules.measures import (
    COMBINED,
    CannotReadMeasures,
    confirmed,
    deactivated,
    fact,
    faults,
    must_fit,
    rows_of,
)
from services.commitments.store import measures as store
from services.commitments.store import organisations
from shared import history
from shared.db import Connection
from shared.errors import Conflict, FieldError, NotFound
from shared.ids import new_id
from shared.obligations import Measure
from shared.spine import publish

CATALOGUE = Path(__file__).parents[1] / "catalogue" / "measures.csv"


class MeasureCodeTaken(Conflict):
    """There is a measure with this code already, in the catalogue or among your own. Use it, or choose another code."""


class NoSuchBuyer(Conflict):
    """Your organisation is not recorded as a buyer. Ask an administrator to record it."""


class NotThisFramework(CannotReadMeasures):
    """The file's measures are of another framework than the one to load."""


def read_measures_csv(path_or_text: Path | str) -> list[MeasureRow]:
    """Raises CannotReadMeasures, naming every row and column at fault."""
    return rows_of(path_or_text if isinstance(path_or_text, str) else text_of(path_or_text.read_bytes()))


def text_of(content: bytes) -> str:
    """Raises CannotReadMeasures."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise CannotReadMeasures(errors=[FieldError(f"row {row}", "Save the file as CSV in UTF-8", "encoding")]) from None


async def load_framework(conn: Connection, name: str, rows: Sequence[MeasureRow], *, by: UUID, at: datetime) -> Framework:
    """Make these rows the framework's next version. Raises NotThisFramework, CannotReadMeasures."""
    if errors := faults(rows):
        raise CannotReadMeasures(errors=errors)
    if rows[0].framework != name:
        raise NotThisFramework(errors=[FieldError("row 2, framework", f"Enter {name}")])
    if name == OWN:
        raise CannotReadMeasures(errors=[FieldError("row 2, framework", f"Choose another name: {OWN} stands for buyers' own")])
    newest = await store.lock_framework(conn, name)
    version = newest.version + 1 if newest else 1
    framework = Framework(framework_id=new_id(), name=name, version=version, event_version=1, loaded_at=at)
    await store.save_framework(conn, framework)
    await store.add_measures(conn, framework.framework_id, rows)
    detail = {"framework": name, "version": version, "measures": len(rows)}
    await _remember_and_tell(conn, framework, "loaded", detail, by=by, at=at)
    return framework


async def ensure_catalogue(conn: Connection, *, by: UUID, at: datetime) -> None:
    """Load the project's own catalogue where that framework is not there yet."""
    rows = read_measures_csv(CATALOGUE)
    if await store.lock_framework(conn, rows[0].framework) is None and not await store.frameworks(conn):
        await load_framework(conn, rows[0].framework, rows, by=by, at=at)


async def confirm_measure(
    conn: Connection, framework: str, code: str, said: Confirmation, *, by: UUID, at: datetime
) -> CatalogueMeasure:
    """The ICB confirms a measure's wording and unit: it can be promised without a warning.

    Raises NotFound, AlreadyConfirmed, NothingConfirmed, UnitDoesNotFit.
    """
    return await _replace(conn, framework, code, lambda row: confirmed(row, said), "measure confirmed", by=by, at=at)


async def deactivate_measure(
    conn: Connection, framework: str, code: str, note: str, *, by: UUID, at: datetime
) -> CatalogueMeasure:
    """Nobody can promise it from then on; ``note`` says why. Raises NotFound, InactiveAlready."""
    return await _replace(conn, framework, code, lambda row: deactivated(row, note), "measure deactivated", by=by, at=at)


async def _replace(
    conn: Connection,
    framework: str,
    code: str,
    change: Callable[[MeasureRow], MeasureRow],
    action: str,
    *,
    by: UUID,
    at: datetime,
) -> CatalogueMeasure:
    newest = await store.lock_framework(conn, framework)
    row = await store.measure_row(conn, newest, code) if newest else None
    if newest is None or row is None:
        raise NotFound
    after = change(row)
    await store.replace_measure(conn, newest.framework_id, after)
    newest = newest.model_copy(update={"event_version": newest.event_version + 1})
    await store.save_framework(conn, newest)
    detail = {"code": code, "before": row.model_dump(mode="json"), "after": after.model_dump(mode="json")}
    await _remember_and_tell(conn, newest, action, detail, by=by, at=at)
    found = await store.find_measure(conn, code, framework=framework)
    assert found is not None  # noqa: S101
    return found


async def add_buyer_measure(conn: Connection, buyer_id: UUID, measure: OwnMeasure, *, by: UUID, at: datetime) -> Measure:
    """A measure of the buyer's own, told with the obligations that use it; one that the buyer has already stays as it stands.

    Raises MeasureCodeTaken, also where the buyer's own has another unit, kind or direction; UnitDoesNotFit; NoSuchBuyer.
    """
    must_fit(measure.kind, measure.unit)
    buyer = await organisations.organisation(conn, buyer_id)
    if buyer is None or not buyer.buyer:
        raise NoSuchBuyer
    over_time = COMBINED[measure.kind][0]
    added = Measure(framework=OWN, buyer_id=buyer_id, over_time=over_time, **measure.model_dump())
    if await store.find_measure(conn, measure.code) is not None:
        raise MeasureCodeTaken(errors=[FieldError("/code", "A framework has this code", "taken")])
    if not await store.add_buyer_measure(conn, buyer_id, added):
        known = await store.find_measure(conn, measure.code, buyer_id=buyer_id)
        if known is None or known.measure.model_copy(update={"label": measure.label}) != added:
            raise MeasureCodeTaken(errors=[FieldError("/code", "Another of your measures has this code", "taken")])
        return known.measure
    await history.record(
        conn,
        at=at,
        by=by,
        contract_id=None,
        subject="organisation",
        subject_id=buyer_id,
        action="measure added",
        detail=added.model_dump(mode="json"),
    )
    return added


async def _remember_and_tell(
    conn: Connection, framework: Framework, action: str, detail: dict[str, Any], *, by: UUID, at: datetime
) -> None:
    await history.record(
        conn,
        at=at,
        by=by,
        contract_id=None,
        subject="framework",
        subject_id=framework.framework_id,
        action=action,
        detail=detail,
    )
    await publish(conn, fact(framework, await store.measures(conn, framework=framework.name)), at=at)
