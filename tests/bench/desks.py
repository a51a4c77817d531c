"""What lies on people's desks beside returns and alerts: activities with photos, case studies, requests, plans, drafts.

Done through the services' actions, so that a walk finds lists that are as long as in a region at work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from deploy.demo.scenario import NOTICES
from services.alerts.actions import meeting, working
from services.commitments.actions import drafts, proposals
from services.commitments.models.drafts import Addition, ContractDraft, DraftKind, ObligationDraft, Typed
from services.commitments.notices import NoticeFile, read
from services.returns.actions import activities, case_studies, evidence, filing, restating
from services.returns.models.activities import ActivityContent
from services.returns.models.case_studies import Consent, ConsentHow
from services.returns.models.content import Entered, LineContent
from services.returns.models.decisions import RestatementWanted
from services.returns.store.files import evidence_store
from shared.access import SUPPLIER, Caller, Role
from shared.db import Connection
from shared.ids import new_id
from shared.obligations import Kind, Side
from shared.quarters import Quarter, local_date
from shared.service import Runtime

_NOTED = 5
"""Activities of an obligation in a quarter."""
_PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def fill(opened: Sequence[Runtime], at: datetime) -> None:
    """For each contract: activities in the newest return that is open, and everything else once."""
    by_name = {runtime.service.name: runtime for runtime in opened}
    found = await by_name["returns"].pool.fetch(
        "SELECT contract_id, buyer_ids[1], supplier_ids[1] FROM contracts ORDER BY contract_id"
    )
    for contract_id, buyer_id, supplier_id in found:
        manager = await _somebody(by_name["returns"], buyer_id, Role.CONTRACT_MANAGER)
        supplier = await _somebody(by_name["returns"], supplier_id, *SUPPLIER)
        async with by_name["returns"].pool.acquire() as conn, conn.transaction():
            await _report(conn, by_name["returns"], contract_id, manager, supplier, at)
        async with by_name["alerts"].pool.acquire() as conn, conn.transaction():
            await _answer(conn, contract_id, manager, supplier, at)


async def _somebody(runtime: Runtime, organisation_id: UUID, *roles: Role) -> Caller:
    person_id = await runtime.identity.fetchval(
        "SELECT id FROM people WHERE organisation_id = $1 ORDER BY id LIMIT 1", organisation_id
    )
    return Caller(person_id, organisation_id, frozenset(roles), frozenset())


async def _report(conn: Connection, runtime: Runtime, contract_id: UUID, manager: Caller, supplier: Caller, at: datetime) -> None:
    to_fill = await conn.fetch(
        """
        SELECT line_id, obligation_id, quarter FROM lines
        WHERE contract_id = $1 AND owed AND terms #>> '{measure,kind}' = $2
          AND quarter = (SELECT max(quarter) FROM lines WHERE contract_id = $1 AND quarter <= $3)
        """,
        contract_id,
        Kind.FLOW.value,
        local_date(at),
    )
    files = evidence_store(runtime.settings.evidence)
    for line_id, obligation_id, first_day in to_fill:
        for nth in range(_NOTED):
            content = ActivityContent(
                happened_on=first_day + timedelta(days=nth), quantity=Entered(value=nth + 1), note="Garden day"
            )
            noted = await activities.note(conn, contract_id, obligation_id, content, by=supplier, at=at)
        photo = _PHOTO + line_id.bytes
        await evidence.add_to_activity(
            conn, files, noted.activity_id, name="garden.png", content=photo, largest=1024, by=supplier, at=at
        )
    told = await conn.fetch(
        """
        SELECT line_id, content FROM lines
        WHERE contract_id = $1 AND status = 'approved' AND content ->> 'story' IS NOT NULL ORDER BY line_id LIMIT 3
        """,
        contract_id,
    )
    for number, (line_id, content) in enumerate(told):
        if number == 0:
            study = await case_studies.mark(conn, line_id, "Calls answered by a neighbour", by=manager, at=at)
            consent = Consent(given_by="Tom Adeyemi, site manager", given_on=local_date(at), how=ConsentHow.EMAIL)
            await case_studies.record_consent(conn, study.case_study_id, consent, by=manager, at=at)
        elif number == 1:
            await restating.ask_to_restate(conn, line_id, "Two visits were counted twice.", by=manager, at=at)
        else:
            again = RestatementWanted(content=LineContent.model_validate(content), reason="Two visits were counted twice.")
            await restating.request_restatement(conn, line_id, again, by=supplier, at=at)


async def _answer(conn: Connection, contract_id: UUID, manager: Caller, supplier: Caller, at: datetime) -> None:
    quarter = Quarter.of(local_date(at)).previous()
    due_on = local_date(at) + timedelta(days=30)
    standing = await conn.fetch(
        "SELECT alert_id FROM alerts WHERE contract_id = $1 AND status <> 'resolved' ORDER BY alert_id LIMIT 2", contract_id
    )
    for (alert_id,) in standing:
        await working.dispute(conn, alert_id, "The lift stood still for other reasons.", at=at, by=supplier)
        await working.plan_recovery(conn, alert_id, "Two more people from January.", due_on, at=at, by=supplier)
    for nth in range(3):
        what = f"Send the rota of week {nth + 1}"
        await meeting.agree_task(conn, contract_id, quarter, what=what, owner="Tom Adeyemi", due_on=due_on, at=at, by=manager)


async def begin(
    opened: Sequence[Runtime], *, manager: Caller, supplier: Caller, administrator: Caller, contract_id: UUID, at: datetime
) -> Mapping[str, Sequence[UUID]]:
    """What these people have begun themselves: ids by what they are.

    A contract of 25 obligations and an addition, notices that wait, and a filled return where one is open.
    """
    commitments, returns = (next(one for one in opened if one.service.name == name) for name in ("commitments", "returns"))
    async with returns.pool.acquire() as conn, conn.transaction():
        nothing = LineContent(nil_reason="The service did not run.")
        for (line_id,) in await conn.fetch(
            "SELECT line_id FROM lines WHERE contract_id = $1 AND status = 'open' AND owed", contract_id
        ):
            await filing.save_line(conn, line_id, nothing, by=supplier, at=at)
    async with commitments.pool.acquire() as conn, conn.transaction():
        return await _register(conn, manager, administrator, supplier.organisation_id, contract_id, at)


async def _register(
    conn: Connection, manager: Caller, administrator: Caller, supplier_id: UUID, contract_id: UUID, at: datetime
) -> Mapping[str, Sequence[UUID]]:
    obligations = tuple(_promised(nth) for nth in range(25))
    award: Typed = {
        "reference": "T-2027-1",
        "title": "Patient transport",
        "form": "contract",
        "value": "250000",
        **_day("starts_on", 1, 4, 2027),
        **_day("ends_on", 31, 3, 2029),
        "legal_regime": "psr",
        "tender_days": "45",
        "net_zero_and_social_value": "10",
        "qualitative_part": "60",
    }
    content = ContractDraft(
        award=award,
        parties={"suppliers": [str(supplier_id)]},
        places={"place-wirral": "60", "place-halton": "40"},
        obligations=obligations,
    )
    quarter = Quarter.of(local_date(at)).next()
    addition = Addition(
        contract_id=contract_id,
        title="Patient transport",
        side=Side.SOCIAL_VALUE,
        from_quarter=quarter,
        starts_on=quarter.first_day,
        ends_on=quarter.last_day,
        reason="Agreed in June.",
    )
    begun = [
        await drafts.begin(conn, DraftKind.BY_FORM, one, by=manager, at=at) for one in (content, ContractDraft(addition=addition))
    ]
    reading = read([NoticeFile(file.name, file.read_bytes()) for file in sorted(NOTICES.glob("*.json"))])
    await proposals.import_notices(conn, reading, by=administrator, at=at)
    waiting = await conn.fetch("SELECT proposal_id FROM proposals ORDER BY proposal_id")
    return {
        "draft_id": [draft.draft_id for draft in begun],
        "obligation_id": [obligations[0].id],
        "proposal_id": [row[0] for row in waiting],
    }


def _promised(nth: int) -> ObligationDraft:
    promise: Typed = {
        "reference": f"SV{nth + 1}",
        "wording": "We will volunteer for community projects.",
        "method_statement": "By our volunteering days.",
        "relevant": "It serves the place.",
        "proportionate": "It fits the value.",
        "additional": "Nobody did so before.",
        "frequency": "quarterly",
        "evidence_required": "no",
    }
    return ObligationDraft(
        id=new_id(),
        side=Side.SOCIAL_VALUE,
        measure="NT29",
        promise=promise,
        targets={"how": "spread", "total": "800", "way": "evenly", "basis": "quarter"},
        bands={"by": "share_of_target", "good": "100", "approaching": "90", "improvement": "75"},
    )


def _day(name: str, day: int, month: int, year: int) -> Typed:
    return {f"{name}-day": str(day), f"{name}-month": str(month), f"{name}-year": str(year)}
