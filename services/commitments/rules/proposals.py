"""What becomes of a proposal when releases come in, and what a person's word on one comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.commitments.models.contracts import NewContract, Party
from services.commitments.models.organisations import NewOrganisation, OrganisationIdentifier
from services.commitments.models.proposals import (
    Confirmation,
    PartyConfirmed,
    ProposalKept,
    ProposalStatus,
    ProposalSummary,
    Settlement,
)
from services.commitments.notices import Process, ProposedContract, ProposedParty, Together
from services.commitments.notices.contracts import Key, known_as
from services.commitments.notices.differing import changes
from services.commitments.notices.models import Change
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.obligations import Sector

APPLIED = ("title", "value.amount", "period.ends_on", "ended_on")
"""What a settlement can change of a recorded contract; all else is a variation, or a matter for its own route."""
_FALLEN = "fallen"


class NotWaiting(Conflict):
    """This proposal does not wait for a person: it was confirmed or declined, or its award has fallen."""


class NothingToSettle(Conflict):
    """No later release says otherwise than what was settled last."""


class Incomplete(Invalid):
    """The notices and you together do not say enough to record this contract."""


class CannotApply(Invalid):
    """Not all of these changes can be applied for you."""


def summary(kept: ProposalKept) -> ProposalSummary:
    standing = kept.standing
    return ProposalSummary(
        proposal_id=kept.proposal_id,
        version=kept.version,
        ocid=standing.ocid,
        status=kept.status,
        title=standing.title,
        buyer=standing.buyer and standing.buyer.name,
        supplier=standing.supplier and standing.supplier.name,
        starts_on=standing.period and standing.period.starts_on,
        ends_on=standing.period and standing.period.ends_on,
        contract_ids=kept.contract_ids,
    )


def kept(before: Sequence[ProposalKept], process: Process, *, buyer_id: UUID | None, imported_for: UUID) -> list[ProposalKept]:
    """Every proposal of a process as it stands now, those before among them; the same version where nothing differs."""
    proposed = {_key(contract): contract for contract in process.contracts()}
    known = {_key(one.standing): one for one in before}
    earlier = known_as(known, proposed)
    found = [
        _again(known[earlier[key]], contract, buyer_id)
        if key in earlier
        else _new(contract, buyer_id=buyer_id, imported_for=imported_for)
        for key, contract in proposed.items()
    ]
    again = {*earlier.values()}
    return [*found, *(_fallen(one, process) for key, one in known.items() if key not in again)]


def _key(contract: ProposedContract) -> Key:
    return Key(contract.award_id, contract.contract_id)


def _new(contract: ProposedContract, *, buyer_id: UUID | None, imported_for: UUID) -> ProposalKept:
    return ProposalKept(
        proposal_id=new_id(),
        version=1,
        status=ProposalStatus.WAITING,
        buyer_id=buyer_id,
        imported_for=imported_for,
        standing=contract,
        settled=None,
        changes=(),
        contract_ids=(),
    )


def _again(before: ProposalKept, contract: ProposedContract, buyer_id: UUID | None) -> ProposalKept:
    status, waiting = before.status, before.changes
    if before.settled is not None:
        waiting = tuple(changes(before.settled, contract, contract.releases[-1], added=True))
        status = ProposalStatus.CHANGED if waiting else ProposalStatus.CONFIRMED
    elif status is ProposalStatus.FALLEN:
        status = ProposalStatus.WAITING
    return _if_different(
        before,
        before.model_copy(
            update={"standing": contract, "status": status, "changes": waiting, "buyer_id": before.buyer_id or buyer_id}
        ),
    )


def _fallen(before: ProposalKept, process: Process) -> ProposalKept:
    """Its award fell, or came apart into several contracts: where it is recorded already, that waits for a person."""
    if before.settled is None:
        status = before.status if before.status is ProposalStatus.DECLINED else ProposalStatus.FALLEN
        return _if_different(before, before.model_copy(update={"status": status}))
    if before.standing.status == _FALLEN:
        return before
    change = Change(field="status", before=before.settled.status, after=_FALLEN, release=process.releases[-1].release.id)
    standing = before.standing.model_copy(update={"status": _FALLEN})
    update = {"standing": standing, "status": ProposalStatus.CHANGED, "changes": (*before.changes, change)}
    return _if_different(before, before.model_copy(update=update))


def _if_different(before: ProposalKept, after: ProposalKept) -> ProposalKept:
    return before if after == before else after.model_copy(update={"version": before.version + 1})


def must_wait(proposal: ProposalKept) -> None:
    """Raises NotWaiting."""
    if proposal.status is not ProposalStatus.WAITING:
        raise NotWaiting


def party_of(proposed: ProposedParty, said: PartyConfirmed | None, *, buyer: bool) -> NewOrganisation:
    """A party that nobody knows here, as an organisation to be recorded."""
    return NewOrganisation(
        name=(proposed.name or proposed.id)[:300],
        identifiers=tuple(OrganisationIdentifier(scheme=one.scheme[:50], id=one.id[:200]) for one in proposed.identifiers),
        sector=(said and said.sector) or (Sector.PUBLIC if buyer else proposed.sector),
        place=(said and said.place) or proposed.place,
        buyer=buyer,
        supplier=not buyer,
    )


def contracts_to_record(proposal: ProposalKept, said: Confirmation, organisations: Mapping[str, UUID]) -> tuple[NewContract, ...]:
    """What a confirmation records; ``organisations`` by the notice's ids of the parties. Raises Incomplete, ValidationError."""
    standing = proposal.standing
    period = standing.period
    buyers, suppliers = standing.buyers, standing.suppliers
    given = {
        "title": said.title or (standing.title and standing.title[:1000]),
        "starts_on": said.starts_on or (period and period.starts_on),
        "ends_on": said.ends_on or _last_day(standing),
    }
    errors = [
        FieldError(f"/{name}", "The notices do not say this: enter it", "missing") for name, value in given.items() if not value
    ]
    errors += [*_party_errors(standing, said), *_kpi_errors(standing, said)]
    if errors:
        raise Incomplete(errors=errors)
    together = len(suppliers) < 2 or said.suppliers_are is Together.JOINT
    value = said.value if said.value is not None else standing.value and standing.value.amount if together else None
    found = []
    for number, sharing in enumerate([suppliers] if together else [(supplier,) for supplier in suppliers], 1):
        found.append(
            NewContract.model_validate(
                {
                    **given,
                    "reference": said.reference if together else f"{said.reference}-{number}",
                    "form": said.form or standing.form,
                    "parent_id": said.parent_id,
                    "ocid": standing.ocid,
                    "award_id": standing.award_id,
                    "ocds_contract_id": standing.contract_id,
                    "value": value,
                    "currency": said.currency or (standing.value.currency if standing.value else "GBP"),
                    "legal_regime": said.legal_regime or standing.legal_regime,
                    "buyers": _parties(buyers, organisations, buyers[0].id),
                    "suppliers": _parties(sharing, organisations, said.lead_supplier or sharing[0].id),
                    "places": said.places,
                    "weights": said.weights,
                    "tender_days": said.tender_days,
                    "obligations": [one.model_dump(exclude={"kpi_id"}) for one in said.obligations],
                }
            )
        )
    return tuple(found)


def _last_day(standing: ProposedContract) -> object:
    """Earlier where the contract came to a close already."""
    ends_on = standing.period and standing.period.ends_on
    return min(ends_on, standing.ended_on) if ends_on and standing.ended_on else ends_on


def _parties(proposed: Iterable[ProposedParty], organisations: Mapping[str, UUID], lead: str) -> tuple[Party, ...]:
    """Two parties of a notice may be one organisation."""
    found: dict[UUID, Party] = {}
    for one in proposed:
        organisation_id = organisations[one.id]
        leads = one.id == lead or (organisation_id in found and found[organisation_id].lead)
        found[organisation_id] = Party(organisation_id=organisation_id, lead=leads)
    return tuple(found.values())


def _party_errors(standing: ProposedContract, said: Confirmation) -> list[FieldError]:
    errors = []
    if not standing.buyers:
        errors.append(FieldError("/parties", "The notices name no buyer: record the contract by form", "missing"))
    if not standing.suppliers:
        errors.append(FieldError("/parties", "The notices name no supplier: record the contract by form", "missing"))
    names = {one.id for one in (*standing.buyers, *standing.suppliers)}
    errors += [
        FieldError(f"/parties/{id}", "The notices name no such party", "unknown-party") for id in said.parties if id not in names
    ]
    suppliers = {one.id for one in standing.suppliers}
    if len(suppliers) > 1 and said.suppliers_are is None:
        errors.append(FieldError("/suppliers_are", "Say whether they hold one contract together, or one each", "missing"))
    if said.suppliers_are is Together.JOINT and len(suppliers) > 1 and said.lead_supplier is None:
        errors.append(FieldError("/lead_supplier", "Say which supplier leads", "missing"))
    if said.lead_supplier is not None and said.lead_supplier not in suppliers:
        errors.append(FieldError("/lead_supplier", "The notices name no such supplier", "unknown-party"))
    return errors


def _kpi_errors(standing: ProposedContract, said: Confirmation) -> list[FieldError]:
    """No promise of a notice is lost by silence."""
    known = {one.id for one in standing.obligations}
    covered = {one.kpi_id for one in said.obligations if one.kpi_id is not None}
    errors = [
        FieldError(f"/obligations/{number}/kpi_id", "The notices hold no such KPI", "unknown-kpi")
        for number, one in enumerate(said.obligations)
        if one.kpi_id is not None and one.kpi_id not in known
    ]
    errors += [
        FieldError("/obligations", f"KPI {one.id} ({one.title}) is neither an obligation nor named in leave_out", "missing")
        for one in standing.obligations
        if one.id not in covered and one.id not in said.leave_out
    ]
    return errors


def changes_to_apply(proposal: ProposalKept, said: Settlement) -> dict[str, Change]:
    """By field. Raises NothingToSettle, CannotApply."""
    if proposal.status is not ProposalStatus.CHANGED:
        raise NothingToSettle
    waiting = {one.field: one for one in proposal.changes}
    errors = []
    for name in sorted(said.apply):
        if name not in waiting:
            errors.append(FieldError("/apply", f"No change of {name} waits", "unknown-change"))
        elif name not in APPLIED or waiting[name].after is None:
            detail = f"{name} is not applied for you: vary the obligation or change the contract yourself, and leave it out here"
            errors.append(FieldError("/apply", detail, "not-applied"))
        elif name == "value.amount" and len(proposal.contract_ids) > 1:
            detail = "The value is that of several contracts: change each yourself, and leave it out here"
            errors.append(FieldError("/apply", detail, "not-applied"))
    if errors:
        raise CannotApply(errors=errors)
    return {name: waiting[name] for name in said.apply}


def settled(proposal: ProposalKept) -> ProposalKept:
    """A person has decided: what stands now is what later releases are held against."""
    return proposal.model_copy(
        update={
            "version": proposal.version + 1,
            "status": ProposalStatus.CONFIRMED,
            "settled": proposal.standing,
            "changes": (),
        }
    )
