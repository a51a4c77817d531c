"""What people see of alerts in a browser, and what they do about them there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from shared.events.commitments import ContractVaried, IcbSees
from shared.obligations import Side
from tests.alerts.builders import BUYER, OTHER_BUYER, OTHER_SUPPLIER, Contract, Promised, an_organisation, at
from tests.alerts.conftest import World
from tests.alerts.visitors import People
from tests.conftest import NOON
from tests.shared.ratings.builders import Q1, Q2
from tests.visiting import Page

BY_JANUARY = {"due_on-day": "15", "due_on-month": "1", "due_on-year": "2027"}


async def short(world: World, contract: Contract | None = None, figure: str = "10", name: str = "hours") -> str:
    """A contract with one shortfall, raised today; where the alert is shown."""
    contract = contract or Contract()
    await world.hear(
        (contract.recorded(), at(date(2026, 4, 1))),
        (contract.opened(Q2), at(date(2026, 10, 1))),
        (contract.approved(Q2, figure, name), NOON - timedelta(hours=1)),
    )
    found = await world.runtime.pool.fetchval(
        "SELECT alert_id FROM alerts WHERE contract_id = $1 AND kind = 'shortfall'", contract.contract_id
    )
    return f"/alerts/{found}"


def listed(page: Page) -> list[str]:
    """The links of the list, in its order."""
    return [words for words, href in page.links.items() if href.startswith("/alerts/") and len(href) == 44]


class TestWorkList:
    async def test_what_escalates_first_stands_first_whichever_side_it_is_on(self, world: World, people: People) -> None:
        for name, side, figure in (
            ("mild", Side.SOCIAL_VALUE, "46"),
            ("grave", Side.SOCIAL_VALUE, "10"),
            ("middling", Side.CORE_SERVICE, "40"),
        ):
            await short(world, Contract(name, (Promised("hours", side),)), figure)
        page = await (await people.manager()).get("/alerts/")
        assert [page.text.index(name) for name in ("grave", "middling", "mild")] == sorted(
            page.text.index(name) for name in ("grave", "middling", "mild")
        )
        assert "30 November 2026 (in 5 working days)" in page.text

    async def test_an_empty_list_says_what_will_stand_there(self, people: People) -> None:
        page = await (await people.manager()).get("/alerts/")
        assert "There is no alert to work on. New ones appear here when" in page.text

    async def test_it_is_taken_away_whole_as_it_is_narrowed(self, world: World, people: People) -> None:
        for number in range(27):
            await short(world, Contract(f"FM-{number}"))
        await short(world, Contract("=CARE"), "46")
        manager = await people.manager()
        page = await manager.get("/alerts/?contract=fm")
        assert "Next page" in page.links
        headings, *rows = await manager.table(page.links["XLSX of the alerts"])
        assert headings[:5] == ("Alert", "Contract reference", "Contract", "Severity", "Status")
        assert {row[1] for row in rows} == {f"FM-{number}" for number in range(27)}
        page = await manager.get("/alerts/?contract=care&kind=shortfall")
        [_, row] = await manager.table(page.links["CSV of the alerts"])
        assert row[1] == "'=CARE", "no formula"
        assert row[4:7] == ("Open", "", "Contract manager")
        assert row[8] == NOON.date().isoformat()
        assert row[7].endswith("working days)")
        assert "Select a severity from the list" in (await manager.get("/alerts/download?severity=x&file=csv", expect=422)).text
        stranger = await people.manager(organisation_id=OTHER_BUYER)
        assert len(await stranger.table("/alerts/download?file=csv")) == 1, "the headings only"

    async def test_filters_narrow_it_and_stay_chosen(self, world: World, people: People) -> None:
        first = await short(world, Contract("FM-1"))
        await short(world, Contract("CARE-2"), "46")
        manager = await people.manager()
        for query, found in (
            ("severity=high", ["FM-1"]),
            ("kind=shortfall", ["FM-1", "CARE-2"]),
            ("kind=late_return", []),
            ("contract=care", ["CARE-2"]),
            ("contract=%25", []),
            ("level=contract_manager", ["FM-1", "CARE-2"]),
            ("level=icb", []),
            ("status=acknowledged", []),
            ("status=all", ["FM-1", "CARE-2"]),
            ("mine=yes", []),
            (f"contract_id={Contract('FM-1').contract_id}", ["FM-1"]),
            ("severity=&kind=&status=&level=&contract=", ["FM-1", "CARE-2"]),
        ):
            page = await manager.get(f"/alerts/?{query}")
            assert [name for name in ("FM-1", "CARE-2") if name in page.text] == found, query
        await manager.submit(await manager.get(first), "Acknowledge")
        page = await manager.get("/alerts/?mine=yes&severity=high")
        assert "FM-1" in page.text
        assert page.form("Show these alerts").fields["severity"] == ["high"]
        assert page.form("Show these alerts").fields["mine"] == ["yes"]

    async def test_a_filter_that_nobody_offers_is_named(self, people: People) -> None:
        manager = await people.manager()
        page = await manager.get("/alerts/?severity=fatal", expect=422)
        assert page.links["Select a severity from the list"] == "#severity"
        long = await manager.get(f"/alerts/?contract={'x' * 201}", expect=422)
        assert long.links["Enter no more than 200 characters"] == "#contract"
        assert "#contract" in (await manager.get("/alerts/?contract=%00", expect=422)).links.values()
        assert "Begin without a cursor" in (await manager.get("/alerts/?cursor=nonsense", expect=400)).text

    async def test_it_is_paged_without_losing_or_repeating_any(self, world: World, people: People) -> None:
        many = Contract("many", tuple(Promised(f"promise-{n:02}") for n in range(32)))
        await world.hear(
            (many.recorded(), at(date(2026, 4, 1))),
            (many.opened(Q2), at(date(2026, 10, 1))),
            *((many.approved(Q2, "10", promised.name), NOON - timedelta(hours=1)) for promised in many.obligations),
        )
        manager = await people.manager()
        first = await manager.get("/alerts/?severity=high")
        second = await manager.get("/alerts/" + first.links["Next page"])
        found = listed(first) + listed(second)
        assert (len(listed(first)), len(found), len(set(found))) == (25, 32, 32)
        assert "Next page" not in second.links

    async def test_everybody_sees_their_own_and_nobody_elses(self, world: World, people: People) -> None:
        path = await short(world)
        for visit, seen in (
            (await people.manager(), True),
            (await people.supplier(), True),
            (await people.manager(organisation_id=OTHER_BUYER), False),
            (await people.supplier(organisation_id=OTHER_SUPPLIER), False),
            (await people.analyst(), False),
        ):
            assert ("Soft services" in (await visit.get("/alerts/")).text) == seen
            await visit.get(path, expect=200 if seen else 404)

    async def test_the_icb_sees_what_was_escalated_to_it_and_of_buyers_that_share(self, world: World, people: People) -> None:
        path = await short(world)
        analyst = await people.analyst()
        await world.hear((an_organisation(BUYER, escalates_to_icb=True), NOON))
        await world.until(NOON + timedelta(days=60))
        page = await analyst.get("/alerts/")
        assert "The ICB" in page.text
        assert "How this contract is going" not in (await analyst.get(path)).links
        await world.hear((an_organisation(BUYER, version=2, icb_sees=IcbSees.CONTRACTS), NOON))
        alert = await analyst.get(path)
        assert "How this contract is going" in alert.links
        assert "Acknowledge" not in alert.html
        assert "Resolve it with a reason" not in alert.links


class TestWaitingForAnAnswer:
    async def test_disputes_and_plans_stand_out_until_they_are_answered(self, world: World, people: People) -> None:
        disputed = await short(world, Contract("FM-1"))
        planned = await short(world, Contract("CARE-2", (Promised("hours", Side.CORE_SERVICE),)))
        await short(world, Contract("ELSE-3"))
        manager, supplier = await people.manager(), await people.supplier()
        assert "No dispute or recovery plan waits for your answer." in (await manager.get("/alerts/today")).text
        await supplier.submit(await supplier.get(f"{disputed}/dispute"), "Send the dispute", {"reason": "The hall was flooded"})
        await supplier.submit(await supplier.get(f"{planned}/plan"), "Propose the plan", {"plan": "More visits", **BY_JANUARY})
        everything = await manager.get("/alerts/")
        assert "FM-1 Severity High Status Open Disputed" in everything.text
        assert "CARE-2 Severity High Status Open Plan to answer" in everything.text
        assert "ELSE-3 Severity High Status Open Level Contract manager" in everything.text
        assert "CARE-2 Severity High Status Open Plan proposed" in (await supplier.get("/alerts/")).text
        narrowed = await manager.get("/alerts/?to_answer=yes")
        assert [name for name in ("FM-1", "CARE-2", "ELSE-3") if name in narrowed.text] == ["FM-1", "CARE-2"]
        assert narrowed.form("Show these alerts").fields["to_answer"] == ["yes"]
        today = (await manager.get("/alerts/today")).text
        waiting = today[today.index("Waiting for your answer") : today.index("Alerts Alert")]
        assert [name for name in ("FM-1", "CARE-2", "ELSE-3") if name in waiting] == ["FM-1", "CARE-2"]
        await manager.submit(
            await manager.get((await manager.get(disputed)).links["Answer the dispute"]),
            "Send your answer",
            {"upheld": "no", "answer": "It was dry"},
        )
        assert "FM-1" not in (await manager.get("/alerts/?to_answer=yes")).text
        assert "FM-1 Severity High Status Open Level Contract manager" in (await manager.get("/alerts/")).text

    async def test_only_the_buyer_is_asked_for_answers(self, world: World, people: People) -> None:
        path = await short(world)
        supplier = await people.supplier()
        await supplier.submit(await supplier.get(f"{path}/dispute"), "Send the dispute", {"reason": "It was flooded"})
        await world.hear((an_organisation(BUYER, icb_sees=IcbSees.CONTRACTS), NOON))
        for visit in (supplier, await people.analyst(), await people.manager(organisation_id=OTHER_BUYER)):
            assert listed(await visit.get("/alerts/?to_answer=yes")) == []
        assert "Waits for my answer" not in (await supplier.get("/alerts/")).text


class TestAlert:
    async def test_it_says_why_with_its_arithmetic_and_what_to_do(self, world: World, people: People) -> None:
        contract = Contract()
        await world.hear(
            (an_organisation(BUYER, name="Mersey Vale"), NOON),
            (contract.recorded(), at(date(2026, 4, 1))),
            (contract.opened(Q1), at(date(2026, 7, 1))),
            (contract.approved(Q1, "60"), at(date(2026, 8, 20))),
            (contract.opened(Q2), at(date(2026, 10, 1))),
        )
        path = await short(world, contract, "14")
        page = await (await people.manager()).get(path)
        assert page.title == "Shortfall: hours Staff hours on school and college visits, 2026-27 Q2 – Parity"
        assert "Delivered 74 of 100 hours (74.0 %) in 2026-27 Q1 to 2026-27 Q2: requires improvement." in page.text
        for row in (
            "2026-27 Q1 50 hours 60 hours 120.0 %",
            "2026-27 Q2 50 hours 14 hours 28.0 %",
            "As it is rated 100 hours 74 hours 74.0 %",
            "Approaching target 90 hours or more",
            "Inadequate less than 70 hours",
        ):
            assert row in page.text, row
        assert "Acknowledge the alert, so that others see that somebody has taken it on." in page.text
        assert "If nobody acknowledges it, the obligation’s accountable owner is told on Monday 7 December 2026" in page.text
        assert "Mersey Vale" in page.text

    async def test_acknowledging_moves_the_clock_and_says_who(self, world: World, people: People) -> None:
        path = await short(world)
        manager = await people.manager()
        page = await manager.get(path)
        done = await manager.submit(page, "Acknowledge")
        assert "Acknowledged Amina Rahman, 23 November 2026, midday" in done.text
        assert "told on Monday 7 December 2026 (in 10 working days)" in done.text
        assert "Acknowledge" not in [words for form in done.forms for words, _, _ in form.buttons]
        refused = await (await people.manager("Zoe Late")).submit(page, "Acknowledge", expect=403)  # the form of another session
        assert "earlier session" in refused.text

    async def test_two_who_acknowledge_at_once_are_told(self, world: World, people: People) -> None:
        path = await short(world)
        one, other = await people.manager(), await people.manager("Zoe Late")
        page = await other.get(path)
        await one.submit(await one.get(path), "Acknowledge")
        again = await other.submit(page, "Acknowledge", expect=422)
        assert "Somebody has acknowledged this alert already" in again.text

    async def test_a_plan_is_proposed_declined_proposed_again_and_agreed(self, world: World, people: People) -> None:
        path = await short(world)
        manager, supplier = await people.manager(), await people.supplier()
        assert "Propose a recovery plan with a date." in (await supplier.get(path)).text
        plan = await supplier.get(f"{path}/plan")
        await supplier.submit(plan, "Propose the plan", {"plan": "More visits <b>soon</b>", **BY_JANUARY})
        waits = await supplier.get(path)
        assert "your recovery plan waits for the buyer’s answer" in waits.text
        assert "More visits <b>soon</b> By 15 January 2027" in waits.text
        answer = await manager.get((await manager.get(path)).links["Answer the recovery plan"])
        assert "More visits <b>soon</b>" in answer.text
        again = await manager.submit(answer, "Send your answer", {"agreed": "no"}, expect=422)
        assert again.links["Enter why you decline the plan"] == "#answer"
        await manager.submit(again, "Send your answer", {"agreed": "no", "answer": "Too little"})
        stale = await manager.submit(answer, "Send your answer", {"agreed": "yes"}, expect=422)
        assert "has been decided on already" in stale.text
        assert "This plan is declined" in stale.text
        assert "Too little" in (await supplier.get(path)).text
        await supplier.submit(await supplier.get(f"{path}/plan"), "Propose the plan", {"plan": "Many more", **BY_JANUARY})
        answer = await manager.get((await manager.get(path)).links["Answer the recovery plan"])
        agreed = await manager.submit(answer, "Send your answer", {"agreed": "yes"})
        assert "The clock stands still until the date of the recovery plan: Friday 15 January 2027" in agreed.text
        assert "Do what the recovery plan says by its date." in (await supplier.get(path)).text

    async def test_a_plan_that_the_contract_manager_enters_is_agreed_at_once(self, world: World, people: People) -> None:
        path = await short(world)
        manager = await people.manager()
        page = await manager.get(f"{path}/plan")
        done = await manager.submit(page, "Save the plan", {"plan": "By telephone", **BY_JANUARY})
        assert "Recovery plan agreed Amina Rahman" in done.text

    async def test_a_plan_with_errors_keeps_what_was_typed(self, world: World, people: People) -> None:
        path = await short(world)
        supplier = await people.supplier()
        page = await supplier.get(f"{path}/plan")
        wrong = {"plan": "Half a plan", "due_on-day": "31", "due_on-month": "2", "due_on-year": "2027"}
        again = await supplier.submit(page, "Propose the plan", wrong, expect=422)
        assert again.title.startswith("Error: ")
        assert again.links["Date must be a real date"] == "#due_on-day"
        past = {**BY_JANUARY, "due_on-year": "2026"}
        again = await supplier.submit(again, "Propose the plan", past, expect=422)
        assert again.links["Enter a date after today"] == "#due_on-day"
        again = await supplier.submit(again, "Propose the plan", {**BY_JANUARY, "due_on-year": "9999"}, expect=422)
        assert again.links["Enter a date within a year. Agree on what takes longer in steps"] == "#due_on-day"
        assert again.form("Propose the plan").fields["plan"] == ["Half a plan"]
        again = await supplier.submit(again, "Propose the plan", {"plan": "x" * 4001, **BY_JANUARY}, expect=422)
        assert again.links["Enter no more than 4,000 characters"] == "#plan"

    @pytest.mark.parametrize("right", ["yes", "no"])
    async def test_a_dispute_is_answered(self, world: World, people: People, right: str) -> None:
        path = await short(world)
        manager, supplier = await people.manager(), await people.supplier()
        form = await supplier.get((await supplier.get(path)).links["Dispute it"])
        refused = await supplier.submit(form, "Send the dispute", expect=422)
        assert refused.links["Enter a reason"] == "#reason"
        page = await supplier.submit(form, "Send the dispute", {"reason": "The hall was flooded"})
        assert "Dispute it" not in page.links
        twice = await supplier.submit(await supplier.get(f"{path}/dispute"), "Send the dispute", {"reason": "x"}, expect=422)
        assert "waits for its answer already" in twice.text
        answer = await manager.get((await manager.get(path)).links["Answer the dispute"])
        assert "The hall was flooded" in answer.text
        missing = await manager.submit(answer, "Send your answer", expect=422)
        assert missing.links["Select whether the supplier is right"] == "#upheld"
        page = await manager.submit(answer, "Send your answer", {"upheld": right, "answer": "We looked into it"})
        assert ("Resolved: We looked into it" in page.text) == (right == "yes")
        assert ("Dispute upheld" if right == "yes" else "Dispute not upheld") in (await supplier.get(path)).text

    async def test_it_is_resolved_with_a_reason_once(self, world: World, people: People) -> None:
        path = await short(world)
        manager = await people.manager()
        form = await manager.get((await manager.get(path)).links["Resolve it with a reason"])
        missing = await manager.submit(form, "Resolve the alert", expect=422)
        assert missing.links["Enter a reason"] == "#reason"
        done = await manager.submit(form, "Resolve the alert", {"reason": "The contract was varied"})
        assert "Resolved: The contract was varied" in done.text
        assert "Resolved Amina Rahman" in done.text
        assert "Soft services" not in (await manager.get("/alerts/")).text
        twice = await manager.submit(await manager.get(f"{path}/resolve"), "Resolve the alert", {"reason": "x"}, expect=422)
        assert "This alert is resolved." in twice.text

    async def test_who_is_no_party_works_on_nothing(self, world: World, people: People) -> None:
        path = await short(world)
        supplier, manager = await people.supplier(), await people.manager()
        stranger = await people.manager(organisation_id=OTHER_BUYER)
        for step in ("plan", "resolve", f"plans/{uuid4()}", f"disputes/{uuid4()}"):
            await stranger.get(f"{path}/{step}", expect=404)
        for step in ("resolve", f"plans/{uuid4()}"):
            await supplier.get(f"{path}/{step}", expect=403)
        await manager.get(f"{path}/dispute", expect=403)
        await manager.get(f"{path}/plans/{uuid4()}", expect=404)
        await manager.get(f"{path}/disputes/{uuid4()}", expect=404)
        await (await people.analyst()).get(f"{path}/plan", expect=403)

    async def test_a_late_return_leads_to_the_return(self, world: World, people: People) -> None:
        contract = Contract()
        await world.hear(
            (contract.recorded(), at(date(2026, 4, 1))),
            (contract.opened(Q2), at(date(2026, 10, 1))),
            (contract.overdue(Q2), at(date(2026, 11, 2))),
        )
        supplier = await people.supplier()
        [href] = [href for words, href in (await supplier.get("/alerts/")).links.items() if words.startswith("Late return")]
        page = await supplier.get(href)
        assert page.links["Open the return"] == f"/returns/{contract.return_id(Q2)}"
        assert "was due on 28 October 2026 and has not been submitted" in page.text


class TestToday:
    async def test_it_lists_reviews_alerts_and_overdue_returns_by_their_dates(self, world: World, people: People) -> None:
        late, soon, missing, other = (Contract(name) for name in ("LATE-1", "SOON-2", "GONE-3", "ELSE-4"))
        await world.hear(
            *((contract.recorded(), at(date(2026, 4, 1))) for contract in (late, soon, missing)),
            (late.submitted(Q2, at(date(2026, 10, 20))), at(date(2026, 10, 20))),
            (soon.submitted(Q2, at(date(2026, 11, 5))), at(date(2026, 11, 5))),
            (missing.opened(Q2), at(date(2026, 10, 1))),
        )
        await short(world, other)
        manager = await people.manager()
        page = await manager.get("/alerts/today")
        reviews = page.text[page.text.index("Returns to review") :]
        reviews, rest = reviews.split("Alerts Alert")
        assert reviews.index("LATE-1") < reviews.index("SOON-2")
        assert "Tuesday 10 November 2026 9 working days late" in reviews
        assert "Thursday 26 November 2026 in 3 working days" in reviews
        alerts, overdue = rest.split("Returns overdue")
        assert "ELSE-4" in alerts
        assert "GONE-3" in overdue
        assert "Wednesday 28 October 2026 18 working days late" in overdue
        assert f"/returns/{late.return_id(Q2)}/review" in page.html
        assert f'"/returns/{missing.return_id(Q2)}"' in page.html
        await world.hear((missing.submitted(Q2, NOON), NOON))
        assert "GONE-3" not in (await manager.get("/alerts/today")).text.split("Returns overdue")[1]

    async def test_a_return_to_be_sent_again_is_overdue_from_its_own_day_and_raises_nothing(
        self, world: World, people: People
    ) -> None:
        back, early = Contract("BACK-1"), Contract("EARLY-2")
        sent = at(date(2026, 10, 20))
        await world.hear(
            *((contract.recorded(), at(date(2026, 4, 1))) for contract in (back, early)),
            *((contract.submitted(Q2, sent), sent) for contract in (back, early)),
            (back.sent_back(Q2, sent, date(2026, 11, 20)), at(date(2026, 11, 6))),
            (early.sent_back(Q2, sent, date(2026, 11, 23)), at(date(2026, 11, 9))),
        )
        manager = await people.manager()
        page = await manager.get("/alerts/today")
        overdue = page.text.split("Returns overdue")[1]
        assert "BACK-1" in overdue
        assert "Friday 20 November 2026 1 working day late" in overdue
        assert "EARLY-2" not in overdue
        assert "No alert waits for anybody." in page.text
        await world.hear((back.submitted(Q2, NOON, 4), NOON))
        assert "No return is overdue." in (await manager.get("/alerts/today")).text

    async def test_swapped_sides_change_nothing_on_any_list(self, world: World, people: People) -> None:
        promised = [Promised("S1"), Promised("C1", Side.CORE_SERVICE)]
        contract = Contract("MV-1", promised)
        await short(world, contract, "10", "S1")
        await world.hear((contract.approved(Q2, "40", "C1"), NOON - timedelta(hours=1)))
        manager = await people.manager()
        paths = ("/alerts/today", "/alerts/")
        before = [(await manager.get(path)).text for path in paths]
        assert "S1" in before[0]
        other = {Side.CORE_SERVICE: Side.SOCIAL_VALUE, Side.SOCIAL_VALUE: Side.CORE_SERVICE}
        swapped = Contract("MV-1", [replace(one, side=other[one.side]) for one in promised])
        await world.hear((swapped.recorded(2, ContractVaried), NOON))
        assert await world.runtime.pool.fetchval("SELECT side FROM obligations WHERE reference = 'S1'") == "core_service"
        assert [(await manager.get(path)).text for path in paths] == before

    async def test_a_quiet_day_says_so(self, people: People) -> None:
        page = await (await people.manager(organisation_id=OTHER_BUYER)).get("/alerts/today")
        for words in ("No return waits for your review.", "No alert waits for anybody.", "No return is overdue."):
            assert words in page.text
        await (await people.supplier()).get("/alerts/today", expect=403)
