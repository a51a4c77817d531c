"""Builders: valid by default; name only what matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from shared.events.commitments import ContractRecorded, OrganisationRecorded
from shared.events.envelope import Envelope, Event
from shared.events.returns import (
    ContractSnapshot,
    LineApproved,
    LineFact,
    LineOwed,
    LineRestated,
    LineStatus,
    ReturnApproved,
    ReturnOpened,
    ReturnStatus,
    ReturnSubmitted,
)
from shared.ids import new_id
from shared.log.interface import partition_of
from shared.obligations import (
    Basis,
    ContractForm,
    Direction,
    Figure,
    FteCounting,
    Kind,
    Measure,
    OverTime,
    Place,
    Scope,
    Sector,
    Share,
    Side,
    Terms,
)
from shared.quarters import Quarter
from shared.spine import Received

L = TypeVar("L", bound=LineFact)

Q1, Q2, Q3, Q4 = (Quarter.parse(f"2026-27-Q{number}") for number in (1, 2, 3, 4))
AFTER_Q2 = datetime(2026, 10, 20, 9, tzinfo=UTC)

OVER_TIME = {
    Kind.FLOW: OverTime.SUM,
    Kind.FTE: OverTime.MEAN,
    Kind.HEADCOUNT: OverTime.LATEST,
    Kind.RATIO: OverTime.LATEST,
    Kind.FLAG: OverTime.LATEST,
}
UNIT = {Kind.FLOW: "hours", Kind.FTE: "FTE", Kind.HEADCOUNT: "people", Kind.RATIO: "%", Kind.FLAG: "yes/no"}


def a_measure(code: str = "NT8", kind: Kind = Kind.FLOW, **fields: Any) -> Measure:
    return Measure(
        **{
            "framework": "cm-toms-2024",
            "code": code,
            "label": f"Label of {code}",
            "unit": UNIT[kind],
            "kind": kind,
            "direction": Direction.HIGHER,
            "over_time": OVER_TIME[kind],
            "theme": "Jobs",
            "outcome": "Improved skills",
        }
        | fields
    )


HOURS = a_measure("NT8")
FTE = a_measure("NT1", Kind.FTE)
CARE_LEAVERS = a_measure("NT4a", Kind.FTE, suppress=True)
HEADCOUNT = a_measure("NT20", Kind.HEADCOUNT)
RATIO = a_measure("NT41", Kind.RATIO)
TERMS_OF_EMPLOYMENT = a_measure("NT22", Kind.RATIO, scope=Scope.ORGANISATION)
FLAG = a_measure("NT83", Kind.FLAG, scope=Scope.ORGANISATION)
MONEY = a_measure("NT18", unit="GBP", overlaps=("NT14", "NT19"))
SPEND = a_measure("NT14", unit="GBP", partner_vcfse=True, overlaps=("NT18", "NT19"))


def terms(measure: Measure, target: Decimal | str | int = 50, *, version: int = 1, **fields: Any) -> Terms:
    return Terms(
        **{
            "version": version,
            "measure": measure,
            "direction": measure.direction,
            "basis": Basis.QUARTER,
            "over_time": measure.over_time,
            "bands": None,
            "target": Decimal(target),
            "fte_counting": FteCounting.AVERAGE,
        }
        | fields
    )


def an_organisation(name: str, sector: Sector = Sector.PRIVATE, *, lead: bool = True, share: str | None = None) -> Share:
    return Share(organisation_id=new_id(), name=name, sector=sector, lead=lead, share=None if share is None else Decimal(share))


def figure(amount: str | int | tuple[int | str, int | str]) -> Figure:
    if isinstance(amount, tuple):
        return Figure(numerator=Decimal(amount[0]), denominator=Decimal(amount[1]))
    return Figure(value=Decimal(amount))


@dataclass
class Contract:
    """A contract that tells what the returns service would tell about it, with versions that grow."""

    reference: str = "C-1"
    form: ContractForm = ContractForm.CONTRACT
    starts_on: date = date(2025, 4, 1)
    ends_on: date = date(2028, 3, 31)
    buyers: tuple[Share, ...] = ()
    suppliers: tuple[Share, ...] = ()
    places: Mapping[Place, str] = field(default_factory=dict)
    contract_id: UUID = field(default_factory=new_id)
    versions: Counter[UUID] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.buyers = self.buyers or (an_organisation("A trust", Sector.PUBLIC),)
        self.suppliers = self.suppliers or (an_organisation("A supplier"),)

    @property
    def snapshot(self) -> ContractSnapshot:
        return ContractSnapshot(
            reference=self.reference,
            title=f"Title of {self.reference}",
            form=self.form,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            buyers=self.buyers,
            suppliers=self.suppliers,
            places={place: Decimal(share) for place, share in self.places.items()},
        )

    def owes(self, *measures: Measure, quarter: Quarter = Q2, target: str | int = 50, **fields: Any) -> Return:
        """Its return of a quarter, with a line per measure."""
        lines = tuple(
            LineOwed(
                line_id=new_id(),
                obligation_id=new_id(),
                reference=f"O-{nth}",
                side=Side.SOCIAL_VALUE,
                terms=terms(measure, target, **fields),
                status=LineStatus.OPEN,
            )
            for nth, measure in enumerate(measures, 1)
        )
        return Return(self, quarter, lines)


@dataclass
class Return:
    contract: Contract
    quarter: Quarter
    lines: tuple[LineOwed, ...]
    return_id: UUID = field(default_factory=new_id)

    def opened(self, at: datetime = AFTER_Q2) -> ReturnOpened:
        return self._fact(ReturnOpened, ReturnStatus.OPEN, at)

    def submitted(self, at: datetime = AFTER_Q2) -> ReturnSubmitted:
        self.lines = tuple(line.model_copy(update={"status": LineStatus.SUBMITTED}) for line in self.lines)
        return self._fact(ReturnSubmitted, ReturnStatus.SUBMITTED, at, first_submitted_at=at)

    def approved(self, *amounts: Any, nth: int | None = None, at: datetime = AFTER_Q2) -> list[Event]:
        """The figures of all lines approved, and the return with them; ``nth``: of that line only (from 0)."""
        wanted = range(len(self.lines)) if nth is None else [nth]
        events: list[Event] = [
            self.line(LineApproved, number, amount, at) for number, amount in zip(wanted, amounts, strict=True)
        ]
        if nth is None:
            self.lines = tuple(line.model_copy(update={"status": LineStatus.APPROVED}) for line in self.lines)
            events.append(self._fact(ReturnApproved, ReturnStatus.APPROVED, at, first_submitted_at=at))
        return events

    def restated(self, amount: Any, nth: int = 0, at: datetime = AFTER_Q2 + timedelta(days=30)) -> LineRestated:
        return self.line(LineRestated, nth, amount, at)

    def all(self, *amounts: Any, at: datetime = AFTER_Q2) -> list[Event]:
        """Opened, submitted and approved with these figures."""
        return [self.opened(at), self.submitted(at), *self.approved(*amounts, at=at)]

    def line(self, kind: type[L], nth: int, amount: Any, at: datetime) -> L:
        owed = self.lines[nth]
        self.contract.versions[owed.line_id] += 1
        return kind(
            version=self.contract.versions[owed.line_id],
            line_id=owed.line_id,
            return_id=self.return_id,
            contract_id=self.contract.contract_id,
            obligation_id=owed.obligation_id,
            quarter=self.quarter,
            contract=self.contract.snapshot,
            reference=owed.reference,
            side=owed.side,
            terms=owed.terms,
            figure=amount if isinstance(amount, Figure) else figure(amount),
            approved_at=at,
        )

    def _fact(self, kind: Any, status: ReturnStatus, at: datetime, **fields: Any) -> Any:
        self.contract.versions[self.return_id] += 1
        return kind(
            version=self.contract.versions[self.return_id],
            return_id=self.return_id,
            contract_id=self.contract.contract_id,
            quarter=self.quarter,
            contract=self.contract.snapshot,
            status=status,
            opened_on=self.quarter.next().first_day,
            due_on=self.quarter.next().first_day + timedelta(days=28),
            submitted_at=fields.get("first_submitted_at"),
            first_submitted_at=fields.get("first_submitted_at"),
            lines=self.lines,
        )


class Positions:
    """Gives events their places in the log, as the relay would."""

    def __init__(self) -> None:
        self._last: Counter[tuple[str, int]] = Counter()

    def heard(self, events: Iterable[Event], at: datetime = AFTER_Q2) -> list[Received]:
        received = []
        for event in events:
            place = event.topic, partition_of(event.key)
            self._last[place] += 1
            value = Envelope.around(event, id=new_id(), source="/icb/test/returns", time=at).encode()
            received.append(Received(*place, self._last[place], value, heard_at=at))
        return received


def contract_recorded(contract: Contract, *, version: int = 1, **fields: Any) -> ContractRecorded:
    return ContractRecorded(
        contract_id=contract.contract_id,
        version=version,
        reference=contract.reference,
        form=contract.form,
        title=contract.snapshot.title,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        buyers=contract.buyers,
        suppliers=contract.suppliers,
        **fields,
    )


def recorded(organisation: Share, *, version: int = 1, **fields: Any) -> OrganisationRecorded:
    return OrganisationRecorded(
        organisation_id=organisation.organisation_id,
        version=version,
        name=organisation.name,
        sector=organisation.sector,
        **{"buyer": True, "supplier": False} | fields,
    )
