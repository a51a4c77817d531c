"""What a contract may be, what is worth a second look, and how others are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from services.commitments.models.contracts import (
    NET_ZERO_AND_SOCIAL_VALUE,
    QUALITATIVE_PART,
    TENDER_DAYS,
    Caution,
    Contract,
    Part,
    Party,
    Weights,
)
from services.commitments.models.obligations import Obligation, Variation
from shared.errors import Conflict, FieldError, Invalid
from shared.events import commitments as told
from shared.obligations import ContractForm, QuarterTarget, Side
from shared.quarters import Quarter

ABOVE = (ContractForm.FRAMEWORK, ContractForm.LOT)
"""What lots and call-offs may stand under."""
Told = TypeVar("Told", bound=told.ContractFact)
MOST_TOLD = 500
"""Characters of a promise's wording that others are told."""


class QuarterOver(Conflict):
    """That quarter is over, and the past is never rewritten. Vary the obligation from the current quarter on."""


class VariedLater(Conflict):
    """This obligation was already varied from a later quarter on. Vary it from that quarter, or a later one."""


class OnlyOfPledge(Conflict):
    """Only a pledge has a baseline."""


class NotWithinContract(Conflict):
    """That day is not within the contract. Choose one from its start to its end."""


def led(parties: tuple[Party, ...]) -> tuple[Party, ...]:
    """A sole party leads."""
    return parties if len(parties) > 1 else tuple(party.model_copy(update={"lead": True}) for party in parties)


def check_variation(variation: Variation, obligation: Obligation, contract: Contract, *, today: date) -> None:
    """Raises QuarterOver, VariedLater, Invalid."""
    if variation.from_quarter < Quarter.of(today):
        raise QuarterOver
    if variation.from_quarter < obligation.newest.from_quarter:
        raise VariedLater(f"This obligation was already varied from {obligation.newest.from_quarter} on.")
    _check_within(contract, variation.from_quarter)


def earliest_addition(contract: Contract, *, today: date) -> Quarter:
    """From when on more may be owed. The past is only for a contract under which nothing was owed yet."""
    first = Quarter.of(contract.starts_on)
    return max(first, Quarter.of(today)) if contract.obligations else first


def check_addition(contract: Contract, from_quarter: Quarter, *, today: date) -> None:
    """Raises Invalid."""
    if from_quarter < earliest_addition(contract, today=today):
        detail = f"The past is never rewritten. Choose {earliest_addition(contract, today=today)} or a later quarter"
        raise Invalid(errors=[FieldError("/from_quarter", detail, "quarter-over")])
    _check_within(contract, from_quarter)


def _check_within(contract: Contract, from_quarter: Quarter) -> None:
    if from_quarter > Quarter.of(contract.ends_on):
        detail = f"The contract's last quarter is {Quarter.of(contract.ends_on)}"
        raise Invalid(errors=[FieldError("/from_quarter", detail, "outside-contract")])


def check_closing(contract: Contract, ends_on: date, *, today: date) -> None:
    """Raises NotWithinContract, QuarterOver."""
    if not contract.starts_on <= ends_on <= contract.ends_on:
        raise NotWithinContract
    if Quarter.of(ends_on) < Quarter.of(today):
        raise QuarterOver("That quarter is over, and the past is never rewritten. Close the contract in the current quarter.")


def cautions(
    *, weights: Weights | None, tender_days: int | None, obligations: Iterable[Obligation], to_confirm: Iterable[str] = ()
) -> tuple[Caution, ...]:
    """What does not comply, or waits for somebody: recorded and shown, since history may not comply."""
    found = []
    if weights is not None and weights.net_zero_and_social_value < NET_ZERO_AND_SOCIAL_VALUE:
        detail = f"Net zero and social value weigh less than {NET_ZERO_AND_SOCIAL_VALUE} %"
        found.append(Caution(code="weight-too-low", detail=detail, pointer="/weights/net_zero_and_social_value"))
    if weights is not None and weights.qualitative_part < QUALITATIVE_PART:
        detail = f"The qualitative part weighs less than {QUALITATIVE_PART} %"
        found.append(Caution(code="qualitative-part-too-low", detail=detail, pointer="/weights/qualitative_part"))
    if tender_days is not None and tender_days < TENDER_DAYS:
        detail = f"The tender was open for fewer than {TENDER_DAYS} days"
        found.append(Caution(code="tender-too-short", detail=detail, pointer="/tender_days"))
    unconfirmed = set(to_confirm)
    for number, obligation in enumerate(obligations):
        pointer = f"/obligations/{number}"
        code = obligation.newest.terms.measure.code
        if code in unconfirmed:
            detail = f"{code} waits for the ICB to confirm its wording or unit"
            found.append(Caution(code="measure-to-confirm", detail=detail, pointer=f"{pointer}/measure"))
        if obligation.side is Side.SOCIAL_VALUE and not (
            obligation.method_statement and obligation.relevant and obligation.proportionate and obligation.additional
        ):
            detail = "Say how it will be delivered, and why it is relevant, proportionate and additional"
            found.append(Caution(code="statement-missing", detail=detail, pointer=pointer))
    return tuple(found)


def targets_in_force(obligation: Obligation) -> list[QuarterTarget]:
    """What is owed in each quarter, by the version in force in it."""
    found: list[QuarterTarget] = []
    for version in obligation.versions:
        found = [*(entry for entry in found if entry.quarter < version.from_quarter), *version.targets]
    return found


def contract_fact(kind: type[Told], contract: Contract) -> Told:
    """The contract as others are told of it: with its own words for what is owed, and without anybody else's."""
    return kind(
        version=contract.version,
        contract_id=contract.contract_id,
        reference=contract.reference,
        ocid=contract.ocid,
        award_id=contract.award_id,
        ocds_contract_id=contract.ocds_contract_id,
        form=contract.form,
        parent_id=contract.parent_id,
        title=contract.title,
        value=contract.value,
        currency=contract.currency,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        buyers=contract.buyers,
        suppliers=contract.suppliers,
        places=contract.places,
        baselines=tuple(told.Baseline(**one.model_dump(exclude={"source"})) for one in contract.baselines),
        obligations=tuple(
            told.ObligationFact(
                obligation_id=obligation.obligation_id,
                reference=obligation.reference,
                side=obligation.side,
                owner_id=obligation.owner_id,
                versions=tuple(
                    told.ObligationVersion(
                        from_quarter=one.from_quarter, terms=one.terms, targets=one.targets, wording=_told_words(one.wording)
                    )
                    for one in obligation.versions
                ),
            )
            for obligation in contract.obligations
        ),
    )


def _told_words(wording: str) -> str:
    """A contract of many clauses still has to fit into one event."""
    return wording if len(wording) <= MOST_TOLD else wording[: MOST_TOLD - 1].rstrip() + "…"


def pointer_to(part: Part, number: int) -> str:
    """Where a party stands in what was sent."""
    return f"/{part}s/{number}/organisation_id"
