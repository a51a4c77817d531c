"""Facts in, ratings and alerts out: each kind raised, changed and resolved by itself."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

import pytest

from services.alerts.handlers import fold
from shared.db import Connection, connect
from shared.events import Event
from shared.events.commitments import ContractVaried
from shared.obligations import ContractForm, Judgement, Kind, Side
from tests.alerts.builders import Contract, Promised, Telling, at, contents
from tests.conftest import Databases
from tests.shared.ratings.builders import NEXT_Q1, Q1, Q2, Q3, Q4, terms

JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (at(date(2026, month, 10)) for month in (7, 8, 9, 10, 11))


@pytest.fixture
def hear(conn: Connection, tell: Telling) -> Any:
    async def heard(*told: tuple[Event, datetime]) -> None:
        for event, time in told:
            async with conn.transaction():
                await fold(conn, [tell(event, time)])

    return heard


async def alerts(conn: Connection, kind: str | None = None) -> list[Any]:
    return await conn.fetch("SELECT * FROM alerts WHERE $1::text IS NULL OR kind = $1 ORDER BY raised_at, alert_id", kind)


async def told(conn: Connection, type_like: str) -> list[dict[str, Any]]:
    rows = await conn.fetch("SELECT type, time, data FROM outbox WHERE type LIKE $1 ORDER BY number", type_like)
    return [{"type": row["type"], "time": row["time"], **row["data"]} for row in rows]


async def rating_of(conn: Connection, contract: Contract, quarter: Any, name: str = "hours") -> Any:
    return await conn.fetchrow(
        "SELECT * FROM ratings WHERE obligation_id = $1 AND quarter = $2", contract.obligation_id(name), quarter.first_day
    )


class TestRatings:
    async def test_an_approved_line_is_rated_and_told(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear(
            (contract.recorded(), at(date(2026, 4, 1))), (contract.opened(Q1), JULY), (contract.approved(Q1, "45"), AUGUST)
        )
        row = await rating_of(conn, contract, Q1)
        assert (row["rating"], row["delivered"], row["target"], row["rated_at"]) == ("approaching_target", 45, 50, AUGUST)
        last = (await told(conn, "obligation.rated.v1"))[-1]
        assert (last["rating"], last["delivered"], last["target"], last["version"], last["time"]) == (
            "approaching_target",
            "45",
            "50",
            2,
            AUGUST,
        )

    async def test_an_opened_return_is_rated_incomplete_before_a_line_is_approved(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear((contract.opened(Q1), JULY))
        row = await rating_of(conn, contract, Q1)
        assert (row["rating"], row["reason"], row["incomplete"]) == ("other", "no_approved_line", [Q1.first_day])
        assert await alerts(conn) == []

    async def test_a_late_approved_quarter_rates_the_later_ones_again(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear(
            (contract.opened(Q1), JULY),
            (contract.opened(Q2), OCTOBER),
            (contract.approved(Q2, "50"), NOVEMBER),
        )
        assert (await rating_of(conn, contract, Q2))["rating"] == "good"
        await hear((contract.approved(Q1, "10"), at(date(2026, 12, 1))))
        row = await rating_of(conn, contract, Q2)
        assert (row["rating"], row["delivered"], row["target"], row["incomplete"]) == ("inadequate", 60, 100, [])

    async def test_a_line_that_is_no_longer_asked_for_is_no_longer_rated(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear((contract.opened(Q1), JULY), (contract.amended(Q1, 2, without=["hours"]), AUGUST))
        assert await rating_of(conn, contract, Q1) is None
        assert (await told(conn, "obligation.rated.v1"))[-1]["reason"] == "no_longer_owed"

    async def test_a_variation_leaves_the_past_as_it_was(self, conn: Connection, hear: Any) -> None:
        before = Contract()
        after = Contract(obligations=(Promised("hours", terms=terms(target=30, version=2)),))
        await hear(
            (before.recorded(), at(date(2026, 4, 1))),
            (before.opened(Q1), JULY),
            (before.approved(Q1, "40"), AUGUST),
        )
        rated = dict(await rating_of(conn, before, Q1))
        await hear(
            (after.recorded(2, ContractVaried), SEPTEMBER), (after.opened(Q2), OCTOBER), (after.approved(Q2, "30"), NOVEMBER)
        )
        assert dict(await rating_of(conn, before, Q1)) == rated
        row = await rating_of(conn, before, Q2)
        assert (row["delivered"], row["target"]) == (70, 80)


class TestShortfall:
    async def test_is_raised_grows_and_is_mended_by_an_approved_line(self, conn: Connection, hear: Any) -> None:
        contract = Contract(obligations=(Promised("hours", terms=terms(target=50)),))
        await hear((contract.opened(Q1), JULY), (contract.approved(Q1, "40"), AUGUST))
        (alert,) = await alerts(conn)
        assert (alert["kind"], alert["severity"], alert["status"], alert["raised_at"]) == ("shortfall", "medium", "open", AUGUST)
        assert alert["escalates_on"] == date(2026, 8, 24)  # ten working days after Monday 10 August

        await hear((contract.opened(Q2), OCTOBER), (contract.approved(Q2, "20"), NOVEMBER))
        (alert,) = await alerts(conn)
        assert (alert["severity"], alert["quarter"], alert["first_quarter"]) == ("critical", Q2.first_day, Q1.first_day)

        mended = at(date(2027, 2, 10))
        await hear((contract.opened(Q3), at(date(2027, 1, 1))), (contract.approved(Q3, "90"), mended))
        (alert,) = await alerts(conn)
        assert (alert["status"], alert["resolved_at"]) == ("resolved", mended)
        assert alert["ending"] == {"code": "rated_good", "quarter": "2026-27-Q3"}
        assert [event["type"] for event in await told(conn, "alert.%")] == [
            "alert.raised.v1",
            "alert.changed.v1",
            "alert.resolved.v1",
        ]
        assert (await told(conn, "alert.resolved.v1"))[0]["resolved_by_itself"] is True

    async def test_a_restatement_mends_it_and_another_raises_the_same_alert_again(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear((contract.opened(Q1), JULY), (contract.approved(Q1, "10"), AUGUST))
        await hear((contract.approved(Q1, "50", version=2), AUGUST))  # at the same moment: the order told in counts
        (alert,) = await alerts(conn)
        assert (alert["status"], alert["severity"]) == ("resolved", "high")
        await hear((contract.approved(Q1, "40", version=3), SEPTEMBER))
        (again,) = await alerts(conn)
        assert (again["alert_id"], again["status"], again["severity"], again["raised_at"]) == (
            alert["alert_id"],
            "open",
            "medium",
            SEPTEMBER,
        )

    async def test_is_not_raised_for_a_quarter_whose_own_line_is_missing(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear((contract.opened(Q1), JULY), (contract.approved(Q1, "10"), AUGUST), (contract.opened(Q2), OCTOBER))
        (alert,) = await alerts(conn)
        assert (alert["quarter"], alert["severity"]) == (Q1.first_day, "high")

    async def test_falling_short_again_later_is_another_alert(self, conn: Connection, hear: Any) -> None:
        each = Promised("hours", terms=terms(basis="quarter"))
        contract = Contract(obligations=(each,))
        figures = ((Q1, "10"), (Q2, "50"), (Q3, "10"))
        for n, (quarter, figure) in enumerate(figures):
            await hear(
                (contract.opened(quarter), at(date(2026, 7 + n, 1))),
                (contract.approved(quarter, figure), at(date(2026, 7 + n, 20))),
            )
        first, second = await alerts(conn)
        assert (first["status"], second["status"]) == ("resolved", "open")


class TestOtherKinds:
    async def test_story_not_met(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear((contract.opened(Q1), JULY), (contract.approved(Q1, "50", judgement=Judgement.NOT_MET), AUGUST))
        (alert,) = await alerts(conn)
        assert (alert["kind"], alert["severity"]) == ("story_not_met", "medium")
        await hear((contract.approved(Q1, "50", version=2, judgement=Judgement.PARTLY), SEPTEMBER))
        (alert,) = await alerts(conn)
        assert alert["ending"] == {"code": "judged_again"}

    async def test_missing_evidence(self, conn: Connection, hear: Any) -> None:
        contract = Contract(obligations=(Promised("hours", terms=terms(evidence_required=True)),))
        await hear((contract.opened(Q1), JULY), (contract.approved(Q1, "50"), AUGUST))
        (alert,) = await alerts(conn)
        assert (alert["kind"], alert["severity"]) == ("missing_evidence", "low")
        await hear((contract.approved(Q1, "50", version=2, evidence=("a" * 64,)), SEPTEMBER))
        (alert,) = await alerts(conn)
        assert alert["ending"] == {"code": "evidence_added"}

    async def test_unlikely_figure(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        await hear((contract.opened(Q1), JULY), (contract.approved(Q1, "200", unlikely=("far_above_target",)), AUGUST))
        (alert,) = await alerts(conn)
        compared = {"figure": "200", "target": "50", "median": None, "unit": "hours"}
        because = {"rules": ["far_above_target"], **compared}
        assert (alert["kind"], alert["severity"], alert["because"]) == ("unlikely_figure", "low", because)

    async def test_late_return_resolves_itself_when_the_return_is_submitted(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        late = at(date(2026, 7, 29))
        await hear((contract.opened(Q1), at(date(2026, 7, 1))), (contract.overdue(Q1), late))
        (alert,) = await alerts(conn)
        assert (alert["kind"], alert["severity"], alert["obligation_id"], alert["raised_at"]) == (
            "late_return",
            "medium",
            None,
            late,
        )
        await hear((contract.submitted(Q1, AUGUST, version=3), AUGUST))
        (alert,) = await alerts(conn)
        assert (alert["status"], alert["resolved_at"], alert["ending"]) == ("resolved", AUGUST, {"code": "submitted"})

    async def test_nobody_is_late_with_a_return_that_is_no_longer_asked_for(self, conn: Connection, hear: Any) -> None:
        contract, other = Contract(), Contract("C-2")
        opened, late = at(date(2026, 7, 1)), at(date(2026, 7, 29))
        await hear((contract.opened(Q1), opened), (contract.overdue(Q1), late), (contract.withdrawn(Q1, 3), AUGUST))
        await hear((other.opened(Q1), opened), (other.submitted(Q1, JULY), JULY), (other.review_overdue(Q1, JULY), late))
        await hear((other.withdrawn(Q1, 4, JULY), AUGUST))
        found = {alert["kind"]: (alert["status"], alert["ending"]) for alert in await alerts(conn)}
        assert found == dict.fromkeys(("late_return", "late_review"), ("resolved", {"code": "withdrawn"}))

    async def test_late_review_resolves_itself_when_a_line_is_approved(self, conn: Connection, hear: Any) -> None:
        contract = Contract()
        submitted, late = at(date(2026, 7, 20)), at(date(2026, 8, 11))
        await hear(
            (contract.opened(Q1), JULY),
            (contract.submitted(Q1, submitted), submitted),
            (contract.review_overdue(Q1, submitted), late),
        )
        (alert,) = await alerts(conn)
        assert (alert["kind"], alert["severity"]) == ("late_review", "medium")
        await hear((contract.approved(Q1, "50"), SEPTEMBER))
        (alert,) = await alerts(conn)
        assert alert["ending"] == {"code": "reviewed"}

    async def test_forecast_follows_from_the_targets_that_remain_whenever_they_are_heard(
        self, conn: Connection, hear: Any
    ) -> None:
        contract = Contract()
        year = {Q1: "30", Q2: "30", Q3: "30", Q4: "30", NEXT_Q1: "46"}
        for quarter, figure in year.items():
            await hear(
                (contract.opened(quarter), at(quarter.next().first_day)),
                (contract.approved(quarter, figure), at(quarter.next().first_day, 12)),
            )
        assert await alerts(conn, "forecast") == []
        await hear((contract.recorded(), at(date(2026, 4, 1))))
        (alert,) = await alerts(conn, "forecast")
        assert (alert["severity"], alert["status"], alert["quarter"], alert["raised_at"]) == (
            "low",
            "open",
            NEXT_Q1.first_day,
            at(date(2027, 7, 1), 12),
        )
        assert alert["because"] == {
            "until": "2027-28-Q4",
            "expected": "148",
            "target": "200",
            "limit": "180",
            "so_far": "46",
            "left": "150",
            "pace": "68",
            "unit": "hours",
            "direction": "higher",
        }
        (shortfall,) = await alerts(conn, "shortfall")
        assert shortfall["status"] == "open"  # approaching target is short too

        following = NEXT_Q1.next()
        await hear(
            (contract.opened(following), at(date(2027, 10, 1))), (contract.approved(following, "140"), at(date(2027, 11, 1)))
        )
        (alert,) = await alerts(conn, "forecast")
        assert alert["ending"] == {"code": "forecast_met"}

    async def test_the_same_file_on_two_contracts_alerts_each_and_names_neither(self, conn: Connection, hear: Any) -> None:
        one, other = Contract("C-1"), Contract("C-2")
        sha = "f" * 64
        await hear((one.opened(Q1), JULY), (one.approved(Q1, "50", evidence=(sha,)), AUGUST))
        assert await alerts(conn) == []
        await hear((other.opened(Q1), JULY), (other.approved(Q1, "50", evidence=(sha,)), SEPTEMBER))
        found = await alerts(conn, "shared_evidence")
        assert {alert["contract_id"] for alert in found} == {one.contract_id, other.contract_id}
        assert all(alert["raised_at"] == SEPTEMBER for alert in found)
        for alert in found:
            another = other if alert["contract_id"] == one.contract_id else one
            assert another.name not in repr(dict(alert))
            assert str(another.contract_id) not in repr(dict(alert))
        await hear((other.approved(Q1, "50", version=2), OCTOBER))
        assert {alert["status"] for alert in await alerts(conn)} == {"resolved"}

    async def test_a_pledge_shares_the_evidence_of_the_contracts_within_it(self, conn: Connection, hear: Any) -> None:
        contract, pledge = Contract("C-1"), Contract("P-1", form=ContractForm.PLEDGE)
        for one in (contract, pledge):
            await hear((one.opened(Q1), JULY), (one.approved(Q1, "50", evidence=("f" * 64,)), AUGUST))
        assert await alerts(conn) == []


async def test_facts_that_change_nothing_are_told_once(conn: Connection, tell: Telling) -> None:
    contract = Contract(obligations=(Promised("hours"), Promised("calls", Side.CORE_SERVICE, terms(Kind.HEADCOUNT))))
    batch = [
        tell(contract.recorded(), at(date(2026, 4, 1))),
        tell(contract.opened(Q1), JULY),
        tell(contract.approved(Q1, "10"), AUGUST),
    ]
    for _ in range(3):
        async with conn.transaction():
            await fold(conn, batch)
    kept = await contents(conn)
    assert len(kept["alerts"]) == 1
    assert await conn.fetchval("SELECT count(*) FROM outbox WHERE type = 'alert.raised.v1'") == 1
    assert await conn.fetchval("SELECT count(*) FROM history") == 1


async def test_two_replicas_that_hear_of_one_contract_at_once_leave_nothing_out(database: Databases, tell: Telling) -> None:
    """One hears commitments, the other returns; a forecast needs both. Each waits until it sees what the other has stored."""
    contract = Contract()
    url = database("alerts")
    one, other = await connect(url), await connect(url)
    year = {Q1: "30", Q2: "30", Q3: "30", Q4: "30", NEXT_Q1: "46"}
    returns = [
        tell(event, at(quarter.next().first_day, hour))
        for quarter, figure in year.items()
        for event, hour in ((contract.opened(quarter), 5), (contract.approved(quarter, figure), 12))
    ]
    try:
        begun = one.transaction()
        await begun.start()
        await fold(one, returns)

        async def hear_commitments() -> None:
            async with other.transaction():
                await fold(other, [tell(contract.recorded(), at(date(2026, 4, 1)))])

        waiting = asyncio.create_task(hear_commitments())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await begun.commit()
        await waiting
        (alert,) = await alerts(one, "forecast")
        assert alert["status"] == "open"
    finally:
        await one.close()
        await other.close()
