"""What is owed in a quarter, when it is due, and what a variation does to it."""

from __future__ import annotations

from datetime import date

import pytest

from services.returns.models.returns import QuarterlyReturn
from services.returns.rules.deadlines import Deadlines, last_ended, opens_on
from services.returns.rules.facts import line_fact, return_fact
from services.returns.rules.opening import amended, opened
from shared.events.commitments import ContractFact
from shared.events.returns import LineApproved, LineStatus, ReturnOpened, ReturnStatus
from shared.ids import new_id
from shared.obligations import ContractForm, Figure, Kind, Side
from shared.quarters import Quarter
from tests.returns.builders import (
    DEADLINES,
    Q1,
    Q2,
    Q3,
    a_contract,
    an_obligation,
    at,
    closed,
    content,
    terms,
    varied,
)

AT = at(date(2026, 7, 1))
LATER = date(2026, 8, 3)


def open_return(contract: ContractFact, quarter: Quarter = Q1) -> QuarterlyReturn:
    filed = opened(contract, quarter, DEADLINES, opened_on=quarter.next().first_day, at=AT, new_id=new_id)
    assert filed is not None
    return filed


def amend(filed: QuarterlyReturn, contract: ContractFact, dropped: list[object] | None = None) -> QuarterlyReturn | None:
    found = amended(filed, dropped or [], contract, DEADLINES, amended_on=LATER, at=at(LATER), new_id=new_id)  # type: ignore[arg-type]
    return found[0] if found is not None else None


def with_status(filed: QuarterlyReturn, *statuses: LineStatus) -> QuarterlyReturn:
    lines = [line.model_copy(update={"status": status}) for line, status in zip(filed.lines, statuses, strict=True)]
    return filed.changed(lines, first_submitted_at=AT, submitted_at=AT, status=ReturnStatus.SUBMITTED)


@pytest.mark.parametrize(
    ("today", "ended"),
    [(date(2026, 6, 30), "2025-26-Q4"), (date(2026, 7, 1), "2026-27-Q1"), (date(2027, 1, 5), "2026-27-Q3")],
)
def test_the_last_quarter_that_is_over(today: date, ended: str) -> None:
    assert last_ended(today).code == ended


@pytest.mark.parametrize(
    ("quarter", "known_on", "opened_on", "remind_on", "due_on"),
    [
        (Q1, date(2026, 4, 1), date(2026, 7, 1), date(2026, 7, 22), date(2026, 7, 29)),
        (Q1, date(2026, 7, 15), date(2026, 7, 15), date(2026, 8, 5), date(2026, 8, 12)),
        # A Saturday, and the bank holiday of 31 August, do not count.
        (Q1, date(2026, 8, 15), date(2026, 8, 15), date(2026, 9, 7), date(2026, 9, 14)),
        (Q3, date(2026, 4, 1), date(2027, 1, 1), date(2027, 1, 22), date(2027, 1, 29)),  # New Year's Day does not count
    ],
)
def test_when_a_return_opens_and_is_due(quarter: Quarter, known_on: date, opened_on: date, remind_on: date, due_on: date) -> None:
    assert opens_on(quarter, known_on) == opened_on
    filed = opened(a_contract(), quarter, DEADLINES, opened_on=opened_on, at=AT, new_id=new_id)
    assert filed is not None
    assert (filed.opened_on, filed.remind_on, filed.due_on) == (opened_on, remind_on, due_on)


def test_deadlines_are_settings() -> None:
    short = Deadlines(due=10, review=3, remind=2)
    assert short.due_on(date(2026, 7, 1)) == date(2026, 7, 15)
    assert short.remind_on(date(2026, 7, 15)) == date(2026, 7, 13)
    assert short.review_due_on(date(2026, 7, 15)) == date(2026, 7, 20)


def test_there_is_a_line_for_everything_owed_whatever_its_side_or_target() -> None:
    contract = a_contract(
        an_obligation("calls", terms(Kind.RATIO, target=95), side=Side.CORE_SERVICE),
        an_obligation("hours", terms(target=0)),
        an_obligation("later", quarters=(Q2, Q3)),
    )
    filed = open_return(contract)
    assert [(line.reference, line.side, line.terms.target) for line in filed.lines] == [
        ("calls", Side.CORE_SERVICE, 95),
        ("hours", Side.SOCIAL_VALUE, 0),
    ]
    assert [line.reference for line in open_return(contract, Q2).lines] == ["calls", "hours", "later"]


@pytest.mark.parametrize(
    "contract",
    [
        a_contract(an_obligation(quarters=(Q2,))),
        a_contract(starts_on=date(2026, 7, 1)),
        a_contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31)),
        a_contract(form=ContractForm.FRAMEWORK).model_copy(update={"obligations": ()}),
    ],
    ids=["owed in another quarter", "not begun", "over", "a framework without obligations"],
)
def test_where_nothing_is_owed_no_return_opens(contract: ContractFact) -> None:
    assert opened(contract, Q1, DEADLINES, opened_on=Q2.first_day, at=AT, new_id=new_id) is None


def test_a_single_day_in_a_quarter_owes_a_return() -> None:
    assert open_return(a_contract(starts_on=date(2026, 6, 30))).quarter == Q1
    assert open_return(a_contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 4, 1))).quarter == Q1


class TestAmending:
    """A contract changes while its return is open."""

    contract = a_contract(an_obligation("hours"), an_obligation("calls"))

    def test_a_line_with_the_supplier_takes_the_new_terms(self) -> None:
        filed = open_return(self.contract)
        now = amend(filed, varied(an_obligation("hours", terms(target=30, version=2)), an_obligation("calls")))
        assert now is not None
        assert [line.terms.target for line in now.lines] == [30, 50]
        assert now.lines[0].version == 2
        assert now.lines[1] == filed.lines[1]
        assert now.due_on == filed.due_on

    def test_the_past_keeps_its_terms(self) -> None:
        filed = with_status(open_return(self.contract), LineStatus.APPROVED, LineStatus.SUBMITTED)
        assert amend(filed, varied(an_obligation("hours", terms(target=30)), an_obligation("calls", terms(target=30)))) is None

    def test_the_same_again_changes_nothing(self) -> None:
        assert amend(open_return(self.contract), varied(*self.contract.obligations)) is None

    def test_a_new_title_reaches_a_return_that_is_not_approved(self) -> None:
        filed = open_return(self.contract)
        renamed = varied(*self.contract.obligations, title="Hard services")
        now = amend(filed, renamed)
        assert now is not None
        assert now.contract.title == "Hard services"
        approved = filed.changed([line.model_copy(update={"status": LineStatus.APPROVED}) for line in filed.lines])
        assert amend(approved, renamed) is None

    def test_what_is_owed_in_addition_is_asked_for_even_after_approval(self) -> None:
        filed = with_status(open_return(self.contract), LineStatus.APPROVED, LineStatus.APPROVED)
        now = amend(filed, varied(*self.contract.obligations, an_obligation("trees")))
        assert now is not None
        assert now.status is ReturnStatus.CHANGES_REQUESTED
        assert [(line.reference, line.status) for line in now.lines][2] == ("trees", LineStatus.OPEN)
        assert now.answer_due_on is not None
        settled = amend(now, varied(*self.contract.obligations, version=3))
        assert settled is not None
        assert (settled.status, settled.answer_due_on) == (ReturnStatus.APPROVED, None)

    def test_what_is_no_longer_owed_goes_unless_it_was_approved(self) -> None:
        filed = with_status(open_return(self.contract), LineStatus.APPROVED, LineStatus.SUBMITTED)
        now = amend(filed, varied(an_obligation("trees", quarters=(Q2,))))
        assert now is not None
        assert [line.reference for line in now.lines] == ["hours"]
        assert now.status is ReturnStatus.APPROVED

    def test_a_contract_closed_before_the_quarter_withdraws_its_return_and_gives_it_back_if_it_goes_on(self) -> None:
        obligations = [an_obligation("hours", quarters=(Q1.previous(), Q1))]
        contract = a_contract(*obligations, starts_on=date(2026, 1, 1))
        filed = open_return(contract)
        filed = filed.changed([filed.lines[0].model_copy(update={"content": content(7)})])
        found = amended(
            filed,
            [],
            closed(date(2026, 3, 31), *obligations, starts_on=date(2026, 1, 1)),
            DEADLINES,
            amended_on=LATER,
            at=at(LATER),
            new_id=new_id,
        )
        assert found is not None
        withdrawn, gone = found
        assert withdrawn.status is ReturnStatus.WITHDRAWN
        assert withdrawn.lines == ()
        found = amended(
            withdrawn,
            gone,
            varied(*obligations, starts_on=date(2026, 1, 1)),
            DEADLINES,
            amended_on=LATER,
            at=at(LATER),
            new_id=new_id,
        )
        assert found is not None
        again, _ = found
        assert again.status is ReturnStatus.OPEN
        assert again.lines[0].content == content(7)
        assert again.lines[0].line_id == filed.lines[0].line_id
        assert again.due_on == DEADLINES.due_on(LATER)


def test_events_carry_the_whole_and_no_words() -> None:
    filed = open_return(a_contract())
    line = filed.lines[0].model_copy(
        update={
            "status": LineStatus.APPROVED,
            "figure": Figure(value=40),
            "content": content(40, story="CANARY"),
            "approved_at": AT,
            "change_reason": "CANARY",
        }
    )
    told = return_fact(ReturnOpened, filed.changed([line]))
    assert told.version == filed.version + 1
    assert [(owed.reference, owed.terms.target, owed.status) for owed in told.lines] == [("hours", 50, LineStatus.APPROVED)]
    fact = line_fact(LineApproved, line, filed, ["b" * 64, "a" * 64, "b" * 64])
    assert fact.contract == filed.contract
    assert fact.evidence == ("a" * 64, "b" * 64)
    assert "CANARY" not in told.model_dump_json() + fact.model_dump_json()
