"""The pack as a Word document, to be edited before and during the meeting."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from docx import Document
from docx.document import Document as Editable
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from services.alerts.pages.pack import Pack


def as_docx(pack: Pack) -> bytes:
    """With headings, repeated table headings and a language, for people and for screen readers."""
    made = Document()
    _look(made, pack.title)
    made.add_heading(f"Review meeting: {pack.contract}", level=1)
    made.add_paragraph(f"{pack.quarter}. Buyer: {pack.buyers}. Supplier: {pack.suppliers}. Printed on {pack.printed_on}.")
    made.add_paragraph(f"Compliance: {pack.compliance}. Each side weighs one half, whatever its number of obligations.")
    made.add_heading("How both sides are rated", level=2)
    for side in pack.sides:
        made.add_heading(f"{side.name}: {side.score}", level=3)
        rated = [(line.name, line.measured, line.rating) for line in side.lines]
        _table(made, ("Obligation", "Delivered", "Rating"), rated, "Nothing is owed on this side in this quarter.")
    made.add_heading("What changed since the quarter before", level=2)
    _list(made, pack.changes or ["No rating is another than a quarter before."], "List Bullet")
    made.add_heading("Open alerts and recovery plans", level=2)
    alerts = [(one.about, one.severity, one.status, one.clock, one.plan or "None") for one in pack.alerts]
    _table(made, ("Alert", "Severity", "Status", "Next level on", "Recovery plan"), alerts, "There is no open alert.")
    made.add_heading("Questions to ask", level=2)
    _list(made, pack.questions, "List Number")
    made.add_heading("Tasks", level=2)
    tasks = [(task.what, task.owner, task.due, task.status) for task in pack.tasks]
    _table(made, ("What", "Who", "By", "Status"), tasks or [("", "", "", "")])
    held = BytesIO()
    made.save(held)
    return held.getvalue()


def _look(made: Editable, title: str) -> None:
    made.core_properties.title, made.core_properties.author = title, "Parity"
    made.core_properties.language = "en-GB"
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(16)
    normal = made.styles["Normal"]
    normal.font.size, normal.paragraph_format.space_after = Pt(9.5), Pt(4)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    normal.element.get_or_add_rPr().append(language)


def _list(made: Editable, lines: Sequence[str], style: str) -> None:
    for line in lines:
        made.add_paragraph(line, style=style)


def _table(made: Editable, headings: Sequence[str], rows: Sequence[Sequence[str]], instead: str = "") -> None:
    if not rows:
        made.add_paragraph(instead)
        return
    table = made.add_table(rows=0, cols=len(headings), style="Table Grid")
    for values in (headings, *rows):
        for cell, value in zip(table.add_row().cells, values, strict=True):
            cell.text = value
    first = table.rows[0]
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    first._tr.get_or_add_trPr().append(repeated)
    for cell in first.cells:
        cell.paragraphs[0].runs[0].bold = True
