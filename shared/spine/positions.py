"""Which delivered records count: the position is the authority, the offset only says where to read on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.log.interface import Delivered, Partition


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a consumer has applied one partition."""

    next_offset: int = 0
    position: int = 0
    furthest: int = 0
    """The highest position seen: above ``position`` while something between has not come."""
    buried_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Sifted:
    due: Sequence[Delivered]
    """The next positions of their partitions, in order: these count."""
    moved: Mapping[Partition, Standing]
    skipped: int
    """Sent twice: at or below the position."""
    early: int
    """Above the next position: something between has not come yet. The relay's restart sends these again."""


def sift(delivered: Sequence[Delivered], standing: Mapping[Partition, Standing]) -> Sifted:
    due: list[Delivered] = []
    moved: dict[Partition, Standing] = {}
    skipped = early = 0
    positions: dict[Partition, int] = {}
    furthest: dict[Partition, int] = {}
    offsets: dict[Partition, int] = {}
    for record in delivered:
        partition = record.partition
        position = positions.get(partition)
        if position is None:
            before = standing[partition]
            position, furthest[partition] = before.position, before.furthest
        if record.position == position + 1:
            due.append(record)
            position += 1
        elif record.position <= position:
            skipped += 1
        else:
            early += 1
        if record.position > furthest[partition]:
            furthest[partition] = record.position
        positions[partition] = position
        offsets[partition] = record.offset + 1
    for partition, offset in offsets.items():
        moved[partition] = replace(
            standing[partition], next_offset=offset, position=positions[partition], furthest=furthest[partition]
        )
    return Sifted(due, moved, skipped, early)
