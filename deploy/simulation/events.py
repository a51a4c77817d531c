"""A scenario as the events that the services would have told, for histories too large to act out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from deploy.demo.scenario import Contract, Obligation, Organisation, Scenario, at_work, content
from shared.events import Event
from shared.events.commitments import IcbSees, OrganisationRecorded
from shared.events.returns import (
    ContractSnapshot,
    LineApproved,
    LineOwed,
    LineRestated,
    LineStatus,
    ReturnApproved,
    ReturnOpened,
    ReturnStatus,
    ReturnSubmitted,
)
from shared.obligations import Bands, BandsBy, Basis, Figure, Frequency, Kind, Measure, OverTime, Share, Terms
from shared.quarters import Quarter
from shared.ratings import roll_up, suggested_bands
from shared.working_days import add_working_days

Told = tuple[datetime, Event]
_DUE_WORKING_DAYS = 20
_OVER_TIME = {Kind.FLOW: OverTime.SUM, Kind.FTE: OverTime.MEAN, Kind.RATIO: OverTime.POOL}


@dataclass(frozen=True)
class Events:
    """``seed`` and the region's size make the ids: telling it again tells the same facts, which changes nothing."""

    scenario: Scenario
    catalogue: Mapping[str, Measure]
    seed: int

    def organisations(self) -> Iterator[Told]:
        """For the topic ``commitments``."""
        for one in self.scenario.organisation:
            yield (
                at_work(self.scenario.begins),
                OrganisationRecorded(
                    version=1,
                    organisation_id=self._id(one.key),
                    name=one.name,
                    sector=one.sector,
                    place=one.place,
                    buyer=one.buyer,
                    supplier=one.supplier,
                    icb_sees=IcbSees(one.icb_sees),
                ),
            )

    def returns(self) -> Iterator[Told]:
        """For the topic ``returns``: contract by contract, each in the order of its days."""
        organisations = {one.key: one for one in self.scenario.organisation}
        for contract in self.scenario.contract:
            snapshot = ContractSnapshot(
                reference=contract.reference,
                title=contract.title,
                form=contract.form,
                starts_on=contract.starts_on,
                ends_on=contract.ends_on,
                buyers=(self._share(organisations[contract.buyer]),),
                suppliers=(self._share(organisations[contract.supplier]),),
                places=contract.places,
            )
            told = [
                event
                for number, quarter in enumerate(contract.quarters[: len(contract.file_on)])
                for event in self._one_return(contract, snapshot, number, quarter)
            ]
            yield from sorted(told, key=lambda one: (one[0], one[1].version))

    def how_many(self) -> int:
        """Events that ``returns`` tells, for a progress bar."""
        return sum(
            1 + (filed is not None) + (0 if approved is None else 1 + len(contract.obligation))
            for contract in self.scenario.contract
            for filed, approved in zip(contract.file_on, contract.approve_on, strict=True)
        ) + sum(len(contract.restatement) for contract in self.scenario.contract)

    def _one_return(self, contract: Contract, snapshot: ContractSnapshot, number: int, quarter: Quarter) -> Iterator[Told]:
        return_id = self._id(contract.key, quarter.code)
        contract_id = self._id(contract.key)
        opened_on = quarter.next().first_day
        filed_on, approved_on = contract.file_on[number], contract.approve_on[number]
        terms = {one.reference: self._terms(one, number, contract.buyer) for one in contract.obligation}

        def lines(status: LineStatus) -> tuple[LineOwed, ...]:
            return tuple(
                LineOwed(
                    line_id=self._id(contract.key, quarter.code, one.reference),
                    obligation_id=self._id(contract.key, one.reference),
                    reference=one.reference,
                    side=one.side,
                    terms=terms[one.reference],
                    status=status,
                )
                for one in contract.obligation
            )

        whole = {
            "return_id": return_id,
            "contract_id": contract_id,
            "quarter": quarter,
            "contract": snapshot,
            "opened_on": opened_on,
            "due_on": add_working_days(opened_on, _DUE_WORKING_DAYS),
        }
        yield at_work(opened_on), ReturnOpened(version=1, status=ReturnStatus.OPEN, lines=lines(LineStatus.OPEN), **whole)
        if filed_on is None:
            return
        whole |= {"submitted_at": at_work(filed_on), "first_submitted_at": at_work(filed_on)}
        submitted = ReturnSubmitted(version=2, status=ReturnStatus.SUBMITTED, lines=lines(LineStatus.SUBMITTED), **whole)
        yield at_work(filed_on), submitted
        if approved_on is None:
            return
        for one in contract.obligation:
            restated = next((r for r in contract.restatement if (r.quarter, r.obligation) == (quarter, one.reference)), None)
            fact = {
                "line_id": self._id(contract.key, quarter.code, one.reference),
                "return_id": return_id,
                "contract_id": contract_id,
                "obligation_id": self._id(contract.key, one.reference),
                "quarter": quarter,
                "contract": snapshot,
                "reference": one.reference,
                "side": one.side,
                "terms": terms[one.reference],
                "approved_at": at_work(approved_on),
            }
            figure = _figure(one.figures[number], terms[one.reference])
            yield at_work(approved_on), LineApproved(version=3, figure=figure, **fact)
            if restated is not None:
                figure = _figure(restated.figure, terms[one.reference])
                yield at_work(restated.on), LineRestated(version=4, figure=figure, **fact)
        approved = ReturnApproved(version=3, status=ReturnStatus.APPROVED, lines=lines(LineStatus.APPROVED), **whole)
        yield at_work(approved_on), approved

    def _terms(self, owed: Obligation, number: int, buyer: str) -> Terms:
        target = owed.target(number)
        if owed.own is not None:
            measure = Measure(
                framework=f"own-{buyer}",
                over_time=_OVER_TIME.get(owed.own.kind, OverTime.LATEST),
                buyer_id=self._id(buyer),
                **owed.own.model_dump(),
            )
        else:
            measure = self.catalogue[owed.measure or ""]
        if owed.thresholds is not None:
            good, approaching, improvement = owed.thresholds
            bands: Bands | None = Bands(by=BandsBy.THRESHOLDS, good=good, approaching=approaching, improvement=improvement)
        else:
            bands = suggested_bands(measure.kind, measure.direction, target)
        return Terms(
            version=1,
            measure=measure,
            direction=measure.direction,
            basis=owed.basis or (Basis.YEAR if measure.kind is Kind.FLOW else Basis.QUARTER),
            over_time=measure.over_time,
            bands=bands,
            frequency=owed.frequency,
            target=target,
        )

    def _share(self, one: Organisation) -> Share:
        return Share(organisation_id=self._id(one.key), name=one.name, sector=one.sector, place=one.place, lead=True)

    def _id(self, *words: str) -> UUID:
        size = f"{len(self.scenario.contract)}:{self.scenario.begins}:{self.scenario.present}"
        return uuid5(NAMESPACE_URL, f"parity:simulated:{self.seed}:{size}:" + "/".join(words))


def _figure(text: str, terms: Terms) -> Figure:
    said = content(text)
    if "nil_reason" in said:
        return Figure.none_delivered(terms.kind)
    if terms.frequency is Frequency.MONTHLY:
        return roll_up(terms, [Figure.model_validate(month) for month in said["months"]])
    return Figure.model_validate(said["figure"])


def lines_in(scenario: Scenario) -> int:
    """How many lines the region's returns have, for a progress bar."""
    return sum(len(contract.obligation) * len(contract.file_on) for contract in scenario.contract)
