"""Lists that are taken away as a file: all of them, narrowed as on the page, and never more than a spreadsheet holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from shared.pages.downloads import MOST_ROWS, TooManyRows, clock, offered, whole


class Counted:
    """A list of so many numbers, read in parts."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.parts = 0

    async def part(self, last: int | None, limit: int) -> Sequence[int]:
        self.parts += 1
        first = 1 if last is None else last + 1
        return range(first, min(first + limit, self.number + 1))


@pytest.mark.parametrize("number", [0, 1, 5_000, MOST_ROWS])
async def test_a_list_is_read_whole_without_a_gap(number: int) -> None:
    assert await whole(Counted(number).part) == list(range(1, number + 1))


async def test_what_is_too_long_is_not_read_to_its_end() -> None:
    endless = Counted(10**9)
    with pytest.raises(TooManyRows, match=r"more than 50,000 rows.* Narrow the list"):
        await whole(endless.part)
    assert endless.parts < 100
    assert f"{MOST_ROWS:,}" in str(TooManyRows())


def test_a_download_is_narrowed_as_its_page_is() -> None:
    assert offered("/here", q="a & b", when="", page=None) == [
        ("csv", "/here/download?q=a+%26+b&file=csv"),
        ("xlsx", "/here/download?q=a+%26+b&file=xlsx"),
    ]


def test_a_moment_is_told_by_the_clock_on_the_wall() -> None:
    assert str(clock(datetime(2026, 7, 3, 13, 15, 0, 7, tzinfo=UTC))) == "2026-07-03 14:15:00"
