"""What is new in a batch: events as rows, and of obligations only what says something else than before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol, TypeVar
from uuid import UUID

from services.alerts.models.facts import (
    KnownContract,
    KnownObligation,
    KnownOrganisation,
    LineVersion,
    Owed,
    Promise,
    ReturnVersion,
)
from services.alerts.models.news import Heard, Known, News
from shared.events.commitments import ContractFact, ObligationFact, OrganisationRecorded
from shared.events.returns import ContractSnapshot, LineFact, LineOwed, LineStatus, ReturnFact
from shared.obligations import ContractForm, Share, Terms
from shared.quarters import Quarter

_DECIDED = (LineStatus.APPROVED, LineStatus.CHANGES_REQUESTED)


def contracts_of(heard: Sequence[Heard]) -> list[KnownContract]:
    """Every contract that a batch speaks of, the newest version of each; version 0 where only returns speak of it."""
    found = []
    for item in heard:
        match item.event:
            case ContractFact() as fact:
                found.append(_contract(fact.contract_id, fact.version, fact))
            case ReturnFact() | LineFact() as fact:
                found.append(_contract(fact.contract_id, 0, fact.contract))
            case _:
                pass
    return _newest(found, lambda row: row.contract_id)


def evidence_of(heard: Sequence[Heard]) -> set[str]:
    return {sha256 for item in heard if isinstance(item.event, LineFact) for sha256 in item.event.evidence}


def news(heard: Sequence[Heard], known: Known) -> News:
    """The rows that a batch adds. ``known`` is moved on with it, so that a batch says what its events say one by one."""
    found = News(contracts=contracts_of(heard))
    for item in heard:
        match item.event:
            case OrganisationRecorded() as fact:
                found.organisations.append(_organisation(fact))
            case ContractFact() as fact if _is_newer(fact.contract_id, fact.version, known):
                _hear_contract(fact, item, known, found)
            case ReturnFact() as fact if _is_newer(fact.return_id, fact.version, known):
                _hear_return(fact, item, known, found)
            case LineFact() as fact if _is_newer(fact.line_id, fact.version, known):
                _hear_line(fact, item, found)
            case _:
                pass
    found.organisations = _newest(found.organisations, lambda row: row.organisation_id)
    found.obligations = _newest(found.obligations, lambda row: row.obligation_id)
    return found


def _is_newer(aggregate_id: UUID, version: int, known: Known) -> bool:
    newer = version > known.versions.get(aggregate_id, 0)
    if newer:
        known.versions[aggregate_id] = version
    return newer


def _hear_contract(fact: ContractFact, item: Heard, known: Known, found: News) -> None:
    promised: dict[UUID, Mapping[Quarter, Decimal]] = {
        obligation_id: {} for obligation_id, contract_id in known.contract_of.items() if contract_id == fact.contract_id
    }
    for obligation in fact.obligations:
        promised[obligation.obligation_id] = _targets(obligation, fact)
        found.obligations.append(_obligation(obligation, obligation.versions[-1].terms, fact.contract_id, fact.version))
    for obligation_id, targets in promised.items():
        if known.promised.get(obligation_id, {}) != targets:
            found.promises.append(Promise(obligation_id, fact.version, fact.contract_id, item.at, item.position, targets))
            known.promised[obligation_id] = targets
            known.contract_of[obligation_id] = fact.contract_id


def _targets(obligation: ObligationFact, contract: ContractFact) -> Mapping[Quarter, Decimal]:
    """The target in force in every quarter in which the contract runs."""
    quarters = {entry.quarter for version in obligation.versions for entry in version.targets}
    terms = {quarter: obligation.terms_in(quarter) for quarter in sorted(quarters)}
    return {
        quarter: in_force.target
        for quarter, in_force in terms.items()
        if in_force is not None and quarter.days_within(contract.starts_on, contract.ends_on)
    }


def _hear_return(fact: ReturnFact, item: Heard, known: Known, found: News) -> None:
    found.returns.append(
        ReturnVersion(
            fact.return_id,
            fact.version,
            fact.contract_id,
            fact.quarter,
            item.at,
            item.position,
            fact.event_type,
            fact.status,
            fact.due_on,
            fact.review_due_on,
            fact.first_submitted_at,
            sum(line.status in _DECIDED for line in fact.lines),
            fact.answer_due_on,
        )
    )
    days = fact.quarter.days_within(fact.contract.starts_on, fact.contract.ends_on)
    asked = known.asked.setdefault(fact.return_id, {})
    asks: dict[UUID, tuple[Terms | None, int]] = dict.fromkeys(asked, (None, 0))
    asks |= {line.obligation_id: (line.terms, days) for line in fact.lines}
    for obligation_id, (terms, days_in) in asks.items():
        if asked.get(obligation_id) != (terms, days_in):
            found.owed.append(
                Owed(
                    fact.return_id,
                    obligation_id,
                    fact.version,
                    fact.contract_id,
                    fact.quarter,
                    item.at,
                    item.position,
                    terms,
                    days_in,
                )
            )
            asked[obligation_id] = (terms, days_in)
    found.obligations += (_obligation(line, line.terms, fact.contract_id, 0) for line in fact.lines)


def _hear_line(fact: LineFact, item: Heard, found: News) -> None:
    found.obligations.append(_obligation(fact, fact.terms, fact.contract_id, 0))
    found.lines.append(
        LineVersion(
            fact.line_id,
            fact.version,
            fact.return_id,
            fact.contract_id,
            fact.obligation_id,
            fact.quarter,
            item.at,
            item.position,
            fact.terms,
            fact.quarter.days_within(fact.contract.starts_on, fact.contract.ends_on),
            fact.figure,
            fact.judgement,
            fact.unlikely,
            fact.evidence,
            fact.contract.form is ContractForm.PLEDGE,
        )
    )


def _organisation(fact: OrganisationRecorded) -> KnownOrganisation:
    return KnownOrganisation(
        fact.organisation_id, fact.version, fact.name, fact.icb_sees, fact.escalates_to_icb, fact.executive_id
    )


def _contract(contract_id: UUID, version: int, fact: ContractFact | ContractSnapshot) -> KnownContract:
    return KnownContract(
        contract_id,
        version,
        fact.reference,
        fact.title,
        fact.starts_on,
        fact.ends_on,
        _ids(fact.buyers),
        _ids(fact.suppliers),
        next((buyer.organisation_id for buyer in fact.buyers if buyer.lead), fact.buyers[0].organisation_id),
    )


def _obligation(fact: ObligationFact | LineOwed | LineFact, terms: Terms, contract_id: UUID, version: int) -> KnownObligation:
    measure = terms.measure
    return KnownObligation(
        fact.obligation_id,
        contract_id,
        version,
        fact.reference,
        fact.side,
        fact.owner_id,
        measure.code,
        measure.label,
        measure.unit,
    )


def _ids(parties: Sequence[Share]) -> tuple[UUID, ...]:
    return tuple(party.organisation_id for party in parties)


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


_V = TypeVar("_V", bound=_Versioned)


def _newest(rows: Sequence[_V], key: Callable[[_V], UUID]) -> list[_V]:
    """The newest version of each; of equal ones the first, as the database keeps it."""
    found: dict[UUID, _V] = {}
    for row in rows:
        if key(row) not in found or row.version > found[key(row)].version:
            found[key(row)] = row
    return list(found.values())
