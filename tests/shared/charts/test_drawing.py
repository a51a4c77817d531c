"""Charts: what is drawn, that nothing unknown is drawn as nothing, and that a strict page may show them."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import combinations

import pytest

from shared.charts import Series, bars, bridge, lines
from shared.charts.drawing import PALETTE

QUARTERS = ["2025-26 Q3", "2025-26 Q4", "2026-27 Q1"]
PROMISED = Series("Promised", (Decimal(100), Decimal(120), Decimal(120)))
DELIVERED = Series("Delivered", (Decimal(90), None, Decimal("119.5")))


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


async def test_bars_carry_their_values_and_leave_out_what_is_not_known() -> None:
    svg = await bars("Nearly there", "Hours", QUARTERS, [PROMISED, DELIVERED], unit="hours").svg()
    said = words(svg)
    assert {"100 hours", "90 hours", "119.5 hours", "Promised", "Delivered", *QUARTERS} <= set(said)
    assert sum(1 for word in said if word.endswith(" hours")) == 5


async def test_long_names_lie_flat_and_a_target_is_a_line() -> None:
    places = ["Cheshire West and Chester", "Halton"]
    drawn = bars("Spent", "GBP", places, [Series("Spent", (Decimal(5), Decimal(7)))], unit="GBP", target=Decimal(6))
    svg = await drawn.svg()
    assert {"£5", "£7", *places} <= set(words(svg))
    assert 'stroke-dasharray="6,4"' in svg


@pytest.mark.parametrize(("category", "across", "most"), [("Private", "width", 80), ("Voluntary and community", "height", 36)])
async def test_a_single_bar_fills_no_whole_chart(category: str, across: str, most: int) -> None:
    drawn = await bars("One", "Hours", [category], [Series("Hours", (Decimal(12),))], unit="hours").svg()
    [(wide, high)] = re.findall(r'<path d="M[\d.,]+h([\d.]+)v([\d.]+)h-[\d.]+Z" fill="#12436D"', drawn)
    assert float(wide if across == "width" else high) <= most


async def test_a_line_is_broken_where_a_value_is_not_known() -> None:
    whole = await lines("Whole", "%", QUARTERS, [PROMISED], unit="%", top=Decimal(100)).svg()
    broken = await lines("Broken", "%", QUARTERS, [DELIVERED], unit="%", top=Decimal(100)).svg()
    strokes = [re.findall(r'<path d="([^"]*)"[^>]*stroke-width="3"', svg)[-1] for svg in (whole, broken)]
    assert [stroke.count("M") for stroke in strokes] == [1, 2]


async def test_where_two_lines_meet_both_are_seen() -> None:
    """The first is a filled mark, the second a wider outline around it."""
    both = [Series(name, (Decimal(50),)) for name in ("Core service", "Social value")]
    svg = await lines("Alike", "%", ["2026-27 Q1"], both, unit="%", top=Decimal(100)).svg()
    inner, outer = re.findall(r'<path (transform="[^"]*") d="M(-?[\d.]+)[^"]*"([^>]*) stroke-width="3"', svg)
    assert inner[0] == outer[0], "at the same place"
    assert abs(float(outer[1])) > abs(float(inner[1]))
    assert (f'fill="{PALETTE[0]}"' in inner[2], "fill=" in outer[2]) == (True, False)


async def test_a_bridge_leads_from_one_figure_to_the_next() -> None:
    steps = [("New", Decimal(25)), ("Ended", Decimal(-15))]
    svg = await bridge("Up by 10", "Hours", ("Before", Decimal(100)), steps, ("After", Decimal(110)), unit="hours").svg()
    assert {"100 hours", "+25 hours", "-15 hours", "110 hours"} <= set(words(svg))


async def test_a_strict_page_may_show_it_and_a_screen_reader_hears_one_image() -> None:
    svg = await bars('More <b> & "less"', "Hours", QUARTERS, [PROMISED], unit="hours").svg()
    assert "style=" not in svg
    assert "<script" not in svg
    assert "<b>" not in svg
    assert svg.count("aria-label=") == 1
    assert 'role="img" aria-label="More &lt;b&gt; &amp; &quot;less&quot;. Hours"' in svg


async def test_a_png_holds_the_headline_too() -> None:
    png = await lines("Parity", "%", QUARTERS, [PROMISED, DELIVERED], unit="%").png()
    assert png.startswith(b"\x89PNG")


def test_neighbouring_colours_are_told_apart_without_seeing_colour() -> None:
    """Those of a pair (most charts have two series) differ by 3:1 in lightness, WCAG's contrast for graphics."""
    first, second = PALETTE[:2]
    assert _contrast(first, second) >= 3
    for one, other in combinations(PALETTE, 2):
        assert _contrast(one, other) > 1


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
