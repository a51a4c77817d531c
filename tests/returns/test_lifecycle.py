"""The life of a line and of its return: every move there is, and none besides."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.returns.models.decisions import Approval, Certification, LineApproval
from services.returns.models.returns import Line, QuarterlyReturn
from services.returns.rules.lifecycle import (
    LINE_MOVES,
    Move,
    NotApproved,
    NothingToReview,
    NotUnderReview,
    NotWithSupplier,
    moved,
    return_status,
)
from services.returns.rules.opening import amended, opened
from services.returns.rules.reviewing import (
    NotCertified,
    StoriesNotJudged,
    check_certification,
    judgements,
    submits_on_behalf,
)
from shared.access import Caller, Role
from shared.errors import Conflict, NotFound
from shared.events.returns import LineStatus, ReturnStatus
from shared.ids import new_id
from shared.obligations import Figure, Judgement
from tests.returns.builders import (
    CERTIFIER,
    DEADLINES,
    EDITOR,
    MANAGER,
    Q1,
    Q2,
    SUPPLIER,
    a_contract,
    a_person,
    an_obligation,
    at,
    closed,
    content,
    varied,
)

OPEN, SUBMITTED, CHANGES, APPROVED = LineStatus

AT = at(Q2.first_day)


def a_return(*statuses: LineStatus, story: str | None = None) -> QuarterlyReturn:
    contract = a_contract(*(an_obligation(f"line {nth}") for nth in range(len(statuses))))
    filed = opened(contract, Q1, DEADLINES, opened_on=Q2.first_day, at=AT, new_id=new_id)
    assert filed is not None
    lines = [
        line.model_copy(update={"status": status, "content": content(1, story=story)})
        for line, status in zip(filed.lines, statuses, strict=True)
    ]
    return filed.changed(lines)


@pytest.mark.parametrize(
    ("status", "move", "after"),
    [
        (OPEN, Move.SAVE, OPEN),
        (OPEN, Move.SUBMIT, SUBMITTED),
        (OPEN, Move.JUDGE, NotUnderReview),
        (OPEN, Move.APPROVE, NotUnderReview),
        (OPEN, Move.REQUEST_CHANGES, NotUnderReview),
        (OPEN, Move.RESTATE, NotApproved),
        (SUBMITTED, Move.SAVE, NotWithSupplier),
        (SUBMITTED, Move.SUBMIT, NotWithSupplier),
        (SUBMITTED, Move.JUDGE, SUBMITTED),
        (SUBMITTED, Move.APPROVE, APPROVED),
        (SUBMITTED, Move.REQUEST_CHANGES, CHANGES),
        (SUBMITTED, Move.RESTATE, NotApproved),
        (CHANGES, Move.SAVE, CHANGES),
        (CHANGES, Move.SUBMIT, SUBMITTED),
        (CHANGES, Move.JUDGE, NotUnderReview),
        (CHANGES, Move.APPROVE, NotUnderReview),
        (CHANGES, Move.REQUEST_CHANGES, NotUnderReview),
        (CHANGES, Move.RESTATE, NotApproved),
        (APPROVED, Move.SAVE, NotWithSupplier),
        (APPROVED, Move.SUBMIT, NotWithSupplier),
        (APPROVED, Move.JUDGE, NotUnderReview),
        (APPROVED, Move.APPROVE, NotUnderReview),
        (APPROVED, Move.REQUEST_CHANGES, NotUnderReview),
        (APPROVED, Move.RESTATE, APPROVED),
    ],
)
def test_every_move_of_a_line(status: LineStatus, move: Move, after: LineStatus | type[Conflict]) -> None:
    if isinstance(after, LineStatus):
        assert moved(status, move) is after
    else:
        with pytest.raises(after):
            moved(status, move)


@pytest.mark.parametrize(
    ("statuses", "ever_submitted", "status"),
    [
        ((), False, ReturnStatus.WITHDRAWN),
        ((), True, ReturnStatus.WITHDRAWN),
        ((OPEN, OPEN), False, ReturnStatus.OPEN),
        ((OPEN, APPROVED), False, ReturnStatus.OPEN),
        ((SUBMITTED, SUBMITTED), True, ReturnStatus.SUBMITTED),
        ((SUBMITTED, APPROVED), True, ReturnStatus.SUBMITTED),
        ((CHANGES, APPROVED), True, ReturnStatus.CHANGES_REQUESTED),
        ((CHANGES, SUBMITTED), True, ReturnStatus.CHANGES_REQUESTED),
        ((OPEN, SUBMITTED), True, ReturnStatus.CHANGES_REQUESTED),
        ((APPROVED, APPROVED), True, ReturnStatus.APPROVED),
    ],
)
def test_the_status_of_a_return_follows_from_its_lines(
    statuses: tuple[LineStatus, ...], ever_submitted: bool, status: ReturnStatus
) -> None:
    lines = a_return(*statuses).lines if statuses else ()
    assert return_status(lines, ever_submitted=ever_submitted) is status


@pytest.mark.parametrize(
    ("by", "on_behalf"),
    [
        (CERTIFIER, False),
        (MANAGER, True),
        (EDITOR, True),  # the route does not let an editor submit
        (a_person("both", SUPPLIER, Role.CONTRACT_MANAGER, Role.SUPPLIER_CERTIFIER), False),
    ],
)
def test_who_submits_for_whom(by: Caller, on_behalf: bool) -> None:
    assert submits_on_behalf(a_return(OPEN), by) is on_behalf


@pytest.mark.parametrize(
    ("here", "promised", "because", "on_behalf"),
    list(product([True, False], [True, False], ["By mail", None], [True, False])),
)
def test_both_certifications_are_needed_and_a_reason_for_acting_in_anothers_place(
    here: bool, promised: bool, because: str | None, on_behalf: bool
) -> None:
    certification = Certification(only_this_contract_and_period=here, only_what_was_promised=promised, on_behalf_because=because)
    if here and promised and (because is not None) == on_behalf:
        check_certification(certification, on_behalf=on_behalf)
        return
    with pytest.raises(NotCertified) as refused:
        check_certification(certification, on_behalf=on_behalf)
    named = {error.pointer for error in refused.value.errors}
    assert ("/only_this_contract_and_period" in named) is not here
    assert ("/only_what_was_promised" in named) is not promised
    assert ("/on_behalf_because" in named) is ((because is not None) != on_behalf)


def test_an_approval_judges_each_story_once() -> None:
    filed = a_return(SUBMITTED, SUBMITTED, APPROVED, story="We went to two schools")
    first, second, third = filed.lines
    only_one = (LineApproval(line_id=first.line_id, judgement=Judgement.MET), LineApproval(line_id=second.line_id))
    with pytest.raises(StoriesNotJudged) as refused:
        judgements(filed, Approval(lines=only_one))
    assert [error.pointer for error in refused.value.errors] == ["/lines/1"]
    judged = judgements(
        filed, Approval(lines=(LineApproval(line_id=first.line_id, judgement=Judgement.PARTLY),), judgement=Judgement.MET)
    )
    assert judged == {first.line_id: Judgement.PARTLY}
    judged = judgements(filed, Approval(judgement=Judgement.MET))
    assert judged == {first.line_id: Judgement.MET, second.line_id: Judgement.MET}
    earlier = filed.changed([second.model_copy(update={"judgement": Judgement.NOT_MET})])
    assert judgements(earlier, Approval(judgement=Judgement.MET))[second.line_id] is Judgement.NOT_MET
    with pytest.raises(NotUnderReview):
        judgements(filed, Approval(lines=(LineApproval(line_id=third.line_id),)))
    with pytest.raises(NotFound):
        judgements(filed, Approval(lines=(LineApproval(line_id=new_id()),)))


def test_without_a_story_there_is_nothing_to_judge() -> None:
    filed = a_return(SUBMITTED)
    assert judgements(filed, Approval(judgement=Judgement.MET)) == {filed.lines[0].line_id: None}
    with pytest.raises(NothingToReview):
        judgements(a_return(APPROVED), Approval())


class Life(RuleBasedStateMachine):
    """Any order of moves and variations: an approved line never changes but by a restatement, and nothing typed is lost."""

    @initialize(lines=st.integers(1, 4))
    def open(self, lines: int) -> None:
        self.contract = a_contract(*(an_obligation(f"line {nth}") for nth in range(lines)))
        self.obligations = list(self.contract.obligations)
        filed = opened(self.contract, Q1, DEADLINES, opened_on=Q2.first_day, at=AT, new_id=new_id)
        assert filed is not None
        self.filed = filed
        self.dropped: dict[Any, Line] = {}
        self.approved: dict[Any, Line] = {}
        self.typed: dict[Any, int] = {}
        self.count = 0

    def _with(self, line: Line, move: Move, **update: Any) -> None:
        after = line.changed(at=AT, by=CERTIFIER.person_id, status=moved(line.status, move), **update)
        self._become(self.filed.changed([after]))

    def _become(self, filed: QuarterlyReturn) -> None:
        ever = filed.first_submitted_at is not None
        self.filed = filed.model_copy(update={"status": return_status(filed.lines, ever_submitted=ever)})

    @rule(nth=st.integers(0, 9), move=st.sampled_from([move for move in Move if move is not Move.SUBMIT]))
    def move(self, nth: int, move: Move) -> None:
        if not self.filed.lines:
            return
        line = self.filed.lines[nth % len(self.filed.lines)]
        if (line.status, move) not in LINE_MOVES:
            with pytest.raises(Conflict):
                moved(line.status, move)
            return
        self.count += 1
        update: dict[str, Any] = {}
        if move in (Move.SAVE, Move.RESTATE):
            update = {"content": content(self.count)}
            self.typed[line.obligation_id] = self.count
        if move is Move.APPROVE:
            update = {"approved_at": AT}
        self._with(line, move, **update)
        if move in (Move.APPROVE, Move.RESTATE):
            self.approved[line.obligation_id] = next(one for one in self.filed.lines if one.line_id == line.line_id)

    @rule()
    def submit(self) -> None:
        waiting = [line for line in self.filed.lines if line.status in (OPEN, CHANGES)]
        after = [
            line.changed(at=AT, by=CERTIFIER.person_id, status=moved(line.status, Move.SUBMIT), figure=Figure(value=1))
            for line in waiting
        ]
        if after:
            self._become(self.filed.changed(after, first_submitted_at=AT))

    @rule(keep=st.sets(st.integers(0, 4)), promised=st.integers(1, 99))
    def vary(self, keep: set[int], promised: int) -> None:
        owed = [
            an_obligation(one.reference, targets={Q1: str(promised)}) for nth, one in enumerate(self.obligations) if nth in keep
        ]
        over = closed(Q1.previous().last_day, *self.obligations, starts_on=Q1.previous().first_day)
        fact = varied(*owed) if owed else over
        before = self.filed
        found = amended(before, list(self.dropped.values()), fact, DEADLINES, amended_on=Q2.first_day, at=AT, new_id=new_id)
        if found is None:
            return
        self.filed, gone = found
        assert self.filed.version == before.version + 1
        for line in gone:
            assert not line.owed
            self.dropped[line.obligation_id] = line
        for line in self.filed.lines:
            self.dropped.pop(line.obligation_id, None)
        asked = {obligation.obligation_id for obligation in fact.obligations} if owed else set()
        assert asked <= {line.obligation_id for line in self.filed.lines}
        assert {line.obligation_id for line in self.filed.lines} <= asked | self.approved.keys()
        # A second hearing of the same fact changes nothing.
        again = amended(self.filed, list(self.dropped.values()), fact, DEADLINES, amended_on=Q2.first_day, at=AT, new_id=new_id)
        assert again is None

    @invariant()
    def an_approved_line_stands_as_it_was_approved(self) -> None:
        standing = {line.obligation_id: line for line in self.filed.lines}
        for obligation_id, line in self.approved.items():
            assert standing[obligation_id] == line

    @invariant()
    def the_status_is_that_of_the_lines(self) -> None:
        ever = self.filed.first_submitted_at is not None
        assert self.filed.status is return_status(self.filed.lines, ever_submitted=ever)
        if self.filed.lines:
            everything = all(line.status is APPROVED for line in self.filed.lines)
            assert (self.filed.status is ReturnStatus.APPROVED) is everything

    @invariant()
    def nothing_that_was_typed_is_lost(self) -> None:
        kept = {line.obligation_id: line for line in (*self.dropped.values(), *self.filed.lines)}
        for obligation_id, count in self.typed.items():
            assert kept[obligation_id].content == content(count)

    @invariant()
    def no_obligation_stands_twice(self) -> None:
        obligations = [line.obligation_id for line in self.filed.lines]
        assert len(obligations) == len(set(obligations))


TestLife = Life.TestCase
