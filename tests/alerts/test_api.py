"""What people see of alerts and ratings, and what they may do about them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.access import Role
from shared.events.commitments import IcbSees
from shared.obligations import Kind, Side
from tests.alerts.builders import BUYER, ICB, OTHER_BUYER, OTHER_SUPPLIER, SUPPLIER, Contract, Promised, an_organisation, at
from tests.alerts.conftest import World
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, Q2, terms, thresholds

API = "/api/v1"
TODAY = NOON.date()


async def short(world: World, contract: Contract | None = None, figure: str = "10") -> tuple[Contract, str]:
    """A contract with one shortfall, raised today; the alert's id."""
    contract = contract or Contract()
    await world.hear(
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.opened(Q2), at(date(2026, 10, 1))),
        (contract.approved(Q2, figure), NOON - timedelta(hours=1)),
    )
    found = await world.runtime.pool.fetchval(
        "SELECT alert_id FROM alerts WHERE contract_id = $1 AND kind = 'shortfall'", contract.contract_id
    )
    return contract, str(found)


async def get(world: World, path: str, who: dict[str, str], **params: Any) -> Any:
    answer = await world.client.get(f"{API}{path}", headers=who, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(world: World, path: str, who: dict[str, str], body: Any = None, status: int = 200) -> Any:
    answer = await world.client.post(f"{API}{path}", headers=who, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def told(world: World) -> list[str]:
    rows = await world.runtime.pool.fetch("SELECT type FROM outbox WHERE type NOT LIKE 'obligation%' ORDER BY number")
    return [row["type"] for row in rows]


async def letters(world: World) -> list[tuple[str, tuple[UUID, ...]]]:
    rows = await world.runtime.pool.fetch("SELECT template, organisation_ids FROM notices ORDER BY id")
    return [(row["template"], tuple(row["organisation_ids"])) for row in rows]


class TestReading:
    async def test_an_alert_shows_its_arithmetic(self, world: World) -> None:
        contract, alert_id = await short(world, figure="37")
        alert = await get(world, f"/alerts/{alert_id}", await world.manager())
        assert (alert["kind"], alert["severity"], alert["status"], alert["quarter"]) == (
            "shortfall",
            "medium",
            "open",
            "2026-27-Q2",
        )
        assert (alert["contract_reference"], alert["obligation_reference"]) == (contract.name, "hours")
        assert alert["why"] == "Delivered 37 of 50 hours (74.0 %) in 2026-27 Q2: requires improvement."
        rating = alert["rating"]
        assert (rating["delivered"], rating["target"], rating["rating"], rating["published"]) == (
            "37",
            "50",
            "requires_improvement",
            "requires_improvement",
        )
        assert rating["arithmetic"]["bands"]["limits"] == ["50", "45", "35"]
        assert rating["arithmetic"]["quarters"] == [
            {
                "quarter": "2026-27-Q2",
                "target": "50",
                "approved": True,
                "value": "37",
                "numerator": None,
                "denominator": None,
                "nil": False,
            }
        ]

    async def test_a_list_is_narrowed_and_paged(self, world: World) -> None:
        for n in range(5):
            await short(world, Contract(f"C-{n}"))
        await short(world, Contract("mild"), figure="46")
        manager = await world.manager()
        high = await get(world, "/alerts", manager, severity="high", limit=3)
        rest = await get(world, "/alerts", manager, severity="high", limit=3, cursor=high["next"])
        assert (len(high["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)
        assert len({item["alert_id"] for item in high["items"] + rest["items"]}) == 5
        for query, count in (
            ({"status": "resolved"}, 0),
            ({"unresolved": True}, 6),
            ({"kind": "late_return"}, 0),
            ({"quarter": "2026-27-Q2"}, 6),
            ({"quarter": "2026-27-Q1"}, 0),
            ({"level": "contract_manager"}, 6),
            ({"contract_id": str(Contract("C-1").contract_id)}, 1),
            ({"obligation_id": str(Contract("C-2").obligation_id())}, 1),
        ):
            assert len((await get(world, "/alerts", manager, **query))["items"]) == count, query

    async def test_ratings_of_a_contract_list_both_sides_alike(self, world: World) -> None:
        calls = Promised("calls", Side.CORE_SERVICE, terms(Kind.RATIO, target=95, bands=thresholds("95", "90", "80")))
        contract = Contract(obligations=(Promised("hours"), calls))
        await world.hear(
            (contract.opened(Q1), at(date(2026, 7, 1))),
            (contract.approved(Q1, "854 of 900", "calls"), at(date(2026, 8, 1))),
            (contract.opened(Q2), at(date(2026, 10, 1))),
            (contract.approved(Q2, "60"), at(date(2026, 11, 1))),
        )
        found = await get(world, f"/contracts/{contract.contract_id}/ratings", await world.supplier())
        assert [(r["quarter"], r["reference"], r["rating"], r["published"]) for r in found["ratings"]] == [
            ("2026-27-Q1", "calls", "approaching_target", "approaching_target"),
            ("2026-27-Q1", "hours", "other", "other"),
            ("2026-27-Q2", "calls", "other", "other"),
            ("2026-27-Q2", "hours", "good", "other"),
        ]
        assert [r["why"] for r in found["ratings"]] == [
            "Measured 94.9 % against a target of 95.0 % in 2026-27 Q1: approaching target.",
            "No line is approved for 2026-27 Q1. 2026-27 Q1 is missing and counted on neither side.",
            "No line is approved for 2026-27 Q2. 2026-27 Q2 is missing and counted on neither side.",
            "Delivered 60 of 50 hours (120.0 %) in 2026-27 Q2: good. 2026-27 Q1 is missing and counted on neither side.",
        ]

    async def test_compliance_shows_its_halves(self, world: World) -> None:
        core = [Promised(f"core-{n}", Side.CORE_SERVICE, terms()) for n in range(3)]
        contract = Contract(obligations=(Promised("hours"), *core))
        figures = {"hours": "10", "core-0": "50", "core-1": "46"}
        await world.hear(
            (contract.opened(Q1), at(date(2026, 7, 1))),
            *((contract.approved(Q1, figure, name), at(date(2026, 8, 1))) for name, figure in figures.items()),
        )
        found = await get(world, f"/contracts/{contract.contract_id}/compliance", await world.manager(), quarter="2026-27-Q1")
        assert (found["score"], found["one_sided"]) == ("0.45", None)
        assert found["core_service"] == {"score": "0.9", "rated": 2, "incomplete": 1, "other": 0}
        assert found["social_value"] == {"score": "0", "rated": 1, "incomplete": 0, "other": 0}

    async def test_the_parity_report_lays_the_sides_beside_each_other(self, world: World) -> None:
        contract = Contract(obligations=(Promised("hours"), Promised("calls", Side.CORE_SERVICE, terms())))
        submitted = at(date(2026, 7, 20))
        await world.hear(
            (contract.opened(Q1), at(date(2026, 7, 1))),
            (contract.submitted(Q1, submitted), submitted),
            (contract.approved(Q1, "10"), NOON - timedelta(days=7)),
            (contract.approved(Q1, "50", "calls"), NOON - timedelta(days=7)),
        )
        manager = await world.manager()
        (alert,) = (await get(world, "/alerts", manager))["items"]
        await post(world, f"/alerts/{alert['alert_id']}/acknowledge", manager)
        found = await get(world, "/parity-report", manager, first="2026-27-Q1", last="2026-27-Q2")
        social, core = found["social_value"], found["core_service"]
        assert (social["rated"], social["shares"]["inadequate"], core["shares"]["good"]) == (1, "1", "1")
        assert (social["returns_due"], social["returns_on_time"], core["returns_due"], core["returns_on_time"]) == (1, 1, 1, 1)
        assert (social["alerts_raised"], core["alerts_raised"]) == (1, 0)
        assert social["to_acknowledge"] == {"count": 1, "median": "5", "ninetieth": 5}
        nobodys = await get(world, "/parity-report", await world.manager(OTHER_BUYER), first="2026-27-Q1", last="2026-27-Q2")
        assert nobodys["social_value"]["rated"] == 0
        analyst = await world.person(ICB, Role.ICB_ANALYST)
        await world.until(NOON + timedelta(days=1))  # the region's is counted once a day
        region = await get(world, "/parity-report", analyst, first="2026-27-Q1", last="2026-27-Q2")
        assert region == found | {"counted_at": "2026-11-24T12:00:00Z"}

    async def test_a_period_that_ends_before_it_begins_is_refused(self, world: World) -> None:
        answer = await world.client.get(f"{API}/parity-report?first=2026-27-Q2&last=2026-27-Q1", headers=await world.manager())
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/last")


class TestWhoSeesWhat:
    PATHS = ("/alerts/{alert}", "/contracts/{contract}/ratings", "/contracts/{contract}/compliance?quarter=2026-27-Q2")

    async def visible(self, world: World, who: dict[str, str], contract: Contract, alert_id: str) -> list[int]:
        found = []
        for path in self.PATHS:
            answer = await world.client.get(API + path.format(alert=alert_id, contract=contract.contract_id), headers=who)
            found.append(answer.status_code)
        listed = await world.client.get(f"{API}/alerts", headers=who)
        ids = [item["alert_id"] for item in listed.json()["items"]] if listed.status_code == 200 else []
        assert (alert_id in ids) == (found[0] == 200)
        return found

    async def test_the_parties_see_their_own_and_others_do_not(self, world: World) -> None:
        contract, alert_id = await short(world)
        for who in (await world.manager(), await world.supplier()):
            assert await self.visible(world, who, contract, alert_id) == [200, 200, 200]
        for who in (await world.manager(OTHER_BUYER), await world.supplier(OTHER_SUPPLIER), await world.manager(SUPPLIER)):
            assert await self.visible(world, who, contract, alert_id) == [404, 404, 404]

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
    async def test_operators_and_administrators_see_no_business(self, world: World, role: Role) -> None:
        contract, alert_id = await short(world)
        assert await self.visible(world, await world.person(BUYER, role), contract, alert_id) == [403, 403, 403]

    async def test_the_icb_sees_contracts_of_buyers_that_share_them(self, world: World) -> None:
        contract, alert_id = await short(world)
        analyst = await world.person(ICB, Role.ICB_ANALYST)
        assert await self.visible(world, analyst, contract, alert_id) == [404, 404, 404]
        await world.hear((an_organisation(BUYER, icb_sees=IcbSees.TOTALS), NOON))
        assert await self.visible(world, analyst, contract, alert_id) == [404, 404, 404]
        await world.hear((an_organisation(BUYER, version=2, icb_sees=IcbSees.CONTRACTS), NOON))
        assert await self.visible(world, analyst, contract, alert_id) == [200, 200, 200]

    async def test_the_icb_sees_an_alert_that_was_escalated_to_it_and_no_more(self, world: World) -> None:
        contract, alert_id = await short(world)
        await world.hear((an_organisation(BUYER, escalates_to_icb=True), NOON))
        await world.until(NOON + timedelta(days=60))
        analyst = await world.person(ICB, Role.ICB_ANALYST)
        assert await self.visible(world, analyst, contract, alert_id) == [200, 404, 404]

    async def test_only_the_buyer_works_on_it_and_only_the_supplier_disputes_it(self, world: World) -> None:
        _, alert_id = await short(world)
        supplier, stranger = await world.supplier(), await world.manager(OTHER_BUYER)
        await post(world, f"/alerts/{alert_id}/acknowledge", supplier, status=403)
        await post(world, f"/alerts/{alert_id}/acknowledge", stranger, status=404)
        await post(world, f"/alerts/{alert_id}/resolve", stranger, {"reason": "mine"}, status=404)
        await post(world, f"/alerts/{alert_id}/disputes", await world.manager(), {"reason": "no"}, status=403)
        await post(world, f"/alerts/{alert_id}/disputes", await world.supplier(OTHER_SUPPLIER), {"reason": "no"}, status=404)


class TestWorking:
    async def test_acknowledging_starts_the_clock_for_acting(self, world: World) -> None:
        _, alert_id = await short(world)
        manager = await world.manager()
        alert = await post(world, f"/alerts/{alert_id}/acknowledge", manager)
        assert (alert["status"], alert["escalates_on"]) == ("acknowledged", "2026-12-07")
        again = await post(world, f"/alerts/{alert_id}/acknowledge", manager, status=409)
        assert again["code"] == "already-acknowledged"
        assert await told(world) == ["alert.raised.v1", "alert.acknowledged.v1"]

    async def test_a_plan_is_proposed_declined_proposed_agreed_and_awaited(self, world: World) -> None:
        _, alert_id = await short(world)
        manager, supplier = await world.manager(), await world.supplier()
        due_on = str(TODAY + timedelta(days=30))
        plans = f"/alerts/{alert_id}/recovery-plans"
        first = await post(world, plans, supplier, {"plan": "More visits", "due_on": due_on}, status=201)
        assert first["status"] == "proposed"
        await post(world, f"{plans}/{first['plan_id']}/agree", supplier, status=403)
        declined = await post(world, f"{plans}/{first['plan_id']}/decline", manager, {"answer": "Too little"})
        assert (declined["status"], declined["answer"]) == ("declined", "Too little")
        assert (await post(world, f"{plans}/{first['plan_id']}/agree", manager, status=409))["code"] == "plan-not-open"
        second = await post(world, plans, supplier, {"plan": "Many more visits", "due_on": due_on}, status=201)
        third = await post(world, plans, supplier, {"plan": "Even more", "due_on": due_on}, status=201)
        assert (await post(world, f"{plans}/{third['plan_id']}/agree", manager))["status"] == "agreed"

        alert = await get(world, f"/alerts/{alert_id}", supplier)
        assert (alert["status"], alert["recovery_due_on"], alert["escalates_on"]) == ("recovery_agreed", due_on, None)
        assert [(plan["plan_id"], plan["status"]) for plan in alert["recovery_plans"]] == [
            (first["plan_id"], "declined"),
            (second["plan_id"], "superseded"),
            (third["plan_id"], "agreed"),
        ]
        assert (await told(world))[-1] == "recovery.agreed.v1"
        assert [name for name, _ in await letters(world)] == [
            "alert-raised",
            "alert-raised",
            "recovery-plan-proposed",
            "recovery-plan-declined",
            "recovery-plan-proposed",
            "recovery-plan-proposed",
            "recovery-plan-agreed",
        ]

        await world.until(NOON + timedelta(days=30))
        assert (await get(world, f"/alerts/{alert_id}", supplier))["status"] == "recovery_agreed"
        await world.until(NOON + timedelta(days=31))
        alert = await get(world, f"/alerts/{alert_id}", supplier)
        assert (alert["status"], alert["level"], alert["recovery_plans"][-1]["status"]) == (
            "acknowledged",
            "contract_manager",
            "lapsed",
        )
        assert alert["escalates_on"] is not None

    async def test_a_plan_that_the_buyer_enters_is_agreed_at_once(self, world: World) -> None:
        _, alert_id = await short(world)
        manager = await world.manager()
        body = {"plan": "Agreed on the telephone", "due_on": str(TODAY + timedelta(days=10))}
        plan = await post(world, f"/alerts/{alert_id}/recovery-plans", manager, body, status=201)
        assert plan["status"] == "agreed"
        alert = await get(world, f"/alerts/{alert_id}", manager)
        assert (alert["status"], alert["acknowledged_at"] is not None) == ("recovery_agreed", True)

    async def test_a_plan_needs_a_date_to_come(self, world: World) -> None:
        _, alert_id = await short(world)
        body = {"plan": "Soon", "due_on": str(TODAY)}
        refused = await post(world, f"/alerts/{alert_id}/recovery-plans", await world.supplier(), body, status=422)
        assert refused["errors"][0]["pointer"] == "/due_on"

    async def test_a_dispute_is_answered(self, world: World) -> None:
        _, alert_id = await short(world)
        manager, supplier = await world.manager(), await world.supplier()
        raised = await post(world, f"/alerts/{alert_id}/disputes", supplier, {"reason": "The hall was flooded"}, status=201)
        twice = await post(world, f"/alerts/{alert_id}/disputes", supplier, {"reason": "Again"}, status=409)
        assert twice["code"] == "dispute-open"
        path = f"/alerts/{alert_id}/disputes/{raised['dispute_id']}/answer"
        answered = await post(world, path, manager, {"upheld": False, "answer": "It was repaired in a week"})
        assert answered["upheld"] is False
        assert (await post(world, path, manager, {"upheld": True, "answer": "Yes"}, status=409))["code"] == "dispute-answered"
        alert = await get(world, f"/alerts/{alert_id}", supplier)
        assert (alert["status"], alert["disputes"][0]["answer"]) == ("open", "It was repaired in a week")

    async def test_a_dispute_that_is_upheld_resolves_the_alert(self, world: World) -> None:
        _, alert_id = await short(world)
        manager, supplier = await world.manager(), await world.supplier()
        raised = await post(world, f"/alerts/{alert_id}/disputes", supplier, {"reason": "The hall was flooded"}, status=201)
        path = f"/alerts/{alert_id}/disputes/{raised['dispute_id']}/answer"
        await post(world, path, manager, {"upheld": True, "answer": "Nobody could get in"})
        alert = await get(world, f"/alerts/{alert_id}", supplier)
        assert (alert["status"], alert["ended"]) == ("resolved", "Resolved: Nobody could get in")

    async def test_what_a_person_resolved_stays_so_until_it_is_graver_or_another_quarters(self, world: World) -> None:
        contract, alert_id = await short(world, figure="46")
        manager = await world.manager()
        resolved = await post(world, f"/alerts/{alert_id}/resolve", manager, {"reason": "Agreed with the board"})
        assert (resolved["status"], resolved["ended"]) == ("resolved", "Resolved: Agreed with the board")
        fact = await world.runtime.pool.fetchval("SELECT data FROM outbox WHERE type = 'alert.resolved.v1'")
        assert fact["resolved_by_itself"] is False
        assert "board" not in str(fact)

        await world.hear((contract.approved(Q2, "47", version=2), NOON + timedelta(hours=1)))
        assert (await get(world, f"/alerts/{alert_id}", manager))["status"] == "resolved"
        await world.hear((contract.approved(Q2, "20", version=3), NOON + timedelta(hours=2)))
        graver = await get(world, f"/alerts/{alert_id}", manager)
        assert (graver["status"], graver["severity"]) == ("open", "high")

        await post(world, f"/alerts/{alert_id}/resolve", manager, {"reason": "Again agreed"})
        refused = await post(world, f"/alerts/{alert_id}/resolve", manager, {"reason": "Twice"}, status=409)
        assert refused["code"] == "alert-is-resolved"
        following = Q2.next()
        await world.hear(
            (contract.opened(following), at(date(2027, 1, 1))), (contract.approved(following, "60"), at(date(2027, 2, 1)))
        )
        unresolved = await get(world, "/alerts", manager, unresolved=True)
        (another,) = unresolved["items"]
        assert (another["alert_id"] != alert_id, another["quarter"]) == (True, "2026-27-Q3")

    async def test_shared_evidence_is_resolved_on_each_contract_alone(self, world: World) -> None:
        one, other = Contract("C-1"), Contract("C-2", buyer=OTHER_BUYER)
        for contract in (one, other):
            await world.hear(
                (contract.opened(Q2), at(date(2026, 10, 1))), (contract.approved(Q2, "50", evidence=("f" * 64,)), NOON)
            )
        manager, another = await world.manager(), await world.manager(OTHER_BUYER)
        (alert,) = (await get(world, "/alerts", manager))["items"]
        await post(world, f"/alerts/{alert['alert_id']}/resolve", manager, {"reason": "One day served both"})
        assert (await get(world, "/alerts", manager, unresolved=True))["items"] == []
        assert len((await get(world, "/alerts", another, unresolved=True))["items"]) == 1

    async def test_everything_has_an_author_and_a_time(self, world: World) -> None:
        _, alert_id = await short(world)
        manager = await world.manager()
        await post(world, f"/alerts/{alert_id}/acknowledge", manager)
        await post(world, f"/alerts/{alert_id}/resolve", manager, {"reason": "Done"})
        found = await get(world, f"/alerts/{alert_id}/history", manager)
        assert [entry["action"] for entry in found] == ["raised", "acknowledged", "resolved"]
        nobody, *people = [entry["person_id"] for entry in found]
        assert UUID(nobody).int == 0
        assert len(set(people)) == 1
        assert UUID(people[0]).int != 0


async def test_the_gauge_counts_what_is_unresolved(world: World) -> None:
    await short(world)
    text = (await world.client.get("/metrics")).text
    assert 'parity_alerts_unresolved{kind="shortfall",severity="high"} 1.0' in text
    assert 'parity_alerts_unresolved{kind="forecast",severity="low"} 0.0' in text
