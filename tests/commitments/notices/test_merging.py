"""Processes: true time order, copies, several awards, several contracts, and what changed."""

from __future__ import annotations

import random
from datetime import date

import pytest

from services.commitments.notices import Together, propose
from services.commitments.notices.merging import MOST_RELEASES
from tests.commitments.notices.builders import (
    BUYER,
    PERIOD,
    SUPPLIER,
    VALUE,
    assert_accounted,
    award,
    contract,
    file_of,
    proposed,
    release,
)

OTHER = {"id": "GB-COH-07654321", "name": "Sefton Meals Ltd", "roles": ["supplier"]}


def worth(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "GBP"}


def test_releases_are_merged_in_true_time_order_whatever_their_offsets() -> None:
    """As text, 14:18+01:00 comes after 13:30Z; in truth it was earlier."""
    earlier = release("early", "2026-06-25T14:18:15+01:00", awards=[award(value=worth(100))])
    later = release("late", "2026-06-25T13:30:00Z", awards=[award(value=worth(200))])
    for order in ([earlier, later], [later, earlier]):
        (found,) = proposed(*order).contracts
        assert found.releases == ("early", "late")
        assert found.value is not None
        assert found.value.amount == 200
        assert [(one.before, one.after, one.release) for one in found.changes] == [("100", "200", "late")]


def test_every_step_of_a_change_is_shown() -> None:
    steps = [
        release(f"r{n}", f"2026-03-0{n}T09:00:00Z", awards=[award(value=worth(amount))]) for n, amount in enumerate((5, 7, 5), 1)
    ]
    (found,) = proposed(*steps).contracts
    assert [(one.field, one.before, one.after) for one in found.changes] == [
        ("value.amount", "5", "7"),
        ("value.amount", "7", "5"),
    ]


def test_what_a_later_release_adds_is_no_change_but_what_it_takes_away_is() -> None:
    first = release("r1", "2026-03-01T09:00:00Z", awards=[award(value=..., contractPeriod=PERIOD)])
    second = release("r2", "2026-03-02T09:00:00Z", awards=[award(value=VALUE, contractPeriod={"endDate": None})])
    (found,) = proposed(first, second).contracts
    assert [(one.field, one.before, one.after) for one in found.changes] == [("period.ends_on", "2028-03-31", None)]


def test_a_copy_is_read_once() -> None:
    one = release(awards=[award()])
    proposal = propose([file_of(one, name="a.json"), file_of(one, name="b.json")])
    assert len(proposal.contracts) == 1
    assert proposal.contracts[0].releases == ("r1",)
    assert [(left.file, left.release) for left in proposal.left_out] == [("b.json", "r1")]
    assert proposal.releases == 2


def test_releases_that_contradict_each_other_are_both_refused() -> None:
    proposal = propose(
        [
            file_of(release(awards=[award(value=worth(1))]), name="a.json"),
            file_of(release(awards=[award(value=worth(2))]), name="b.json"),
        ]
    )
    assert [error.file for error in proposal.errors] == ["a.json", "b.json"]
    assert proposal.contracts == ()


def test_one_ocid_over_several_files() -> None:
    proposal = propose(
        [
            file_of(release("r1", "2026-03-01T09:00:00Z", awards=[award()]), name="a.json"),
            file_of(release("r2", "2026-03-02T09:00:00Z", awards=[award("2", title="Cleaning")]), name="b.json"),
        ]
    )
    assert [(one.award_id, one.title, one.releases) for one in proposal.contracts] == [
        ("1", "Patient catering", ("r1",)),
        ("2", "Cleaning", ("r2",)),
    ]


def test_one_award_with_several_contracts() -> None:
    (one, two) = proposed(
        release("r1", "2026-03-01T09:00:00Z", awards=[award(value=worth(300))]),
        release(
            "r2",
            "2026-03-02T09:00:00Z",
            contracts=[contract("a", value=worth(100)), {"id": "b", "awardID": "1", "status": "active"}],
        ),
    ).contracts
    assert (one.contract_id, two.contract_id, one.award_id, two.award_id) == ("a", "b", "1", "1")
    assert one.value is not None
    assert one.value.amount == 100
    assert two.value is None, "the award's value is that of both"
    assert "value" in two.missing
    assert two.changes == ()
    assert two.releases == ("r1", "r2")


def test_an_award_becomes_its_contract_and_keeps_its_history() -> None:
    (found,) = proposed(
        release("r1", "2026-03-01T09:00:00Z", awards=[award(value=worth(100))]),
        release("r2", "2026-03-02T09:00:00Z", contracts=[contract("c", value=worth(120))]),
    ).contracts
    assert (found.award_id, found.contract_id) == ("1", "c")
    assert [(one.field, one.before, one.after) for one in found.changes] == [("value.amount", "100", "120")]


@pytest.mark.parametrize("status", ["cancelled", "unsuccessful"])
def test_a_fallen_award_is_left_out_with_the_reason(status: str) -> None:
    proposal = proposed(release(awards=[award("1", status=status), award("2")]))
    assert [one.award_id for one in proposal.contracts] == ["2"]
    assert [(one.release, one.reason) for one in proposal.left_out] == [("r1", f"Award 1 is {status}")]


def test_an_award_that_falls_later_takes_its_contract_away() -> None:
    proposal = proposed(
        release("r1", "2026-03-01T09:00:00Z", awards=[award()]),
        release("r2", "2026-03-02T09:00:00Z", awards=[{"id": "1", "status": "cancelled"}]),
        release("r3", "2026-02-01T09:00:00Z", tender={"title": "Catering"}),
    )
    assert proposal.contracts == ()
    assert {one.release for one in proposal.left_out} == {"r1", "r2", "r3"}


def test_a_cancelled_procurement_says_so() -> None:
    proposal = proposed(release(tender={"title": "Catering", "status": "cancelled"}))
    assert "cancelled" in proposal.left_out[0].reason


def test_a_tender_belongs_to_the_contracts_that_came_of_it() -> None:
    tender = release("t", "2026-01-01T09:00:00Z", tender={"title": "Catering"})
    proposal = proposed(tender, release("r", awards=[award("1", title=...), award("2", title=...)]))
    assert [(one.title, one.releases) for one in proposal.contracts] == [("Catering", ("t", "r"))] * 2


def test_several_suppliers_are_a_question() -> None:
    suppliers = [{"id": SUPPLIER["id"]}, {"id": OTHER["id"]}]
    (found,) = proposed(release(parties=[BUYER, SUPPLIER, OTHER], awards=[award(suppliers=suppliers)])).contracts
    assert [one.name for one in found.suppliers] == ["Wirral Meals CIC", "Sefton Meals Ltd"]
    assert found.supplier == found.suppliers[0]
    assert found.suppliers_are is Together.JOINT
    assert any("several suppliers" in warning for warning in found.warnings)


def test_several_suppliers_of_a_framework_are_proposed_apart() -> None:
    suppliers = [{"id": SUPPLIER["id"]}, {"id": OTHER["id"]}]
    tender = {"techniques": {"hasFrameworkAgreement": True}}
    (found,) = proposed(release(tender=tender, parties=[BUYER, SUPPLIER, OTHER], awards=[award(suppliers=suppliers)])).contracts
    assert found.suppliers_are is Together.SEPARATE


def test_a_contract_that_came_to_a_close() -> None:
    (found,) = proposed(
        release("r1", "2026-03-01T09:00:00Z", awards=[award()], contracts=[contract()]),
        release(
            "r2",
            "2027-03-01T09:00:00Z",
            contracts=[{"id": "1", "awardID": "1", "status": "terminated", "endDate": "2027-06-30T23:00:00Z"}],
        ),
    ).contracts
    assert (found.status, found.ended_on) == ("terminated", date(2027, 7, 1))


def test_numbers_for_ids_are_the_same_ids() -> None:
    (found,) = proposed(
        release("r1", "2026-03-01T09:00:00Z", awards=[award("1")]),
        release("r2", "2026-03-02T09:00:00Z", contracts=[contract("7") | {"id": 7, "awardID": 1.0}]),
    ).contracts
    assert (found.award_id, found.contract_id, found.releases) == ("1", "7", ("r1", "r2"))


def test_a_contract_without_its_award_says_what_is_missing() -> None:
    (found,) = proposed(release(parties=[BUYER], contracts=[contract("1", "unknown")])).contracts
    assert "supplier" in found.missing
    assert any("unknown" in warning for warning in found.warnings)


def test_a_huge_process_is_refused_and_named() -> None:
    releases = [
        release(f"r{n}", f"2026-03-01T{n // 60:02d}:{n % 60:02d}:00Z", awards=[award()]) for n in range(MOST_RELEASES + 1)
    ]
    other = release("other", ocid="ocds-b5fd17-b", awards=[award()])
    proposal = proposed(*releases, other)
    assert len(proposal.errors) == MOST_RELEASES + 1
    assert [one.ocid for one in proposal.contracts] == ["ocds-b5fd17-b"]


def test_any_order_of_files_and_releases_comes_to_the_same() -> None:
    pieces = [
        release("t", "2026-01-01T09:00:00+01:00", tender={"title": "Catering"}),
        release("a", "2026-02-01T09:00:00+01:00", awards=[award("1"), award("2")]),
        release("b", "2026-02-01T08:30:00Z", awards=[award("1", value=worth(7))]),
        release("c", "2026-02-01T08:30:00Z", contracts=[contract("x", "2", value=worth(9))]),
    ]
    wanted = proposed(*pieces).contracts
    for seed in range(20):
        shuffled = random.Random(seed).sample(pieces, len(pieces))
        cut = seed % len(pieces)
        proposal = propose([file_of(*shuffled[:cut], name="a.json"), file_of(*shuffled[cut:], name="b.json")])
        assert_accounted(proposal, [one["id"] for one in pieces])
        assert sorted(proposal.contracts, key=lambda one: str(one.award_id)) == sorted(wanted, key=lambda one: str(one.award_id))
