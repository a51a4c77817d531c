"""What the commitments service tells: who takes part, what may be measured, what is owed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.events.envelope import Event
from shared.obligations import (
    Amount,
    ContractForm,
    Fact,
    Measure,
    Place,
    QuarterTarget,
    Sector,
    Share,
    Side,
    Terms,
)
from shared.quarters import Quarter


class IcbSees(StrEnum):
    """What the ICB may see of a buyer: its totals only, or single contracts too."""

    TOTALS = "totals"
    CONTRACTS = "contracts"


class Identifier(Fact):
    scheme: str
    id: str


class OrganisationRecorded(Event, type="organisation.recorded.v1", topic="commitments"):
    """An organisation was recorded or changed; the whole of it."""

    organisation_id: UUID
    name: str
    identifiers: tuple[Identifier, ...] = ()
    sector: Sector
    place: Place | None = None
    buyer: bool
    supplier: bool
    icb_sees: IcbSees = IcbSees.TOTALS
    escalates_to_icb: bool = False
    """True where the buyer agreed that its alerts end at the ICB; else they end at its executive."""
    executive_id: UUID | None = None
    """The person at the end of the buyer's clock; the name stays in the identity database."""

    @property
    def key(self) -> UUID:
        return self.organisation_id


class FrameworkLoaded(Event, type="framework.loaded.v1", topic="commitments"):
    """A version of a measure catalogue was loaded, or one of its measures changed; ``version`` counts these changes."""

    framework_id: UUID
    framework: str
    framework_version: int
    measures: tuple[Measure, ...]

    @property
    def key(self) -> UUID:
        return self.framework_id


class ObligationVersion(Fact):
    """The obligation's terms and targets from a quarter on, until a later version's first quarter."""

    from_quarter: Quarter
    terms: Terms
    """``terms.target`` is the first quarter's; ``targets`` is what counts."""
    targets: tuple[QuarterTarget, ...]
    wording: str = ""
    """The promise as the contract words it; up to 500 characters, since the whole of it stands with the contract."""


class ObligationFact(Fact):
    """One thing owed. Versions are in order of ``from_quarter``; the past is never rewritten."""

    obligation_id: UUID
    reference: str
    side: Side
    owner_id: UUID | None = None
    """The accountable owner; the name stays in the identity database."""
    versions: tuple[ObligationVersion, ...]

    def terms_in(self, quarter: Quarter) -> Terms | None:
        """The terms with the target in force in a quarter; None where nothing is owed in it."""
        in_force = [version for version in self.versions if version.from_quarter <= quarter]
        if not in_force:
            return None
        version = in_force[-1]
        for entry in version.targets:
            if entry.quarter == quarter:
                return version.terms.model_copy(update={"target": entry.target})
        return None


class Baseline(Fact):
    """A pledge's starting point for one measure: the organisation's own twelve months before."""

    measure_code: str
    amount: Amount
    from_date: date
    to_date: date


class ContractFact(Event):
    """The whole of a contract as it stands."""

    contract_id: UUID
    reference: str
    ocid: str | None = None
    award_id: str | None = None
    ocds_contract_id: str | None = None
    form: ContractForm
    parent_id: UUID | None = None
    """The framework or lot that a call-off stands under."""
    title: str
    value: Amount | None = None
    currency: str = "GBP"
    starts_on: date
    ends_on: date
    """The last day on which it runs; earlier than awarded where it was closed early."""
    buyers: tuple[Share, ...]
    suppliers: tuple[Share, ...]
    places: dict[Place, Amount] = {}
    obligations: tuple[ObligationFact, ...] = ()
    baselines: tuple[Baseline, ...] = ()

    @property
    def key(self) -> UUID:
        return self.contract_id


class ContractRecorded(ContractFact, type="contract.recorded.v1", topic="commitments"):
    """A contract was recorded or its description changed."""


class ContractVaried(ContractFact, type="contract.varied.v1", topic="commitments"):
    """An obligation was added or changed from a named quarter on."""


class ContractClosed(ContractFact, type="contract.closed.v1", topic="commitments"):
    """A contract was closed early: ``ends_on`` is its new last day."""
