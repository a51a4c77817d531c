"""What proposals come to, whenever and in whichever parts their releases are imported."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from services.commitments.models.proposals import ProposalKept, ProposalStatus
from services.commitments.notices import Found, propose_from, read
from services.commitments.rules import proposals as rules
from tests.commitments.notices.builders import award, contract, file_of, release

SOMEBODY = UUID(int=7)
PUBLISHED = [
    release("t", "2026-01-01T09:00:00+01:00", tender={"title": "Catering"}),
    release("a", "2026-02-01T09:00:00+01:00", awards=[award("1"), award("2"), award("3", status="cancelled")]),
    release("b", "2026-02-01T08:30:00Z", awards=[award("1", value={"amount": 7, "currency": "GBP"})]),
    release("c", "2026-02-02T08:30:00Z", contracts=[contract("x", "2")]),
    release("d", "2026-02-03T08:30:00Z", contracts=[contract("x", "2") | {"title": "Meals"}]),
    release("e", "2026-02-04T08:30:00Z", awards=[{"id": "1", "status": "cancelled"}]),
]


class Kept:
    """What is kept of the process, import by import."""

    def __init__(self) -> None:
        self.known: list[Found] = []
        self.proposals: list[ProposalKept] = []

    def imported(self, *releases: dict[str, Any]) -> None:
        reading = read([file_of(*releases)])
        for process in propose_from(reading, self.known).processes:
            self.proposals = rules.kept(self.proposals, process, buyer_id=None, imported_for=SOMEBODY)
            self.known = list(process.releases)

    def settle(self) -> None:
        self.proposals = [
            rules.settled(one) if one.status in (ProposalStatus.WAITING, ProposalStatus.CHANGED) else one
            for one in self.proposals
        ]

    def standing(self, *statuses: ProposalStatus) -> list[dict[str, Any]]:
        """Without the account of how it came to stand so: that depends on what was known when."""
        found = [one.standing.model_dump(exclude={"changes"}) for one in self.proposals if one.status in statuses]
        return sorted(found, key=lambda one: str(one["award_id"]))


@pytest.mark.parametrize("seed", range(30))
def test_imports_in_any_order_and_parts_come_to_the_same(seed: int) -> None:
    chance = random.Random(seed)
    whole, parts = Kept(), Kept()
    whole.imported(*PUBLISHED)
    shuffled = chance.sample(PUBLISHED, len(PUBLISHED))
    while shuffled:
        size = chance.randint(1, len(shuffled))
        parts.imported(*shuffled[:size])
        shuffled = shuffled[size:]
    assert whole.standing(ProposalStatus.WAITING) == parts.standing(ProposalStatus.WAITING)
    assert len(whole.standing(ProposalStatus.WAITING)) == 1
    assert all(one.standing.award_id == "1" for one in parts.proposals if one.status is ProposalStatus.FALLEN)


@pytest.mark.parametrize("seed", range(30))
def test_importing_again_never_makes_another_version(seed: int) -> None:
    chance = random.Random(seed)
    kept = Kept()
    for one in chance.sample(PUBLISHED, len(PUBLISHED)):
        kept.imported(one)
        if chance.random() < 0.5:
            kept.settle()
        before = list(kept.proposals)
        kept.imported(one)
        assert kept.proposals == before


def test_what_was_settled_waits_only_for_what_changed_since() -> None:
    kept = Kept()
    kept.imported(*PUBLISHED[:4])
    kept.settle()
    kept.imported(PUBLISHED[4])
    (changed,) = (one for one in kept.proposals if one.status is ProposalStatus.CHANGED)
    assert [(one.field, one.before, one.after) for one in changed.changes] == [("title", "Patient catering", "Meals")]
    kept.settle()
    assert {one.status for one in kept.proposals} == {ProposalStatus.CONFIRMED}
