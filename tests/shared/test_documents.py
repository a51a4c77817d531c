"""PDFs that say who they are to a screen reader, and show data as data."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from shared.documents import pdf

TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "en", region: "GB")
= #data.title
#for row in data.rows [- #row]
"""
SQUARE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


async def test_a_pdf_is_tagged_and_takes_data_literally(tmp_path: Path) -> None:
    template = tmp_path / "list.typ"
    template.write_text(TEMPLATE + '#image("square.svg", alt: "A square")')
    rows = ["#panic()", "$ x", "*not bold*", '"quoted" \\', "\u00a31,200"]
    made = await pdf(template, {"title": "A list", "rows": rows}, {"square.svg": SQUARE})
    assert made.startswith(b"%PDF-")
    assert b"pdfuaid:part" in made
    assert b"A list" in made


async def test_a_picture_without_words_for_it_is_no_accessible_document(tmp_path: Path) -> None:
    template = tmp_path / "list.typ"
    template.write_text(TEMPLATE + '#image("square.svg")')
    with pytest.raises(typst.TypstError, match="alt"):
        await pdf(template, {"title": "A list", "rows": []}, {"square.svg": SQUARE})
