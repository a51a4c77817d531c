"""A rating with the figures that show why: what is stored, told and shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.alerts.models.alerts import StoredRating
from services.alerts.models.facts import KnownObligation
from shared.events.alerts import ObligationRated
from shared.obligations import plain
from shared.quarters import Quarter
from shared.ratings import QuarterOwed, Rated, Rating, stored, window
from shared.ratings.rating import limits

NO_LONGER_OWED = "no_longer_owed"
"""Why an obligation that was rated is told as ``other``: it turned out not to be owed in that quarter."""

_LARGEST = 10**14


def as_stored(
    rated: Rated, figures: Mapping[Quarter, QuarterOwed], *, obligation_id: UUID, contract_id: UUID, at: datetime
) -> StoredRating:
    """Without a version yet."""
    measured = rated.measured
    return StoredRating(
        obligation_id=obligation_id,
        quarter=rated.quarter,
        contract_id=contract_id,
        version=0,
        rated_at=at,
        rating=rated.rating,
        reason=rated.reason,
        incomplete=rated.incomplete,
        delivered=_told(measured.delivered) if measured else None,
        target=_told(measured.target) if measured else None,
        arithmetic=_arithmetic(rated, figures),
    )


def _told(value: Fraction) -> Decimal | None:
    """To six places; None where no event could carry it (a ratio over next to nothing)."""
    return stored(value) if abs(value) < _LARGEST else None


def _arithmetic(rated: Rated, figures: Mapping[Quarter, QuarterOwed]) -> dict[str, Any]:
    terms = rated.terms
    bands = None
    if terms.bands is not None:
        target = rated.measured.target if rated.measured else Fraction(terms.target)
        bands = terms.bands.model_dump(mode="json") | {"limits": [plain(stored(limit)) for limit in limits(terms, target)]}
    return {
        "terms_version": terms.version,
        "kind": terms.kind.value,
        "unit": terms.measure.unit,
        "direction": terms.direction.value,
        "basis": terms.basis.value,
        "bands": bands,
        "quarters": [_quarter(entry) for entry in window(list(figures.values()), rated.quarter)],
    }


def _quarter(entry: QuarterOwed) -> dict[str, Any]:
    figure = entry.figure.model_dump(mode="json") if entry.figure else {}
    return {"quarter": entry.quarter.code, "target": plain(entry.terms.target), "approved": entry.figure is not None, **figure}


def as_event(rating: StoredRating, obligation: KnownObligation) -> ObligationRated:
    return ObligationRated(
        version=rating.version,
        contract_id=rating.contract_id,
        obligation_id=rating.obligation_id,
        quarter=rating.quarter,
        side=obligation.side,
        measure_code=obligation.measure_code,
        unit=obligation.unit,
        rating=rating.rating,
        reason=rating.reason,
        incomplete=rating.incomplete,
        delivered=rating.delivered,
        target=rating.target,
    )


def withdrawn_event(rating: StoredRating, obligation: KnownObligation) -> ObligationRated:
    told = as_event(rating, obligation)
    return told.model_copy(
        update={
            "version": rating.version + 1,
            "rating": Rating.OTHER,
            "reason": NO_LONGER_OWED,
            "incomplete": (),
            "delivered": None,
            "target": None,
        }
    )
