"""Builders for the returns service: valid by default; name only what matters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.returns.models.content import Entered, LineContent
from services.returns.models.decisions import Certification
from services.returns.rules.deadlines import Deadlines
from shared.access import Caller, Role, Scope
from shared.events.commitments import (
    ContractClosed,
    ContractFact,
    ContractRecorded,
    ContractVaried,
    IcbSees,
    ObligationFact,
    ObligationVersion,
    OrganisationRecorded,
)
from shared.obligations import ContractForm, Frequency, Kind, OverTime, QuarterTarget, Sector, Share, Side, Terms
from shared.quarters import Quarter, quarters_of
from tests.shared.ratings.builders import OVER_TIME, SHARES, a_measure

Q1, Q2, Q3, Q4 = (Quarter.parse(f"2026-27-Q{number}") for number in (1, 2, 3, 4))
STARTS, ENDS = date(2026, 4, 1), date(2028, 3, 31)
DEADLINES = Deadlines()

_NAMES = UUID("7d0a3c1e-0000-5000-8000-000000000001")
TRUST, SUPPLIER, ICB, OTHER_TRUST, OTHER_SUPPLIER = (
    uuid5(_NAMES, name) for name in ("trust", "supplier", "icb", "other trust", "other supplier")
)

CERTIFIED = Certification(only_this_contract_and_period=True, only_what_was_promised=True)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def a_person(name: str, organisation_id: UUID, *roles: Role) -> Caller:
    return Caller(uuid5(_NAMES, f"person {name}"), organisation_id, frozenset(roles), frozenset(Scope))


EDITOR = a_person("editor", SUPPLIER, Role.SUPPLIER_EDITOR)
CERTIFIER = a_person("certifier", SUPPLIER, Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER)
MANAGER = a_person("manager", TRUST, Role.CONTRACT_MANAGER)
ANALYST = a_person("analyst", ICB, Role.ICB_ANALYST)
STRANGER = a_person("stranger", OTHER_SUPPLIER, Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER)
OTHER_MANAGER = a_person("other manager", OTHER_TRUST, Role.CONTRACT_MANAGER)


def terms(
    kind: Kind = Kind.FLOW,
    *,
    target: str | int = 50,
    unit: str | None = None,
    monthly: bool = False,
    over_time: OverTime | None = None,
    version: int = 1,
    evidence_required: bool = False,
) -> Terms:
    measure = a_measure(kind, **({"unit": unit} if unit else {}))
    return Terms(
        version=version,
        measure=measure,
        direction=measure.direction,
        basis="quarter",
        over_time=over_time or OVER_TIME[kind],
        bands=None if kind is Kind.FLAG else SHARES,
        frequency=Frequency.MONTHLY if monthly else Frequency.QUARTERLY,
        evidence_required=evidence_required,
        target=Decimal(target),
    )


def obligation_id(name: str, reference: str = "C-1") -> UUID:
    return uuid5(_NAMES, f"{reference}/{name}")


def contract_id(reference: str = "C-1") -> UUID:
    return uuid5(_NAMES, reference)


def an_obligation(
    name: str = "hours",
    in_force: Terms | None = None,
    *,
    reference: str = "C-1",
    side: Side = Side.SOCIAL_VALUE,
    quarters: tuple[Quarter, ...] = tuple(quarters_of(STARTS, ENDS)),
    targets: Mapping[Quarter, str] | None = None,
) -> ObligationFact:
    in_force = in_force or terms()
    owed = tuple(
        QuarterTarget(quarter=quarter, target=Decimal((targets or {}).get(quarter, str(in_force.target)))) for quarter in quarters
    )
    return ObligationFact(
        obligation_id=obligation_id(name, reference),
        reference=name,
        side=side,
        versions=(ObligationVersion(from_quarter=quarters[0], terms=in_force, targets=owed),),
    )


def a_contract(
    *obligations: ObligationFact,
    reference: str = "C-1",
    version: int = 1,
    told: type[ContractFact] = ContractRecorded,
    starts_on: date = STARTS,
    ends_on: date = ENDS,
    form: ContractForm = ContractForm.CONTRACT,
    buyer: UUID = TRUST,
    supplier: UUID = SUPPLIER,
    title: str = "Soft services",
) -> ContractFact:
    return told(
        version=version,
        contract_id=contract_id(reference),
        reference=reference,
        form=form,
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        buyers=(Share(organisation_id=buyer, name="A trust", sector=Sector.PUBLIC, lead=True),),
        suppliers=(Share(organisation_id=supplier, name="A supplier", sector=Sector.PRIVATE, lead=True),),
        obligations=obligations or (an_obligation(reference=reference),),
    )


def varied(*obligations: ObligationFact, version: int = 2, **fields: Any) -> ContractFact:
    return a_contract(*obligations, version=version, told=ContractVaried, **fields)


def closed(ends_on: date, *obligations: ObligationFact, version: int = 2, **fields: Any) -> ContractFact:
    return a_contract(*obligations, version=version, told=ContractClosed, ends_on=ends_on, **fields)


def an_organisation(organisation_id: UUID = TRUST, icb_sees: IcbSees = IcbSees.TOTALS, version: int = 1) -> OrganisationRecorded:
    return OrganisationRecorded(
        version=version,
        organisation_id=organisation_id,
        name="A trust",
        sector=Sector.PUBLIC,
        buyer=True,
        supplier=False,
        icb_sees=icb_sees,
    )


def value(amount: str | int) -> Entered:
    return Entered(value=Decimal(amount))


def ratio(numerator: str | int, denominator: str | int) -> Entered:
    return Entered(numerator=Decimal(numerator), denominator=Decimal(denominator))


def content(figure: str | int | Entered | None = 40, **fields: Any) -> LineContent:
    entered = value(figure) if isinstance(figure, str | int) else figure
    return LineContent.model_validate({"figure": entered, **fields})
