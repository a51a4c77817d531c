"""What an organisation pledges on the Partner VCFSE measures, as people say it: by measure and financial year."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.commitments.models.contracts import PledgedBaseline
from services.commitments.models.obligations import Target
from shared.obligations import Frozen, Words

Year = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class PledgedMeasure(Frozen):
    """``targets``: of whole financial years, such as ``2026-27``; a year that is left out stays as it is."""

    measure_code: Annotated[Words, Field(max_length=50)]
    baseline: PledgedBaseline | None = None
    """Left out, it stays as it is."""
    targets: Annotated[dict[Year, Target], Field(max_length=100)] = {}


class Pledging(Frozen):
    measures: Annotated[tuple[PledgedMeasure, ...], Field(min_length=1, max_length=100)]
    reason: Words
