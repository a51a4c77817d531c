"""Filing, reviewing, restating: what is saved, what is told, and what happens when two people do it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from services.returns.actions.activities import change as change_activity
from services.returns.actions.activities import note
from services.returns.actions.filing import NoActivities, fill_line, save_line, submit
from services.returns.actions.opening import open_ended
from services.returns.actions.restating import (
    AlreadyAnswered,
    AlreadyRequested,
    answer_request,
    request_restatement,
    restate,
)
from services.returns.actions.reviewing import approve, judge, request_changes
from services.returns.models.activities import ActivityContent
from services.returns.models.content import LineContent
from services.returns.models.decisions import (
    Approval,
    Certification,
    ChangesWanted,
    ChangeWanted,
    LineApproval,
    Restatement,
    RestatementAnswer,
    RestatementWanted,
)
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.lifecycle import NothingToReview, NothingToSubmit, NotWithSupplier
from services.returns.rules.reviewing import NotCertified, NotComplete, StoriesNotJudged
from services.returns.store import lines as line_store
from shared.access import Caller
from shared.db import Connection
from shared.errors import Invalid, NotFound, PreconditionFailed
from shared.events.returns import (
    ChangesRequested,
    LineApproved,
    LineRestated,
    LineStatus,
    ReturnAmended,
    ReturnApproved,
    ReturnStatus,
    ReturnSubmitted,
)
from shared.obligations import Figure, Judgement
from tests.returns.builders import (
    ANALYST,
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    EDITOR,
    MANAGER,
    OTHER_MANAGER,
    Q1,
    Q2,
    STRANGER,
    a_contract,
    an_obligation,
    at,
    content,
    contract_id,
    obligation_id,
    terms,
    value,
    varied,
)
from tests.returns.conftest import World

T = TypeVar("T")
JULY = at(date(2026, 7, 6))
BY_MAIL = CERTIFIED.model_copy(update={"on_behalf_because": "Sent by mail"})


@pytest.fixture
async def open_return(world: World) -> World:
    """C-1 owes hours and calls in Q1; it was recorded on 6 July, so both are open."""
    await world.hear(a_contract(an_obligation("hours"), an_obligation("calls")), when=JULY)
    return world


async def do(world: World, action: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
    async with world.pool.acquire() as conn, conn.transaction():
        return await action(conn, *args, **{"at": JULY, **kwargs})


async def fill(world: World, *, by: Caller = EDITOR, quarter: Any = Q1, **said: LineContent | str | int) -> None:
    for name, figure in said.items():
        line = await world.line(name, quarter)
        await do(world, save_line, line.line_id, figure if isinstance(figure, LineContent) else content(figure), by=by)


async def file(
    world: World, certification: Certification = CERTIFIED, *, by: Caller = CERTIFIER, **kwargs: Any
) -> QuarterlyReturn:
    filed = await world.filed(kwargs.pop("quarter", Q1))
    return await do(world, submit, filed.return_id, certification, DEADLINES, by=by, **kwargs)


async def approve_line(world: World, name: str, judgement: Judgement | None = None) -> QuarterlyReturn:
    line = await world.line(name)
    approval = Approval(lines=(LineApproval(line_id=line.line_id, judgement=judgement),))
    return await do(world, approve, line.return_id, approval, by=MANAGER)


async def dispute(world: World, name: str, reason: str = "Where were they?", **kwargs: Any) -> QuarterlyReturn:
    line = await world.line(name)
    wanted = ChangesWanted(lines=(ChangeWanted(line_id=line.line_id, reason=reason),))
    return await do(world, request_changes, line.return_id, wanted, DEADLINES, by=MANAGER, **kwargs)


async def test_a_return_from_draft_to_approval(open_return: World) -> None:
    world = open_return
    await fill(world, hours=content(40, story="Two schools"), calls="30")
    filed = await file(world)
    assert (filed.status, filed.submissions, filed.on_behalf) == (ReturnStatus.SUBMITTED, 1, False)
    assert filed.review_due_on == DEADLINES.review_due_on(date(2026, 7, 6)) == date(2026, 7, 27)
    [submitted] = await world.told(ReturnSubmitted)
    assert isinstance(submitted, ReturnSubmitted)
    assert submitted.first_submitted_at == submitted.submitted_at == JULY
    approved = await do(world, approve, filed.return_id, Approval(judgement=Judgement.MET), by=MANAGER)
    assert approved.status is ReturnStatus.APPROVED
    told = (await world.told())[-3:]
    assert [type(event) for event in told] == [LineApproved, LineApproved, ReturnApproved]
    assert {(event.reference, event.figure.value, event.judgement) for event in told[:2] if isinstance(event, LineApproved)} == {
        ("hours", Decimal(40), Judgement.MET),
        ("calls", Decimal(30), None),
    }
    assert [status for _, status in await world.acts()] == ["opened", "saved", "saved", "submitted", "approved", "approved"]


async def test_an_approved_line_counts_while_its_neighbour_is_disputed(open_return: World) -> None:
    world = open_return
    await fill(world, hours="40", calls="30")
    await file(world)
    part = await approve_line(world, "hours")
    assert part.status is ReturnStatus.SUBMITTED
    assert [type(event) for event in (await world.told())[-2:]] == [LineApproved, ReturnAmended]
    back = await dispute(world, "calls")
    assert back.status is ReturnStatus.CHANGES_REQUESTED
    asked = (await world.told(ChangesRequested))[-1]
    assert isinstance(asked, ChangesRequested)
    assert {line.reference: line.status for line in asked.lines} == {
        "hours": LineStatus.APPROVED,
        "calls": LineStatus.CHANGES_REQUESTED,
    }
    with pytest.raises(NotWithSupplier):
        await fill(world, hours="41")
    await fill(world, calls="31")
    again = await file(world, at=at(date(2026, 7, 20)))
    assert (again.status, again.submissions) == (ReturnStatus.SUBMITTED, 2)
    assert (again.first_submitted_at, again.submitted_at) == (JULY, at(date(2026, 7, 20)))
    assert again.review_due_on == DEADLINES.review_due_on(date(2026, 7, 20))
    assert (await world.line("calls")).change_reason == "Where were they?"
    whole = await do(world, approve, again.return_id, Approval(), by=MANAGER)
    assert whole.status is ReturnStatus.APPROVED
    assert len(await world.told(LineApproved)) == 2
    assert (await world.line("calls")).change_reason is None


async def test_what_is_missing_is_named_line_by_line_and_nothing_is_submitted(open_return: World) -> None:
    world = open_return
    await fill(world, calls="151")
    with pytest.raises(NotComplete) as refused:
        await file(world)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/lines/0/content/figure/value", "missing"),
        ("/lines/1/content/unlikely_reason", "unlikely"),
    ]
    assert refused.value.errors[0].detail.startswith("hours: ")
    assert (await world.filed()).status is ReturnStatus.OPEN
    assert await world.told(ReturnSubmitted) == []


async def test_an_unlikely_figure_is_confirmed_with_a_reason_and_told_by_its_rule(open_return: World) -> None:
    world = open_return
    await fill(world, calls=content("151", unlikely_reason="Two summer schools"), hours=content(None, nil_reason="No request"))
    await file(world)
    await do(world, approve, (await world.filed()).return_id, Approval(), by=MANAGER)
    told = {event.reference: event for event in await world.told(LineApproved) if isinstance(event, LineApproved)}
    assert told["calls"].unlikely == ("far_above_target",)
    assert told["hours"].figure == Figure(value=Decimal(0), nil=True)


async def test_both_certifications_are_asked_for(open_return: World) -> None:
    await fill(open_return, hours="1", calls="1")
    with pytest.raises(NotCertified):
        await file(open_return, CERTIFIED.model_copy(update={"only_what_was_promised": False}))


async def test_the_contract_manager_submits_on_behalf_and_it_is_marked(open_return: World) -> None:
    world = open_return
    await fill(world, by=MANAGER, hours="1", calls="1")
    with pytest.raises(NotCertified):
        await file(world, by=MANAGER)
    filed = await file(world, BY_MAIL, by=MANAGER)
    assert filed.on_behalf
    assert filed.submitted_by == MANAGER.person_id


async def test_one_reads_and_changes_only_what_is_ones_own(open_return: World) -> None:
    world = open_return
    await fill(world, hours="1", calls="1")
    line = await world.line()
    for somebody in (STRANGER, OTHER_MANAGER, ANALYST):
        with pytest.raises(NotFound):
            await do(world, save_line, line.line_id, content(2), by=somebody)
        with pytest.raises(NotFound):
            await file(world, BY_MAIL, by=somebody)
    await file(world)
    for somebody in (STRANGER, OTHER_MANAGER, CERTIFIER, ANALYST):
        with pytest.raises(NotFound):
            await do(world, approve, line.return_id, Approval(), by=somebody)


async def test_a_story_is_judged_before_its_line_is_approved(open_return: World) -> None:
    world = open_return
    await fill(world, hours=content(1, story="We went"), calls="1")
    filed = await file(world)
    with pytest.raises(StoriesNotJudged):
        await do(world, approve, filed.return_id, Approval(), by=MANAGER)
    await do(world, judge, (await world.line()).line_id, Judgement.NOT_MET, by=MANAGER)
    await do(world, approve, filed.return_id, Approval(judgement=Judgement.MET), by=MANAGER)
    told = {event.reference: event.judgement for event in await world.told(LineApproved) if isinstance(event, LineApproved)}
    assert told == {"hours": Judgement.NOT_MET, "calls": None}


async def test_a_line_that_goes_back_takes_up_what_the_contract_says_by_now(open_return: World) -> None:
    world = open_return
    await fill(world, hours="1", calls="1")
    await file(world)
    await world.hear(varied(an_obligation("hours", terms(target=30)), an_obligation("calls", terms(target=20))), when=JULY)
    assert (await world.line("calls")).terms.target == 50
    await dispute(world, "calls")
    assert (await world.line("calls")).terms.target == 20
    assert (await world.line("hours")).terms.target == 50


class TestRestating:
    @pytest.fixture
    async def approved(self, open_return: World) -> World:
        await fill(open_return, hours="40", calls="30")
        filed = await file(open_return)
        await do(open_return, approve, filed.return_id, Approval(), by=MANAGER)
        return open_return

    async def test_the_contract_manager_restates_with_a_reason(self, approved: World) -> None:
        line = await approved.line()
        later = at(date(2026, 9, 1))
        restatement = Restatement(content=content("44.5"), reason="The register was read wrongly")
        await do(approved, restate, line.line_id, restatement, by=MANAGER, at=later, version=line.version)
        [told] = await approved.told(LineRestated)
        assert isinstance(told, LineRestated)
        assert (told.version, told.figure.value, told.approved_at) == (line.version + 1, Decimal("44.5"), later)
        assert (await approved.filed()).status is ReturnStatus.APPROVED
        async with approved.pool.acquire() as conn:
            versions = await line_store.versions(conn, line.line_id)
        assert [version.version for version in versions] == list(range(1, line.version + 2))
        assert [version.figure and version.figure.value for version in versions][-2:] == [Decimal(40), Decimal("44.5")]

    async def test_a_restatement_is_checked_as_a_figure_is(self, approved: World) -> None:
        line = await approved.line()
        with pytest.raises(Invalid) as refused:
            await do(approved, restate, line.line_id, Restatement(content=content(None), reason="?"), by=MANAGER)
        assert [error.pointer for error in refused.value.errors] == ["/content/figure/value"]
        with pytest.raises(NotFound):
            await do(approved, restate, line.line_id, Restatement(content=content(1), reason="?"), by=CERTIFIER)

    async def test_a_supplier_asks_and_the_contract_manager_answers(self, approved: World) -> None:
        line = await approved.line()
        wanted = RestatementWanted(content=content(45), reason="We found another register")
        request = await do(approved, request_restatement, line.line_id, wanted, by=EDITOR)
        assert await approved.told(LineRestated) == []
        with pytest.raises(AlreadyRequested):
            await do(approved, request_restatement, line.line_id, wanted, by=CERTIFIER)
        with pytest.raises(NotFound):
            await do(approved, answer_request, request.request_id, RestatementAnswer(confirmed=True), by=CERTIFIER)
        with pytest.raises(Invalid):
            await do(approved, answer_request, request.request_id, RestatementAnswer(confirmed=False), by=MANAGER)
        await do(approved, answer_request, request.request_id, RestatementAnswer(confirmed=True), by=MANAGER)
        with pytest.raises(AlreadyAnswered):
            await do(approved, answer_request, request.request_id, RestatementAnswer(confirmed=True), by=MANAGER)
        assert (await approved.line()).figure == Figure(value=Decimal(45))
        second = await do(approved, request_restatement, line.line_id, wanted, by=EDITOR)
        no = RestatementAnswer(confirmed=False, answer="The register is the same")
        await do(approved, answer_request, second.request_id, no, by=MANAGER)
        assert len(await approved.told(LineRestated)) == 1


class TestActivities:
    async def noted(self, world: World, day: date, amount: str) -> Any:
        done = ActivityContent(happened_on=day, quantity=value(amount), note="A visit")
        return await do(world, note, contract_id(), obligation_id("hours"), done, by=EDITOR)

    async def test_a_line_fills_from_its_activities_and_says_from_which(self, open_return: World) -> None:
        line = await open_return.line()
        with pytest.raises(NoActivities):
            await do(open_return, fill_line, line.line_id, by=EDITOR)
        done = [await self.noted(open_return, date(2026, 5, 4), "1.5"), await self.noted(open_return, date(2026, 6, 30), "2")]
        await self.noted(open_return, date(2026, 7, 1), "9")  # the next quarter's
        filled = await open_return.line()
        assert filled.content.figure == value("3.5")
        assert filled.filled_from == tuple(one.activity_id for one in done)
        told = await do(open_return, save_line, line.line_id, content("3.5", story="Two visits"), by=EDITOR)
        assert told.filled_from == filled.filled_from
        typed = await do(open_return, save_line, line.line_id, content("4", story="Two visits"), by=EDITOR)
        assert typed.filled_from == ()
        again = await do(open_return, fill_line, line.line_id, by=EDITOR)
        assert again.filled_from == filled.filled_from

    async def test_a_line_follows_its_activities_until_somebody_types(self, open_return: World) -> None:
        done = await self.noted(open_return, date(2026, 5, 4), "1.5")
        assert (await open_return.line()).content.figure == value("1.5")
        more = ActivityContent(happened_on=date(2026, 5, 4), quantity=value("2"))
        await do(open_return, change_activity, done.activity_id, more, by=EDITOR)
        line = await open_return.line()
        assert (line.content.figure, line.filled_from) == (value("2"), (done.activity_id,))
        later = ActivityContent(happened_on=date(2026, 7, 1), quantity=value("2"))
        await do(open_return, change_activity, done.activity_id, later, by=EDITOR)
        line = await open_return.line()
        assert (line.content.figure, line.filled_from) == (None, ())
        await do(open_return, save_line, line.line_id, content("7"), by=EDITOR)
        await self.noted(open_return, date(2026, 5, 4), "1.5")
        line = await open_return.line()
        assert (line.content.figure, line.filled_from) == (value("7"), ())

    async def test_a_return_opens_with_what_was_noted_in_its_quarter(self, world: World) -> None:
        await world.hear(a_contract(), when=date(2026, 5, 1))
        done = []
        for day, hours in ((date(2026, 5, 4), "1.5"), (date(2026, 6, 30), "2"), (date(2026, 7, 1), "9")):
            said = ActivityContent(happened_on=day, quantity=value(hours))
            done.append(await do(world, note, contract_id(), obligation_id("hours"), said, by=EDITOR, at=at(day)))
        async with world.pool.acquire() as conn, conn.transaction():
            await open_ended(conn, date(2026, 7, 1), DEADLINES, at=at(date(2026, 7, 1)))
        line = await world.line()
        assert line.content.figure == value("3.5")
        assert line.filled_from == tuple(one.activity_id for one in done[:2])

    async def test_a_line_whose_activities_have_changed_is_not_submitted(self, open_return: World) -> None:
        done = await self.noted(open_return, date(2026, 5, 4), "1.5")
        await fill(open_return, calls="1")
        # As long as there are services of an earlier release, lines do not follow what they change.
        async with open_return.pool.acquire() as conn:
            await conn.execute("UPDATE activities SET removed_at = now() WHERE activity_id = $1", done.activity_id)
        with pytest.raises(NotComplete) as refused:
            await file(open_return)
        assert [error.code for error in refused.value.errors] == ["activities-changed"]

    @pytest.mark.parametrize("day", [date(2026, 7, 7), date(2026, 3, 31)], ids=["tomorrow", "before the contract"])
    async def test_an_activity_happened_while_it_was_owed(self, open_return: World, day: date) -> None:
        with pytest.raises(Invalid):
            await self.noted(open_return, day, "1")


async def together(*work: Awaitable[Any]) -> tuple[list[Any], list[Exception]]:
    """What came out well, and what was refused."""
    found = await asyncio.gather(*work, return_exceptions=True)
    return [one for one in found if not isinstance(one, Exception)], [one for one in found if isinstance(one, Exception)]


class TestAtOnce:
    """Two people do the same thing at the same moment, each in a transaction of their own."""

    async def test_of_two_who_save_one_line_the_second_sees_what_stands(self, open_return: World) -> None:
        line = await open_return.line()
        saved, refused = await together(
            *(do(open_return, save_line, line.line_id, content(40 + nth), by=EDITOR, version=line.version) for nth in range(5))
        )
        assert len(saved) == 1
        assert all(isinstance(error, PreconditionFailed) for error in refused)
        standing = await open_return.line()
        assert standing == saved[0]
        assert {error.current for error in refused if isinstance(error, PreconditionFailed)} == {standing}

    async def test_two_lines_are_saved_at_once(self, open_return: World) -> None:
        _, refused = await together(fill(open_return, hours="1"), fill(open_return, calls="2"))
        assert refused == []
        assert (await open_return.filed()).version == 3

    async def test_a_return_is_submitted_once(self, open_return: World) -> None:
        await fill(open_return, hours="1", calls="1")
        filed, refused = await together(*(file(open_return) for _ in range(4)))
        assert len(filed) == 1
        assert [type(error) for error in refused] == [NothingToSubmit] * 3
        assert len(await open_return.told(ReturnSubmitted)) == 1

    async def test_what_was_certified_is_what_is_submitted(self, open_return: World) -> None:
        await fill(open_return, hours="1", calls="1")
        seen = (await open_return.filed()).version
        await fill(open_return, hours="2")
        with pytest.raises(PreconditionFailed):
            await file(open_return, version=seen)

    async def test_a_line_is_approved_once(self, open_return: World) -> None:
        await fill(open_return, hours="1", calls="1")
        filed = await file(open_return)
        _, refused = await together(*(do(open_return, approve, filed.return_id, Approval(), by=MANAGER) for _ in range(4)))
        assert [type(error) for error in refused] == [NothingToReview] * 3
        assert len(await open_return.told(LineApproved)) == 2
        assert len(await open_return.told(ReturnApproved)) == 1

    async def test_a_line_is_approved_or_disputed_never_both(self, open_return: World) -> None:
        await fill(open_return, hours="1", calls="1")
        await file(open_return)
        _, refused = await together(approve_line(open_return, "hours"), dispute(open_return, "hours"))
        assert len(refused) == 1
        approved = await open_return.told(LineApproved)
        assert len(approved) == ((await open_return.line()).status is LineStatus.APPROVED)

    async def test_versions_of_a_return_are_told_in_their_order(self, open_return: World) -> None:
        await fill(open_return, hours="1", calls="1")
        await file(open_return)
        await together(approve_line(open_return, "hours"), approve_line(open_return, "calls"))
        told = [
            event for event in await open_return.told() if isinstance(event, ReturnSubmitted | ReturnAmended | ReturnApproved)
        ]
        assert [type(event) for event in told] == [ReturnSubmitted, ReturnAmended, ReturnApproved]
        assert [event.version for event in told] == sorted(event.version for event in told)


CANARY = "CANARY-7f3a"


async def test_no_word_that_anybody_typed_is_in_any_event(open_return: World, conn: Connection) -> None:
    """Every free-text field of the service carries a canary, through every step; the outbox carries none."""
    world = open_return
    said = content(
        "151",
        story=f"{CANARY} story",
        unlikely_reason=f"{CANARY} unlikely",
        breakdown=[{"recipient": f"{CANARY} recipient", "figure": {"value": 151}}],
    )
    done = ActivityContent(happened_on=date(2026, 5, 4), quantity=value(3), note=f"{CANARY} note")
    await do(world, note, contract_id(), obligation_id("hours"), done, by=EDITOR)
    await do(world, fill_line, (await world.line()).line_id, by=EDITOR)
    await fill(world, hours=said, calls=content(None, nil_reason=f"{CANARY} nil"))
    await file(world, BY_MAIL.model_copy(update={"on_behalf_because": f"{CANARY} on behalf"}), by=MANAGER)
    await dispute(world, "hours", f"{CANARY} reason")
    await file(world)
    await do(world, approve, (await world.filed()).return_id, Approval(judgement=Judgement.PARTLY), by=MANAGER)
    line: Line = await world.line()
    wanted = RestatementWanted(content=said, reason=f"{CANARY} wanted")
    request = await do(world, request_restatement, line.line_id, wanted, by=EDITOR)
    no = RestatementAnswer(confirmed=False, answer=f"{CANARY} answer")
    await do(world, answer_request, request.request_id, no, by=MANAGER)
    await do(world, restate, line.line_id, Restatement(content=said, reason=f"{CANARY} restated"), by=MANAGER)
    told = await conn.fetch("SELECT type FROM outbox WHERE data::text LIKE '%CANARY%'")
    assert told == []
    assert len(await world.told()) >= 7
    held = await conn.fetchval("""
        SELECT string_agg(t::text, ' ') FROM (
            SELECT content::text FROM lines UNION ALL SELECT detail::text FROM history UNION ALL SELECT note FROM activities
            UNION ALL SELECT reason || answer || content::text FROM restatement_requests) AS t
    """)
    planted = ["story", "unlikely", "recipient", "note", "nil", "reason", "wanted", "answer", "restated", "on behalf"]
    assert [word for word in planted if f"{CANARY} {word}" not in held] == []


async def test_the_same_figure_again_and_again_looks_unlikely_over_quarters(world: World) -> None:
    await world.hear(a_contract(), when=date(2027, 1, 4))
    for quarter in (Q1, Q2):
        await fill(world, quarter=quarter, hours="7")
        await file(world, quarter=quarter, at=at(date(2027, 1, 5)))
    third = Q2.next()
    await fill(world, quarter=third, hours="7")
    with pytest.raises(NotComplete) as refused:
        await file(world, quarter=third, at=at(date(2027, 1, 5)))
    assert [error.code for error in refused.value.errors] == ["unlikely"]
