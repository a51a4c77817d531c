"""Builders of what the alerts service hears: valid by default; name only what matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from shared.db import Connection
from shared.events import Envelope, Event
from shared.events.commitments import (
    ContractRecorded,
    ContractVaried,
    IcbSees,
    ObligationFact,
    ObligationVersion,
    OrganisationRecorded,
)
from shared.events.returns import (
    ChangesRequested,
    ContractSnapshot,
    LineApproved,
    LineOwed,
    LineRestated,
    LineStatus,
    ReturnAmended,
    ReturnApproved,
    ReturnFact,
    ReturnOpened,
    ReturnOverdue,
    ReturnStatus,
    ReturnSubmitted,
    ReviewOverdue,
)
from shared.ids import new_id
from shared.log.interface import partition_of
from shared.obligations import ContractForm, Judgement, QuarterTarget, Sector, Share, Side, Terms
from shared.quarters import Quarter, quarters_of
from shared.spine import Received
from shared.working_days import add_working_days
from tests.shared.ratings.builders import a_figure, terms

NAMES = UUID("11111111-2222-5333-8444-555555555555")
BUYER, SUPPLIER, ICB, OTHER_BUYER, OTHER_SUPPLIER = (
    uuid5(NAMES, name) for name in ("trust", "supplier", "icb", "council", "charity")
)
STARTS, ENDS = date(2026, 4, 1), date(2028, 3, 31)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def an_organisation(organisation_id: UUID = BUYER, **fields: Any) -> OrganisationRecorded:
    return OrganisationRecorded(
        **{
            "version": 1,
            "organisation_id": organisation_id,
            "name": "An organisation",
            "sector": Sector.PUBLIC,
            "buyer": True,
            "supplier": True,
            "icb_sees": IcbSees.TOTALS,
        }
        | fields
    )


@dataclass(frozen=True)
class Promised:
    """One obligation of a contract under construction."""

    name: str
    side: Side = Side.SOCIAL_VALUE
    terms: Terms = field(default_factory=terms)
    targets: Mapping[Quarter, Decimal] | None = None
    """None: the terms' target in every quarter of the contract."""
    owner_id: UUID | None = None


@dataclass(frozen=True)
class Contract:
    """A contract from which its events can be told."""

    name: str = "C-1"
    obligations: Sequence[Promised] = (Promised("hours"),)
    buyer: UUID = BUYER
    supplier: UUID = SUPPLIER
    form: ContractForm = ContractForm.CONTRACT
    starts_on: date = STARTS
    ends_on: date = ENDS

    @property
    def contract_id(self) -> UUID:
        return uuid5(NAMES, self.name)

    def obligation_id(self, name: str = "hours") -> UUID:
        return uuid5(self.contract_id, name)

    def return_id(self, quarter: Quarter) -> UUID:
        return uuid5(self.contract_id, quarter.code)

    def line_id(self, quarter: Quarter, name: str = "hours") -> UUID:
        return uuid5(self.return_id(quarter), name)

    def due_on(self, quarter: Quarter) -> date:
        return add_working_days(quarter.last_day, 20)

    def in_force(self, promised: Promised, quarter: Quarter) -> Terms:
        target = promised.targets.get(quarter) if promised.targets is not None else promised.terms.target
        return promised.terms.model_copy(update={"target": target})

    @property
    def _parties(self) -> dict[str, Any]:
        return {
            "buyers": (Share(organisation_id=self.buyer, name="A trust", sector=Sector.PUBLIC, lead=True),),
            "suppliers": (Share(organisation_id=self.supplier, name="A supplier", sector=Sector.PRIVATE, lead=True),),
        }

    @property
    def snapshot(self) -> ContractSnapshot:
        return ContractSnapshot(
            reference=self.name,
            title="Soft services",
            form=self.form,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            **self._parties,
        )

    def recorded(self, version: int = 1, told_as: type[ContractRecorded | ContractVaried] = ContractRecorded) -> Event:
        return told_as(
            version=version,
            contract_id=self.contract_id,
            reference=self.name,
            form=self.form,
            title="Soft services",
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            **self._parties,
            obligations=tuple(self._fact(promised) for promised in self.obligations),
        )

    def _fact(self, promised: Promised) -> ObligationFact:
        quarters = quarters_of(self.starts_on, self.ends_on)
        owed = [quarter for quarter in quarters if promised.targets is None or quarter in promised.targets]
        return ObligationFact(
            obligation_id=self.obligation_id(promised.name),
            reference=promised.name,
            side=promised.side,
            owner_id=promised.owner_id,
            versions=(
                ObligationVersion(
                    from_quarter=quarters[0],
                    terms=promised.terms,
                    targets=tuple(QuarterTarget(quarter=q, target=self.in_force(promised, q).target) for q in owed),
                ),
            ),
        )

    def _return(
        self,
        kind: type[ReturnFact],
        quarter: Quarter,
        version: int,
        status: ReturnStatus,
        line_status: LineStatus,
        submitted: datetime | None = None,
        without: Iterable[str] = (),
        answer_due_on: date | None = None,
    ) -> Event:
        return kind(
            version=version,
            return_id=self.return_id(quarter),
            contract_id=self.contract_id,
            quarter=quarter,
            contract=self.snapshot,
            status=status,
            opened_on=quarter.next().first_day,
            due_on=self.due_on(quarter),
            submitted_at=submitted,
            first_submitted_at=submitted,
            review_due_on=add_working_days(submitted.date(), 15) if submitted else None,
            answer_due_on=answer_due_on,
            lines=tuple(
                LineOwed(
                    line_id=self.line_id(quarter, promised.name),
                    obligation_id=self.obligation_id(promised.name),
                    reference=promised.name,
                    side=promised.side,
                    owner_id=promised.owner_id,
                    terms=self.in_force(promised, quarter),
                    status=line_status,
                )
                for promised in self.obligations
                if promised.name not in without and (promised.targets is None or quarter in promised.targets)
            ),
        )

    def opened(self, quarter: Quarter) -> Event:
        return self._return(ReturnOpened, quarter, 1, ReturnStatus.OPEN, LineStatus.OPEN)

    def overdue(self, quarter: Quarter, version: int = 2) -> Event:
        return self._return(ReturnOverdue, quarter, version, ReturnStatus.OPEN, LineStatus.OPEN)

    def submitted(self, quarter: Quarter, on: datetime, version: int = 2) -> Event:
        return self._return(ReturnSubmitted, quarter, version, ReturnStatus.SUBMITTED, LineStatus.SUBMITTED, on)

    def wholly_approved(self, quarter: Quarter, submitted: datetime, version: int = 3) -> Event:
        return self._return(ReturnApproved, quarter, version, ReturnStatus.APPROVED, LineStatus.APPROVED, submitted)

    def review_overdue(self, quarter: Quarter, submitted: datetime, version: int = 3) -> Event:
        return self._return(ReviewOverdue, quarter, version, ReturnStatus.SUBMITTED, LineStatus.SUBMITTED, submitted)

    def sent_back(self, quarter: Quarter, submitted: datetime, answer_due_on: date, version: int = 3) -> Event:
        status, lines = ReturnStatus.CHANGES_REQUESTED, LineStatus.CHANGES_REQUESTED
        return self._return(ChangesRequested, quarter, version, status, lines, submitted, answer_due_on=answer_due_on)

    def amended(self, quarter: Quarter, version: int, *, without: Iterable[str] = ()) -> Event:
        return self._return(ReturnAmended, quarter, version, ReturnStatus.OPEN, LineStatus.OPEN, without=without)

    def withdrawn(self, quarter: Quarter, version: int, submitted: datetime | None = None) -> Event:
        return self._return(ReturnAmended, quarter, version, ReturnStatus.WITHDRAWN, LineStatus.OPEN, submitted)

    def approved(
        self,
        quarter: Quarter,
        figure: str,
        name: str = "hours",
        *,
        version: int = 1,
        judgement: Judgement | None = None,
        evidence: tuple[str, ...] = (),
        unlikely: tuple[str, ...] = (),
        on: datetime | None = None,
    ) -> Event:
        """The line's first approval, or with a later version its restatement."""
        promised = next(promised for promised in self.obligations if promised.name == name)
        return (LineApproved if version == 1 else LineRestated)(
            version=version,
            line_id=self.line_id(quarter, name),
            return_id=self.return_id(quarter),
            contract_id=self.contract_id,
            obligation_id=self.obligation_id(name),
            quarter=quarter,
            contract=self.snapshot,
            reference=name,
            side=promised.side,
            owner_id=promised.owner_id,
            terms=self.in_force(promised, quarter),
            figure=a_figure(figure),
            judgement=judgement,
            unlikely=unlikely,
            evidence=evidence,
            approved_at=on or at(quarter.next().first_day + timedelta(days=40)),
        )


class Telling:
    """Gives events their time and their place in the topic, as relays do."""

    def __init__(self) -> None:
        self._positions: dict[tuple[str, int], int] = {}

    def __call__(self, event: Event, time: datetime) -> Received:
        place = event.topic, partition_of(event.key)
        position = self._positions[place] = self._positions.get(place, 0) + 1
        envelope = Envelope.around(event, id=new_id(), source="/icb/test", time=time)
        return Received(*place, position, envelope.encode())


async def contents(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every table of the service, but for how often something was told: that counts the tellings, not the facts."""
    tables = (
        *("contracts", "obligations", "promises", "return_versions", "returns", "owed", "line_versions"),
        *("ratings", "alerts"),
    )
    found = {}
    for table in tables:
        rows = [dict(row) for row in await conn.fetch(f"SELECT * FROM {table}")]
        if table in ("ratings", "alerts"):
            for row in rows:
                del row["version"]
        found[table] = sorted(rows, key=repr)
    return found
