"""One process as it stands, into the contracts that it proposes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services.commitments.models.words import LegalRegime
from services.commitments.notices.kpis import Kpis, agreed_metrics, reported_metrics
from services.commitments.notices.models import (
    ProposedContract,
    ProposedObligation,
    ProposedParty,
    ProposedPeriod,
    ProposedValue,
    Together,
)
from services.commitments.notices.parties import buyers_of, parties_of, suppliers_of
from services.commitments.notices.release import Award, Contract, Period, Release, Tender, Value
from shared.obligations import ContractForm
from shared.quarters import Quarter

_FALLEN = {"cancelled", "unsuccessful"}


class Key(NamedTuple):
    """Which contract of a process: an award until a contract of it is told."""

    award_id: str | None
    contract_id: str | None

    def __str__(self) -> str:
        return f"Contract {self.contract_id}" if self.contract_id is not None else f"Award {self.award_id}"


@dataclass(slots=True)
class Standing:
    """What a process proposes, and why the rest is left out: fallen awards, and filler KPIs by their ids."""

    contracts: dict[Key, ProposedContract] = field(default_factory=dict)
    fallen: dict[Key, str] = field(default_factory=dict)
    fillers: dict[Key, dict[str, str]] = field(default_factory=dict)


def standing_of(process: Release) -> Standing:
    found = Standing()
    parties = parties_of(process)
    buyers = buyers_of(process, parties)
    pairs = _pairs(process)
    contracted = Counter(award.id for contract, award in pairs if contract is not None and award is not None)
    for contract, award in pairs:
        award_id = award.id if award else contract.award_id if contract else None
        key = Key(award_id, contract.id if contract else None)
        status = (contract.status if contract else None) or (award.status if award else None)
        if status in _FALLEN:
            found.fallen[key] = f"{key} is {status}"
            continue
        suppliers = suppliers_of(award, process, parties)
        kpis = Kpis.of(contract, award)
        alone = award is None or contracted[award.id] <= 1
        found.contracts[key] = _proposed(process, key, contract, award, buyers, suppliers, kpis.obligations, status, alone=alone)
        found.fillers[key] = {id: f"{key}: {reason}" for id, reason in kpis.fillers.items()}
    return found


def _pairs(process: Release) -> list[tuple[Contract | None, Award | None]]:
    """Each contract with its award, then the awards of which no contract is told."""
    awards = {award.id: award for award in process.awards or ()}
    only = next(iter(awards.values())) if len(awards) == 1 else None
    pairs: list[tuple[Contract | None, Award | None]] = [
        (contract, awards.get(contract.award_id) if contract.award_id is not None else only)
        for contract in process.contracts or ()
    ]
    contracted = {award.id for _, award in pairs if award is not None}
    return [*pairs, *((None, award) for award in awards.values() if award.id not in contracted)]


def known_as(before: Iterable[Key], now: Iterable[Key]) -> dict[Key, Key]:
    """What each contract was known as: by the same ids, with another award, or as its award, whose only contract it is."""
    keys = [*now]
    known = {*before}
    by_contract = {key.contract_id: key for key in known if key.contract_id is not None}
    of_award = Counter(key.award_id for key in keys)
    found = {}
    for key in keys:
        award = Key(key.award_id, None)
        if key in known:
            found[key] = key
        elif key.contract_id in by_contract:
            found[key] = by_contract[key.contract_id]
        elif award in known and of_award[key.award_id] == 1:
            found[key] = award
    return found


def reports_kpi(release: Release, key: Key, id: str) -> bool:
    """Whether a release itself speaks of this KPI of the contract or its award."""
    contract = next((one for one in release.contracts or () if one.id == key.contract_id), None)
    award = next((one for one in release.awards or () if one.id == key.award_id), None)
    return id in agreed_metrics(contract, award) or id in reported_metrics(contract)


def mentions(release: Release, key: Key) -> bool:
    """Whether a release speaks of this contract or its award, or of the process as a whole."""
    if not release.award_ids and not release.contract_ids:
        return True
    return key.contract_id in release.contract_ids or key.award_id in release.award_ids


def _proposed(
    process: Release,
    key: Key,
    contract: Contract | None,
    award: Award | None,
    buyers: tuple[ProposedParty, ...],
    suppliers: tuple[ProposedParty, ...],
    obligations: tuple[ProposedObligation, ...],
    status: str | None,
    *,
    alone: bool,
) -> ProposedContract:
    tender = process.tender or Tender()
    value, value_warnings = _value((contract.value if contract else None) or (award.value if award and alone else None))
    period = _period((contract.period if contract else None) or (award.contract_period if award else None))
    framework = bool(tender.techniques and tender.techniques.has_framework_agreement)
    title = (contract.title if contract else None) or (award.title if award else None) or tender.title
    missing = [
        name
        for name, said in (
            ("title", title),
            ("buyer", buyers),
            ("supplier", suppliers),
            ("value", value),
            ("period.starts_on", period and period.starts_on),
            ("period.ends_on", period and period.ends_on),
            *((f"obligations.{one.id}.target", one.target) for one in obligations),
        )
        if said is None or said == ()
    ]
    return ProposedContract(
        ocid=process.ocid,
        award_id=key.award_id,
        contract_id=key.contract_id,
        form=_form(tender, framework=framework),
        title=title,
        status=status,
        legal_regime=_regime(tender),
        buyer=next(iter(buyers), None),
        supplier=next(iter(suppliers), None),
        buyers=buyers,
        suppliers=suppliers,
        suppliers_are=None if len(suppliers) < 2 else Together.SEPARATE if framework else Together.JOINT,
        value=value,
        period=period,
        signed_on=contract.date_signed if contract else None,
        ended_on=contract.end_date if contract and status == "terminated" else None,
        obligations=obligations,
        missing=tuple(missing),
        warnings=(*value_warnings, *_warnings(key, award, status, period, buyers, suppliers, obligations, contract)),
    )


def _warnings(
    key: Key,
    award: Award | None,
    status: str | None,
    period: ProposedPeriod | None,
    buyers: Sequence[ProposedParty],
    suppliers: Sequence[ProposedParty],
    obligations: Sequence[ProposedObligation],
    contract: Contract | None,
) -> list[str]:
    found = []
    if status == "pending":
        found.append(f"{key} is pending: no contract was signed by the last of these releases.")
    if award is None and key.award_id is not None:
        found.append(f"No release read so far holds award {key.award_id}: its supplier may be missing.")
    if len(suppliers) > 1:
        found.append("There are several suppliers: say whether they hold one contract together, and who leads, or one each.")
    for party in (*buyers, *suppliers):
        if not party.identifiers:
            found.append(f"{party.name or party.id} has no identifier: say which organisation it is.")
    if status == "terminated" and (contract is None or contract.end_date is None):
        found.append("The contract came to a close, but the notices do not say when.")
    if period is not None:
        if period.starts_on and period.ends_on and period.ends_on < period.starts_on:
            found.append("By these releases together, the period ends before it starts.")
        elif period.ends_on and period.last_quarter and period.ends_on == period.last_quarter.first_day:
            found.append(
                f"The last day in local time is the first of {period.last_quarter}: check whether the day before is meant."
            )
    found += [f"KPI {one.id} was reported on, but no release read so far agreed it." for one in obligations if not one.agreed]
    return found


def _value(said: Value | None) -> tuple[ProposedValue | None, list[str]]:
    if said is None or said.amount is None:
        return None, []
    currency = said.currency or "GBP"
    warnings = ["The notice names no currency for the value: pounds are assumed."] if said.currency is None else []
    if currency != "GBP":
        warnings = [f"The value is in {currency}, not in pounds."]
    return ProposedValue(amount=said.amount, currency=currency), warnings


def _period(said: Period | None) -> ProposedPeriod | None:
    if said is None or not (said.start_date or said.end_date):
        return None
    return ProposedPeriod(
        starts_on=said.start_date,
        ends_on=said.end_date,
        may_extend_to=said.max_extent_date,
        first_quarter=_quarter(said.start_date),
        last_quarter=_quarter(said.end_date),
    )


def _quarter(day: date | None) -> Quarter | None:
    return Quarter.of(day) if day is not None and 1900 <= day.year < 9990 else None


def _form(tender: Tender, *, framework: bool) -> ContractForm:
    if "call-off" in (tender.procurement_method_details or "").lower():
        return ContractForm.CALL_OFF
    return ContractForm.FRAMEWORK if framework else ContractForm.CONTRACT


def _regime(tender: Tender) -> LegalRegime | None:
    """Suggested where the notice says so."""
    if "lightTouch" in tender.special_regime:
        return LegalRegime.LIGHT_TOUCH
    if "below threshold" in (tender.procurement_method_details or "").lower():
        return LegalRegime.BELOW_THRESHOLD
    law = (tender.legal_basis and tender.legal_basis.id) or ""
    return {"2023/54": LegalRegime.PA2023, "2023/1348": LegalRegime.PSR, "2015/102": LegalRegime.PCR2015}.get(law)
