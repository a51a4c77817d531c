"""What notices propose, and what became of every release that was read."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field

from services.commitments.models.words import LegalRegime
from shared.events.commitments import Identifier
from shared.obligations import Amount, ContractForm, Direction, Frequency, Frozen, Kind, Place, Sector, Side
from shared.quarters import Quarter


class Together(StrEnum):
    """How several suppliers of one award stand to each other."""

    JOINT = "joint"
    """One contract; one of them leads."""
    SEPARATE = "separate"
    """A contract each."""


class ProposedParty(Frozen):
    """``id`` and ``name`` as the notice says them; sector and place are suggested."""

    id: str
    name: str | None
    identifiers: tuple[Identifier, ...]
    sector: Sector
    place: Place | None


class ProposedValue(Frozen):
    amount: Amount
    currency: str


class ProposedPeriod(Frozen):
    """Europe/London dates, both included, and the quarters that they lie in."""

    starts_on: date | None
    ends_on: date | None
    may_extend_to: date | None
    first_quarter: Quarter | None
    last_quarter: Quarter | None


class ProposedObligation(Frozen):
    """A KPI of the notice, known by its ``id`` whatever its title. What the notice does not say stays open for a person."""

    id: str
    title: str | None
    wording: str | None
    side: Side = Side.CORE_SERVICE
    target: Amount | None
    target_said: str | None
    """The notice's own words for the target, where they are no plain number."""
    unit: str | None
    kind: Kind | None
    direction: Direction | None
    frequency: Frequency | None
    reported_every_months: int | None
    agreed: bool
    """False where a performance notice reports on it, and no notice read so far agreed it."""


class Change(Frozen):
    """``release``: the one that brought it."""

    field: str
    before: Any
    after: Any
    release: str


class ProposedContract(Frozen):
    """A contract as its notices stand together, waiting for a person. ``missing`` must be said, ``warnings`` looked at."""

    ocid: str
    award_id: str | None
    contract_id: str | None
    form: ContractForm
    title: str | None
    status: str | None
    legal_regime: LegalRegime | None
    buyer: ProposedParty | None
    """The one that leads."""
    supplier: ProposedParty | None
    buyers: tuple[ProposedParty, ...]
    suppliers: tuple[ProposedParty, ...]
    suppliers_are: Together | None
    """Proposed where there are several; a person says."""
    value: ProposedValue | None
    period: ProposedPeriod | None
    signed_on: date | None
    ended_on: date | None
    """Where it was brought to a close."""
    obligations: tuple[ProposedObligation, ...]
    releases: tuple[str, ...] = ()
    """Ids, in true time order."""
    changes: tuple[Change, ...] = ()
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


class LeftOut(Frozen):
    """``release`` is None where a whole file held nothing."""

    file: str
    release: str | None
    reason: str


class ReadError(Frozen):
    """``release`` is its id where it could be read; ``pointer`` leads into the file's JSON, and is empty for the whole file."""

    file: str
    release: str | None
    pointer: str
    message: str


class Proposal(Frozen):
    """Every release of the files is in some contract's ``releases``, in ``left_out`` or in ``errors``."""

    releases: int = Field(description="How many releases were found in the files.")
    contracts: tuple[ProposedContract, ...]
    left_out: tuple[LeftOut, ...]
    errors: tuple[ReadError, ...]

    @property
    def exit_code(self) -> int:
        """0 where all were read, 1 where some had errors."""
        return 1 if self.errors else 0
