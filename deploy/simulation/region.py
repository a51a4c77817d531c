"""Makes up a region as a scenario: the same size and seed tell the same history, figure by figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from deploy.demo.scenario import Closing, Contract, Obligation, Organisation, OwnMeasure, Person, Restatement, Scenario
from services.commitments.models.words import LegalRegime
from shared.access import Role
from shared.obligations import Basis, ContractForm, Direction, Frequency, Kind, Place, Sector, Side
from shared.quarters import Quarter, quarters_of
from shared.working_days import add_working_days

# Measures of the catalogue that suppliers promise often, with a usual target per quarter.
_SOCIAL = [
    ("NT1", Kind.FTE, "8"),
    ("NT2", Kind.RATIO, "60"),
    ("NT4a", Kind.FTE, "1"),
    ("NT8", Kind.FLOW, "12"),
    ("NT10", Kind.FLOW, "26"),
    ("NT11", Kind.FLOW, "30"),
    ("NT14", Kind.FLOW, "20000"),
    ("NT15", Kind.FLOW, "15"),
    ("NT17", Kind.FLOW, "40"),
    ("NT18", Kind.FLOW, "50000"),
    ("NT20", Kind.HEADCOUNT, "40"),
    ("NT28", Kind.FLOW, "2500"),
    ("NT29", Kind.FLOW, "50"),
    ("NT31", Kind.FLOW, "5"),
    ("NT72", Kind.FLOW, "30"),
]
_CORE = [
    (OwnMeasure(code="CALLS", label="Calls answered in time", unit="%", kind=Kind.RATIO, direction=Direction.HIGHER), "95"),
    (OwnMeasure(code="VISITS", label="Visits made as planned", unit="%", kind=Kind.RATIO, direction=Direction.HIGHER), "92"),
    (
        OwnMeasure(code="UNITS", label="Units ready for service", unit="units", kind=Kind.HEADCOUNT, direction=Direction.HIGHER),
        "24",
    ),
    (OwnMeasure(code="COMPLAINTS", label="Complaints", unit="complaints", kind=Kind.FLOW, direction=Direction.LOWER), "10"),
]
_SECTORS = [Sector.PRIVATE] * 13 + [Sector.VCFSE] * 5 + [Sector.PUBLIC] * 2

_LATE, _MISSING, _UNREVIEWED, _NIL, _RESTATED = 0.10, 0.05, 0.03, 0.03, 0.02


def region(*, contracts: int, quarters: int, seed: int, present: date) -> Scenario:
    """``quarters`` full quarters before ``present``, with so many contracts running through most of them."""
    chance = Random(f"{contracts} {quarters} {seed}")  # noqa: S311 - a seed is wanted, not a secret
    last = Quarter.of(present).previous()
    first = last.plus(1 - quarters)
    icb = Organisation(key="icb", name="Simulated ICB", sector=Sector.PUBLIC, buyer=True)
    buyers = [_organisation(chance, f"buyer{n}", buyer=True) for n in range(max(1, contracts // 25))]
    suppliers = [_organisation(chance, f"supplier{n}", buyer=False) for n in range(max(2, contracts // 4))]
    owed = [
        _contract(chance, seed, n, chance.choice(buyers).key, chance.choice(suppliers).key, first, last, present)
        for n in range(contracts)
    ]
    return Scenario(
        begins=first.first_day,
        present=present,
        organisation=(icb, *buyers, *suppliers),
        person=(
            _person(icb, Role.ICB_ANALYST, Role.ADMINISTRATOR),
            *(_person(one, Role.CONTRACT_MANAGER) for one in buyers),
            *(_person(one, Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER) for one in suppliers),
        ),
        contract=tuple(owed),
        closing=tuple(
            Closing(quarter=quarter, on=day)
            for quarter in quarters_of(first.first_day, last.previous().last_day)
            if (day := add_working_days(quarter.next().first_day, 40)) < present
        ),
    )


def _organisation(chance: Random, key: str, *, buyer: bool) -> Organisation:
    return Organisation(
        key=key,
        name=f"Simulated {key}",
        sector=Sector.PUBLIC if buyer else chance.choice(_SECTORS),
        place=chance.choice(list(Place)),
        buyer=buyer,
        supplier=not buyer,
        icb_sees=chance.choice(("totals", "contracts")) if buyer else "totals",
    )


def _person(organisation: Organisation, *roles: Role) -> Person:
    return Person(
        key=f"person-of-{organisation.key}", name=f"Person of {organisation.name}", organisation=organisation.key, roles=roles
    )


def _contract(
    chance: Random, seed: int, number: int, buyer: str, supplier: str, first: Quarter, last: Quarter, present: date
) -> Contract:
    starts_on = first.plus(chance.choice((0, 0, 0, 0, 1, 2))).first_day + timedelta(days=chance.choice((0, 0, 0, 31, 45)))
    starts_on = min(starts_on, last.first_day)
    ends_on = Quarter.of(starts_on).plus(chance.randint(2, 15)).last_day
    places = chance.sample(list(Place), chance.choice((0, 1, 1, 2)))
    ran = [quarter for quarter in quarters_of(starts_on, ends_on) if quarter <= last]
    social = chance.sample(_SOCIAL, chance.randint(0, 5))
    core = chance.sample(_CORE, chance.randint(1, 3))
    owed = [
        *(_obligation(chance, f"C{n}", len(ran), target, own=own) for n, (own, target) in enumerate(core, 1)),
        *(
            _obligation(chance, f"S{n}", len(ran), target, measure=code, kind=kind)
            for n, (code, kind, target) in enumerate(social, 1)
        ),
    ]
    file_on, approve_on = _filing(chance, ran, present)
    return Contract(
        key=f"contract{number}",
        reference=f"SIM-{seed}-{number:06}",
        title=f"Simulated contract {number}",
        form=ContractForm.CONTRACT,
        legal_regime=LegalRegime.PA2023,
        value=Decimal(chance.randint(50, 20_000) * 1000),
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_on=starts_on,
        manager=f"person-of-{buyer}",
        certifier=f"person-of-{supplier}",
        buyer=buyer,
        supplier=supplier,
        places=dict.fromkeys(places, Decimal(1) / len(places)) if places else {},
        file_on=file_on,
        approve_on=approve_on,
        obligation=tuple(owed),
        restatement=tuple(_restatements(chance, owed, ran, approve_on, present)),
    )


def _obligation(
    chance: Random,
    reference: str,
    quarters: int,
    usual: str,
    *,
    own: OwnMeasure | None = None,
    measure: str | None = None,
    kind: Kind = Kind.FLOW,
) -> Obligation:
    kind = own.kind if own else kind
    lower = own is not None and own.direction is Direction.LOWER
    target = _rounded(Decimal(usual) if kind is Kind.RATIO else Decimal(usual) * chance.randint(5, 20) / 10, kind)
    monthly = kind is not Kind.HEADCOUNT and chance.random() < 0.1
    thresholds = (
        {Kind.RATIO: (target, target - 5, target - 15)}.get(kind) or (target, target * 2, target * 3)
        if lower or kind is Kind.RATIO
        else None
    )
    return Obligation(
        reference=reference,
        side=Side.CORE_SERVICE if own else Side.SOCIAL_VALUE,
        own=own,
        measure=measure,
        wording=f"Simulated promise {reference}",
        basis=Basis.QUARTER if lower else None,
        frequency=Frequency.MONTHLY if monthly else Frequency.QUARTERLY,
        targets=(target,),
        thresholds=thresholds,
        method=None if own else "As simulated.",
        relevant=None if own else "As simulated.",
        figures=tuple(_figure(chance, kind, target, monthly) for _ in range(quarters)),
    )


def _figure(chance: Random, kind: Kind, target: Decimal, monthly: bool) -> str:
    """Mostly about the target; sometimes well below, sometimes nil."""
    if chance.random() < _NIL:
        return "nil: Nothing came about in this quarter."
    if monthly:
        third = target / 3 if kind is Kind.FLOW else target
        return " + ".join(_one_figure(chance, kind, third) for _ in range(3))
    return _one_figure(chance, kind, target)


def _one_figure(chance: Random, kind: Kind, target: Decimal) -> str:
    reached = Decimal(str(round(chance.gauss(1.02, 0.12) if chance.random() < 0.85 else chance.uniform(0.3, 0.85), 4)))
    if kind is Kind.RATIO:
        denominator = chance.randint(100, 2000)
        return f"{min(denominator, round(denominator * target / 100 * reached))}/{denominator}"
    return str(_rounded(target * reached, kind))


def _rounded(value: Decimal, kind: Kind) -> Decimal:
    return round(max(value, Decimal(0)), 0 if kind is Kind.HEADCOUNT else 2)


def _filing(chance: Random, ran: list[Quarter], present: date) -> tuple[tuple[date | None, ...], tuple[date | None, ...]]:
    """When each quarter's return was filed and approved, as far as that lies before ``present``."""
    file_on: list[date | None] = []
    approve_on: list[date | None] = []
    for quarter in ran:
        luck = chance.random()
        days = chance.randint(21, 45) if luck < _LATE else chance.randint(4, 20)
        filed = None if luck > 1 - _MISSING else add_working_days(quarter.next().first_day, days)
        filed = filed if filed is not None and filed < present else None
        approved = add_working_days(filed, chance.randint(1, 14)) if filed and chance.random() > _UNREVIEWED else None
        file_on.append(filed)
        approve_on.append(approved if approved is not None and approved < present else None)
    return tuple(file_on), tuple(approve_on)


def _restatements(
    chance: Random, owed: list[Obligation], ran: list[Quarter], approve_on: tuple[date | None, ...], present: date
) -> Iterator[Restatement]:
    for obligation in owed:
        for quarter, figure, approved in zip(ran, obligation.figures, approve_on, strict=True):
            plain = not ("+" in figure or "/" in figure or figure.startswith("nil"))
            if approved is None or not plain or chance.random() > _RESTATED:
                continue
            on = add_working_days(approved, chance.randint(5, 40))
            if on < present:
                yield Restatement(
                    on=on,
                    quarter=quarter,
                    obligation=obligation.reference,
                    figure=str(Decimal(figure) + 1),
                    reason="Counted again.",
                )
