"""Only the next position counts, whatever the log delivers and however it is cut into batches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.log.interface import Delivered, Partition
from shared.spine.positions import Standing, sift

P0, P1 = Partition("returns", 0), Partition("returns", 1)


def delivered(*positions: int, partition: Partition = P0, offset: int = 0) -> list[Delivered]:
    return [Delivered(partition, offset + nth, position, b"", b"") for nth, position in enumerate(positions)]


def test_the_next_positions_are_due() -> None:
    sifted = sift(delivered(4, 5, 6, offset=70), {P0: Standing(70, 3, 3)})
    assert [record.position for record in sifted.due] == [4, 5, 6]
    assert sifted.moved == {P0: Standing(73, 6, 6)}


def test_what_was_sent_twice_is_skipped_and_the_offset_goes_on() -> None:
    sifted = sift(delivered(2, 3, 4, 4, offset=90), {P0: Standing(90, 3, 3)})
    assert [record.position for record in sifted.due] == [4]
    assert sifted.skipped == 3
    assert sifted.moved == {P0: Standing(94, 4, 4)}


def test_after_a_hole_nothing_counts_and_the_furthest_is_remembered() -> None:
    sifted = sift(delivered(4, 6, 7, offset=10), {P0: Standing(10, 3, 3)})
    assert [record.position for record in sifted.due] == [4]
    assert sifted.early == 2
    assert sifted.moved == {P0: Standing(13, 4, 7)}


def test_a_hole_heals_within_a_batch() -> None:
    sifted = sift(delivered(6, 7, 4, 5, 6, 7, offset=10), {P0: Standing(10, 3, 3)})
    assert [record.position for record in sifted.due] == [4, 5, 6, 7]
    assert sifted.moved == {P0: Standing(16, 7, 7)}


def test_partitions_do_not_mind_each_other() -> None:
    mixed = [*delivered(1, 2), *delivered(9, partition=P1), *delivered(3, offset=2)]
    sifted = sift(mixed, {P0: Standing(), P1: Standing(5, 4, 4)})
    assert [record.position for record in sifted.due] == [1, 2, 3]
    assert sifted.moved == {P0: Standing(3, 3, 3), P1: Standing(1, 4, 9)}


@given(
    st.lists(st.tuples(st.sampled_from([P0, P1]), st.integers(1, 12)), max_size=60),
    st.lists(st.integers(1, 10), max_size=30),
)
def test_any_delivery_in_any_batches_applies_each_position_once_in_order(
    sent: list[tuple[Partition, int]], cuts: list[int]
) -> None:
    stream = [Delivered(partition, nth, position, b"", b"") for nth, (partition, position) in enumerate(sent)]
    standing = {P0: Standing(), P1: Standing()}
    applied: dict[Partition, list[int]] = {P0: [], P1: []}
    left = stream
    for cut in [*cuts, len(stream)]:
        sifted = sift(left[:cut], standing)
        left = left[cut:]
        standing |= sifted.moved
        for record in sifted.due:
            applied[record.partition].append(record.position)
    for partition, positions in applied.items():
        next_one = 1
        for other, position in sent:  # the plain meaning: walk along, take what is next
            next_one += other == partition and position == next_one
        assert positions == list(range(1, next_one))
        assert standing[partition].position == next_one - 1
