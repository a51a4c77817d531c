"""Figures keep their units and quarters their names, and nothing that is sent back, or is no text, is changed."""

from __future__ import annotations

import pytest

from shared.pages.unbroken import unbroken


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<td>64.1 %</td>", "<td>64.1~%</td>"),
        ("<td>1,204.5 hours of 2,000 hours</td>", "<td>1,204.5~hours of 2,000~hours</td>"),
        ("<dd>4.4 tCO2e</dd>", "<dd>4.4~tCO2e</dd>"),
        ("<p>17 November 2025 to 16 November 2028</p>", "<p>17~November 2025~to 16~November 2028</p>"),
        ("<p>&lt;5 people, less &amp; 12 &gt; 3 more</p>", "<p>&lt;5~people, less &amp; 12 &gt; 3~more</p>"),
        ("<li>July (2026-27 Q2)</li>", '<li>July (<span class="parity-unbroken">2026-27 Q2</span>)</li>'),
        ("<p>SV1 Staff hours, B7 of Lines, 2.5-9 of it</p>", "<p>SV1 Staff hours, B7 of Lines, 2.5-9 of it</p>"),
        ("<p>12 counterrevolutionaries</p>", "<p>12 counterrevolutionaries</p>"),
    ],
)
def test_what_is_read_stays_together(said: str, kept: str) -> None:
    assert unbroken(said) == kept.replace("~", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    "page",
    [
        '<input value="20 hours in 2026-27 Q2">',
        '<a href="/icb/?said=5 hours" aria-label="2026-27 Q2 and 5 hours">x</a>',
        "<textarea>2026-27 Q1: 20 hours\n2026-27 Q2: 30 hours</textarea>",
        "<option>July to September 2026 (2026-27 Q2), 5 hours</option>",
        "<title>The quarter: 2026-27 Q2, 3 hours – Parity</title>",
        "<svg><text>20 hours</text><text>2026-27 Q2</text></svg>",
        "<style>p { margin: 0 auto }</style>",
    ],
)
def test_what_is_sent_back_or_is_no_text_stays_as_it_is(page: str) -> None:
    assert unbroken(page) == page
