"""Which measure a request means: codes are unique within a framework, a unit and an owner only."""

from __future__ import annotations

from uuid import UUID

from services.aggregator.models.totals import CountedMeasure
from services.aggregator.store import totals as store
from shared.db import Connection
from shared.errors import FieldError, Invalid


async def measure_called(
    conn: Connection, code: str, unit: str | None, owner_id: UUID | None, *, framework: str | None = None
) -> CountedMeasure:
    """Raises NoSuchMeasure; Invalid where the code is counted in several units and none is named."""
    found = [
        measure
        for measure in await store.measures(conn, code)
        if unit in (None, measure.unit) and framework in (None, measure.framework) and measure.buyer_id == owner_id
    ]
    if not found:
        raise store.NoSuchMeasure
    if len(found) > 1:
        units = ", ".join(sorted({f"{measure.unit} ({measure.framework})" for measure in found}))
        raise Invalid(
            errors=[FieldError("/query/unit", f"This measure is counted in several ways; name one unit: {units}", "ambiguous")]
        )
    return found[0]
