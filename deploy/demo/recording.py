"""Acts on notices and contracts: import, confirm, record and vary. Each is done once, however often it is played."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from deploy.demo.scenario import NOTICES, Contract, Notice, Obligation, Variation, at_work
from deploy.demo.stage import Stage
from services.commitments.actions import contracts as actions
from services.commitments.actions import proposals as proposal_actions
from services.commitments.models.contracts import Contract as Recorded
from services.commitments.models.contracts import NewContract, Party, PledgedBaseline, Weights
from services.commitments.models.obligations import Counting, NewObligation, OwnMeasure
from services.commitments.models.obligations import Variation as Varied
from services.commitments.models.proposals import Confirmation, ConfirmedObligation, PartyConfirmed, ProposalStatus
from services.commitments.notices import NoticeFile, read
from services.commitments.store import contracts as store
from services.commitments.store.measures import measures
from shared.access import Role
from shared.db import Connection
from shared.obligations import Bands, BandsBy, QuarterTarget


async def import_notice(stage: Stage, notice: Notice, conn: Connection) -> None:
    reading = read([NoticeFile(notice.file, (NOTICES / notice.file).read_bytes())])
    await proposal_actions.import_notices(conn, reading, by=stage.with_role(Role.ADMINISTRATOR), at=at_work(notice.on))


async def record(stage: Stage, contract: Contract, conn: Connection) -> None:
    known = await find(stage, contract, conn)
    if known is None:
        codes = {one.measure.code for one in await measures(conn, buyer_id=stage.organisations[contract.buyer])}
        if contract.ocid is not None:
            known = await _confirm(stage, contract, codes, conn)
        else:
            new = _new_contract(stage, contract, codes)
            at = at_work(contract.recorded_on)
            known = await actions.record_contract(conn, new, by=stage.manager(contract), at=at)
    stage.recorded[contract.key] = known


async def _confirm(stage: Stage, contract: Contract, codes: Collection[str], conn: Connection) -> Recorded:
    """The notices' proposal, as the contract's manager completes it."""
    by = stage.with_role(Role.ADMINISTRATOR)
    waiting = await proposal_actions.list_proposals(conn, by=by, status=ProposalStatus.WAITING, after=None, limit=200)
    proposal = next(one for one in waiting if one.standing.ocid == contract.ocid)
    parties = {
        party.id: PartyConfirmed(organisation_id=stage.organisations[key])
        for key, among in ((contract.buyer, proposal.standing.buyers), (contract.supplier, proposal.standing.suppliers))
        for party in among
    }
    said = Confirmation(
        reference=contract.reference,
        title=contract.title,
        parties=parties,
        places=contract.places,
        obligations=tuple(
            ConfirmedObligation(kpi_id=one.kpi, **_new_obligation(stage, contract, one, codes).model_dump())
            for one in contract.obligation
        ),
    )
    recorded = await proposal_actions.confirm(conn, proposal.proposal_id, said, by=by, at=at_work(contract.recorded_on))
    return recorded[0]


async def find(stage: Stage, contract: Contract, conn: Connection) -> Recorded | None:
    known = await store.find_by_reference(conn, stage.organisations[contract.buyer], contract.reference)
    return None if known is None else await actions.read_contract(conn, known, by=stage.manager(contract))


async def vary(stage: Stage, contract: Contract, told: Variation, conn: Connection) -> None:
    manager = stage.manager(contract)
    stands = await actions.read_contract(conn, stage.contract_id(contract), by=manager)
    obligation = next(one for one in stands.obligations if one.reference == told.obligation)
    if any(version.version > 1 and version.from_quarter == told.from_quarter for version in obligation.versions):
        return
    owed = contract.called(told.obligation)
    quarters = [quarter for quarter in contract.quarters if quarter >= told.from_quarter]
    targets = tuple(
        QuarterTarget(quarter=quarter, target=told.targets[min(number, len(told.targets) - 1)])
        for number, quarter in enumerate(quarters)
    )
    counting = Counting(
        wording=owed.wording,
        basis=owed.basis,
        bands=_bands(owed),
        frequency=owed.frequency,
        evidence_required=owed.evidence_required,
        targets=targets,
    )
    varied = Varied(from_quarter=told.from_quarter, reason=told.reason, counting=counting)
    await actions.vary(conn, stands.contract_id, obligation.obligation_id, varied, by=manager, at=at_work(told.on))


def _new_contract(stage: Stage, contract: Contract, codes: Collection[str]) -> NewContract:
    return NewContract(
        reference=contract.reference,
        title=contract.title,
        form=contract.form,
        value=contract.value,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        legal_regime=contract.legal_regime,
        buyers=(Party(organisation_id=stage.organisations[contract.buyer], lead=True),),
        suppliers=(Party(organisation_id=stage.organisations[contract.supplier], lead=True),),
        places=contract.places,
        weights=Weights.model_validate(contract.weights.model_dump()) if contract.weights else None,
        tender_days=contract.tender_days,
        baselines=_baselines(contract),
        obligations=tuple(_new_obligation(stage, contract, one, codes) for one in contract.obligation),
    )


def _new_obligation(stage: Stage, contract: Contract, owed: Obligation, codes: Collection[str]) -> NewObligation:
    """``codes``: the measures that the buyer can name already."""
    code = owed.measure or (owed.own.code if owed.own else "")
    return NewObligation(
        reference=owed.reference,
        side=owed.side,
        measure=code if code in codes else None,
        own_measure=OwnMeasure.model_validate(owed.own.model_dump()) if owed.own and code not in codes else None,
        owner_id=stage.people[owed.owner].person_id if owed.owner else None,
        method_statement=owed.method,
        relevant=owed.relevant,
        proportionate=owed.proportionate,
        additional=owed.additional,
        wording=owed.wording,
        basis=owed.basis,
        bands=_bands(owed),
        frequency=owed.frequency,
        evidence_required=owed.evidence_required,
        targets=tuple(QuarterTarget(quarter=quarter, target=owed.target(n)) for n, quarter in enumerate(contract.quarters)),
    )


def _bands(owed: Obligation) -> Bands | None:
    """None: as the tool suggests."""
    if owed.thresholds is None:
        return None
    good, approaching, improvement = owed.thresholds
    return Bands(by=BandsBy.THRESHOLDS, good=good, approaching=approaching, improvement=improvement)


def _baselines(contract: Contract) -> tuple[PledgedBaseline, ...]:
    """A pledge's: the twelve months before it."""
    first = contract.starts_on.replace(year=contract.starts_on.year - 1)
    last = contract.starts_on - timedelta(days=1)
    return tuple(
        PledgedBaseline(
            measure_code=one.measure or "", amount=one.baseline, from_date=first, to_date=last, source="The trust's own accounts"
        )
        for one in contract.obligation
        if one.baseline is not None
    )
