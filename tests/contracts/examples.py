"""One example of every event, made by hand: what ``freeze`` writes down and never changes again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from shared.events import alerts, commitments, icb_totals, returns
from shared.events.envelope import Envelope, Event
from shared.obligations import (
    Bands,
    BandsBy,
    Basis,
    ContractForm,
    Direction,
    Figure,
    Judgement,
    Kind,
    Measure,
    OverTime,
    Place,
    QuarterTarget,
    Sector,
    Share,
    Side,
    Terms,
)
from shared.quarters import Quarter

Q2 = Quarter.parse("2026-27-Q2")
Q3 = Quarter.parse("2026-27-Q3")
AT = datetime(2026, 11, 2, 9, 30, 15, 123456, tzinfo=UTC)


def identifier(number: int) -> UUID:
    return UUID(f"01930000-0000-7000-8000-{number:012d}")


BUYER = Share(
    organisation_id=identifier(1), name="Mersey General Hospital", sector=Sector.PUBLIC, place=Place.LIVERPOOL, lead=True
)
SUPPLIER = Share(organisation_id=identifier(2), name="Wirral Meals CIC", sector=Sector.VCFSE, place=Place.WIRRAL, lead=True)
HOURS = Measure(
    framework="cheshire-and-merseyside",
    code="NT17",
    label="Volunteering hours",
    unit="hours",
    kind=Kind.FLOW,
    direction=Direction.HIGHER,
    over_time=OverTime.SUM,
    theme="Growth",
    outcome="A thriving VCFSE sector",
    suppress=True,
    partner_vcfse=True,
)
CALLS = Measure(
    framework="buyer",
    code="KPI-1",
    label="Calls answered in time",
    unit="%",
    kind=Kind.RATIO,
    direction=Direction.HIGHER,
    over_time=OverTime.POOL,
    buyer_id=identifier(1),
)
HOURS_TERMS = Terms(
    version=1,
    measure=HOURS,
    direction=Direction.HIGHER,
    basis=Basis.YEAR,
    over_time=OverTime.SUM,
    bands=Bands(by=BandsBy.SHARE_OF_TARGET, good=Decimal("1.0"), approaching=Decimal("0.9"), improvement=Decimal("0.7")),
    evidence_required=True,
    target=Decimal(50),
)
CALLS_TERMS = Terms(
    version=2,
    measure=CALLS,
    direction=Direction.HIGHER,
    basis=Basis.QUARTER,
    over_time=OverTime.POOL,
    bands=Bands(by=BandsBy.THRESHOLDS, good=Decimal(95), approaching=Decimal(90), improvement=Decimal(80)),
    target=Decimal(95),
)
SNAPSHOT = returns.ContractSnapshot(
    reference="MGH-2026-017",
    title="Patient catering",
    form=ContractForm.CONTRACT,
    starts_on=date(2026, 4, 1),
    ends_on=date(2029, 3, 31),
    buyers=(BUYER,),
    suppliers=(SUPPLIER,),
    places={Place.LIVERPOOL: Decimal("0.6"), Place.WIRRAL: Decimal("0.4")},
)

_contract = {
    "version": 3,
    "contract_id": identifier(10),
    "reference": "MGH-2026-017",
    "ocid": "ocds-h6vhtk-04f3c2",
    "award_id": "1",
    "ocds_contract_id": "1",
    "form": ContractForm.CALL_OFF,
    "parent_id": identifier(11),
    "title": "Patient catering",
    "value": Decimal("1250000.50"),
    "starts_on": date(2026, 4, 1),
    "ends_on": date(2029, 3, 31),
    "buyers": (BUYER,),
    "suppliers": (SUPPLIER,),
    "places": {Place.LIVERPOOL: Decimal("0.6"), Place.WIRRAL: Decimal("0.4")},
    "obligations": (
        commitments.ObligationFact(
            obligation_id=identifier(20),
            reference="SV1",
            side=Side.SOCIAL_VALUE,
            owner_id=identifier(5),
            versions=(
                commitments.ObligationVersion(
                    from_quarter=Q2,
                    terms=HOURS_TERMS,
                    targets=(QuarterTarget(quarter=Q2, target=Decimal(50)), QuarterTarget(quarter=Q3, target=Decimal("62.5"))),
                    wording="200 hours of volunteering in schools a year",
                ),
            ),
        ),
    ),
    "baselines": (
        commitments.Baseline(measure_code="NT17", amount=Decimal(120), from_date=date(2025, 4, 1), to_date=date(2026, 3, 31)),
    ),
}
_return = {
    "version": 2,
    "return_id": identifier(30),
    "contract_id": identifier(10),
    "quarter": Q2,
    "contract": SNAPSHOT,
    "opened_on": date(2026, 10, 1),
    "due_on": date(2026, 10, 28),
    "submitted_at": AT,
    "first_submitted_at": AT,
    "review_due_on": date(2026, 11, 23),
    "lines": (
        returns.LineOwed(
            line_id=identifier(31),
            obligation_id=identifier(20),
            reference="SV1",
            side=Side.SOCIAL_VALUE,
            owner_id=identifier(5),
            terms=HOURS_TERMS,
            status=returns.LineStatus.SUBMITTED,
        ),
    ),
}
_line = {
    "version": 1,
    "line_id": identifier(32),
    "return_id": identifier(30),
    "contract_id": identifier(10),
    "obligation_id": identifier(21),
    "quarter": Q2,
    "contract": SNAPSHOT,
    "reference": "KPI1",
    "side": Side.CORE_SERVICE,
    "owner_id": identifier(5),
    "terms": CALLS_TERMS,
    "judgement": Judgement.PARTLY,
    "unlikely": ("ten_times_usual",),
    "evidence": ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    "approved_at": AT,
}
_alert = {
    "version": 4,
    "alert_id": identifier(40),
    "contract_id": identifier(10),
    "obligation_id": identifier(20),
    "quarter": Q2,
    "kind": alerts.AlertKind.SHORTFALL,
    "severity": alerts.Severity.HIGH,
    "raised_at": AT,
}
_coverage = icb_totals.Coverage(
    due=12,
    received=11,
    approved=9,
    promised_due=Decimal(600),
    promised_received=Decimal(550),
    promised_approved=Decimal("437.5"),
)

EXAMPLES: tuple[Event, ...] = (
    commitments.OrganisationRecorded(
        version=1,
        organisation_id=identifier(1),
        name="Mersey General Hospital",
        identifiers=(commitments.Identifier(scheme="GB-NHS", id="RXX"),),
        sector=Sector.PUBLIC,
        place=Place.LIVERPOOL,
        buyer=True,
        supplier=False,
        icb_sees=commitments.IcbSees.CONTRACTS,
        escalates_to_icb=True,
        executive_id=identifier(6),
    ),
    commitments.FrameworkLoaded(
        version=2, framework_id=identifier(3), framework="cheshire-and-merseyside", framework_version=2, measures=(HOURS,)
    ),
    commitments.ContractRecorded(**_contract),
    commitments.ContractVaried(**_contract),
    commitments.ContractClosed(**_contract),
    returns.ReturnOpened(**_return | {"status": returns.ReturnStatus.OPEN, "submitted_at": None, "first_submitted_at": None}),
    returns.ReturnSubmitted(**_return, status=returns.ReturnStatus.SUBMITTED),
    returns.ChangesRequested(**_return, status=returns.ReturnStatus.CHANGES_REQUESTED),
    returns.ReturnApproved(**_return, status=returns.ReturnStatus.APPROVED),
    returns.ReturnAmended(**_return, status=returns.ReturnStatus.SUBMITTED),
    returns.ReturnOverdue(**_return, status=returns.ReturnStatus.OPEN),
    returns.ReviewOverdue(**_return, status=returns.ReturnStatus.SUBMITTED),
    returns.LineApproved(**_line, figure=Figure(numerator=Decimal(931), denominator=Decimal(980))),
    returns.LineRestated(**_line, figure=Figure(numerator=Decimal(0), denominator=Decimal(0), nil=True)),
    alerts.ObligationRated(
        version=1,
        contract_id=identifier(10),
        obligation_id=identifier(20),
        quarter=Q3,
        side=Side.SOCIAL_VALUE,
        measure_code="NT17",
        unit="hours",
        rating=alerts.Rating.APPROACHING_TARGET,
        incomplete=(Q2,),
        delivered=Decimal(90),
        target=Decimal(100),
    ),
    alerts.AlertRaised(**_alert, status=alerts.AlertStatus.OPEN, level=alerts.EscalationLevel.CONTRACT_MANAGER),
    alerts.AlertChanged(**_alert, status=alerts.AlertStatus.OPEN, level=alerts.EscalationLevel.CONTRACT_MANAGER),
    alerts.AlertAcknowledged(
        **_alert, status=alerts.AlertStatus.ACKNOWLEDGED, level=alerts.EscalationLevel.CONTRACT_MANAGER, acknowledged_at=AT
    ),
    alerts.RecoveryAgreed(
        **_alert,
        status=alerts.AlertStatus.RECOVERY_AGREED,
        level=alerts.EscalationLevel.CONTRACT_MANAGER,
        recovery_due_on=date(2026, 12, 18),
    ),
    alerts.AlertEscalated(**_alert, status=alerts.AlertStatus.OPEN, level=alerts.EscalationLevel.EXECUTIVE),
    alerts.AlertResolved(
        **_alert,
        status=alerts.AlertStatus.RESOLVED,
        level=alerts.EscalationLevel.ICB,
        resolved_at=AT,
        resolved_by_itself=True,
    ),
    icb_totals.QuarterPublished(
        version=2,
        publication_id=identifier(50),
        quarter=Q2,
        number=2,
        published_at=AT,
        totals=34,
    ),
    icb_totals.TotalPublished(
        version=2,
        publication_id=identifier(50),
        quarter=Q2,
        number=2,
        framework="cheshire-and-merseyside",
        measure_code="NT17",
        unit="hours",
        kind=Kind.FLOW,
        dimension="place",
        member="Wirral",
        value=Decimal("182.5"),
        coverage=_coverage,
    ),
)


def envelope(example: Event) -> Envelope:
    return Envelope.around(
        example,
        id=identifier(99),
        source=f"/icb/cheshire-and-merseyside/{example.topic}",
        time=AT,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
