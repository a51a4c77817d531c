"""Case studies to take away: a Word document to tell from, and a table with the consents for the record."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from services.returns.models.case_studies import Story
from services.returns.pages.words import of_figure
from shared.spreadsheets import Sheet
from shared.words import day, label, listed, months

_HEADINGS = (
    "Title", "Supplier", "Buyer", "Contract", "Quarter", "Measure", "Reported", "Story",
    "Consent given by", "Consent given on", "How",
)  # fmt: skip
_LISTED = ("Title", "Measure", "Supplier", "Buyer", "Contract reference", "Contract", "Quarter", "Consent given on")
_WIDTHS = {"Title": 36, "Supplier": 30, "Buyer": 30, "Contract": 36, "Measure": 36, "Story": 80, "Consent given by": 30}


def as_list(stories: Sequence[Story]) -> Sheet:
    """All that are marked, without their words: those are told with consent only."""
    rows = [
        (
            *(story.marked.title, story.terms.measure.label, listed([party.name for party in story.contract.suppliers])),
            *(listed([party.name for party in story.contract.buyers]), story.contract.reference, story.contract.title),
            *(str(story.quarter), story.consent and story.consent.given_on),
        )
        for story in stories
        if story.marked is not None
    ]
    return Sheet("Case studies", _LISTED, rows, widths=_WIDTHS)


def as_table(stories: Sequence[Story]) -> Sheet:
    """The stories that somebody consented to, with their consents."""
    rows = []
    for story in stories:
        study, consent, contract = story.marked, story.consent, story.contract
        if study is None or consent is None:
            continue
        rows.append(
            (
                study.title,
                listed([party.name for party in contract.suppliers]),
                listed([party.name for party in contract.buyers]),
                f"{contract.reference} {contract.title}",
                months(story.quarter),
                story.terms.measure.label,
                of_figure(story.figure, story.terms),
                consent.story,
                consent.given_by,
                consent.given_on,
                label(consent.how),
            )
        )
    return Sheet("Case studies", _HEADINGS, rows, widths=_WIDTHS)


def as_docx(stories: Sequence[Story]) -> bytes:
    """The stories that somebody consented to, in those words, without who it was."""
    made = Document()
    made.core_properties.title, made.core_properties.author = "Case studies", "Parity"
    made.core_properties.language = "en-GB"
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    made.styles["Normal"].element.get_or_add_rPr().append(language)
    made.styles["Normal"].font.size = Pt(11)
    made.add_heading("Case studies", level=1)
    for story in stories:
        study, consent, contract = story.marked, story.consent, story.contract
        if study is None or consent is None:
            continue
        made.add_heading(study.title, level=2)
        made.add_paragraph(
            f"{listed([party.name for party in contract.suppliers])} for {listed([party.name for party in contract.buyers])}, "
            f"{months(story.quarter)}. {story.terms.measure.label}: {of_figure(story.figure, story.terms)}."
        )
        for paragraph in consent.story.splitlines():
            if paragraph.strip():
                made.add_paragraph(paragraph.strip())
        made.add_paragraph(f"Contract {contract.reference} {contract.title}. Told with consent given on {day(consent.given_on)}.")
    held = BytesIO()
    made.save(held)
    return held.getvalue()
