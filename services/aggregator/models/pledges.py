"""Partner VCFSE: what an organisation pledged, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.events.commitments import Baseline
from shared.events.icb_totals import Coverage
from shared.obligations import Amount, Frozen, Kind, OverTime
from shared.quarters import Quarter


class PledgedMeasure(Frozen):
    code: str
    label: str
    unit: str
    kind: Kind
    over_time: OverTime
    baseline: Baseline | None
    """The organisation's own twelve months before; None where it gave none."""
    targets: dict[str, Amount]
    """By financial year (``2026-27``), in order."""


class Pledge(Frozen):
    contract_id: UUID
    version: int
    organisation_id: UUID
    measures: tuple[PledgedMeasure, ...]


@dataclass(frozen=True, slots=True)
class PartnerStanding:
    """What one pledge or contract reported of one Partner VCFSE measure in one quarter."""

    quarter: Quarter
    code: str
    unit: str
    pledge: bool
    contract_id: UUID
    supplier_id: UUID
    value: Decimal | None
    coverage: Coverage


class PledgeProgress(Frozen):
    """One measure in one financial year, of an organisation or of the region."""

    organisation_id: UUID | None
    """None for the region."""
    organisation: str
    measure_code: str
    measure: str
    unit: str
    year: str
    baseline: Amount | None
    target: Amount | None
    """None where the pledge has no target in this year."""
    delivered: Amount | None
    """From approved lines of the pledge, in the year so far; None where none is approved."""
    of_which_contracts: Amount | None
    """What the organisation's contracts reported for the same measure. It stands within the pledge and is never added to it."""
    coverage: Coverage
    warnings: tuple[str, ...]


class PartnerReport(Frozen):
    """Partner VCFSE in one financial year: the region first, then each organisation that pledged."""

    year: str
    region: tuple[PledgeProgress, ...]
    organisations: tuple[PledgeProgress, ...]
