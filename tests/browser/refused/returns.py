"""What the pages of returns refuse."""

from __future__ import annotations

from io import BytesIO

from openpyxl import load_workbook

from tests.browser.refused.refusal import Ground, Refusal
from tests.visiting import Page

_MANAGER, _SUPPLIER, _LATE, _ANALYST = "contract manager", "supplier", "late supplier", "ICB analyst"
_RETURN = ("Your returns", "Community wound care")
_HOURS = (*_RETURN, "S1 Hours of support")
_HEALED = (*_RETURN, "C1 Wounds healed")
_NEW = ("Activities", "S1 Hours")
_CATERING = ("Contracts", "Catering", "How it is going", "the return of 2026-27 Q2")
_REVIEW = ("Today", "Non-emergency patient transport")
_WORKBOOK = (*_RETURN, "Fill this return in a spreadsheet")
_STORY = ("Case studies", "Find a story", "Mark as a case study: Hours volunteered")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NOTED = {"happened_on-day": "15", "happened_on-month": "9", "happened_on-year": "2026"}


async def note_activity(ground: Ground) -> None:
    """In the quarter of the return that is still to be filled."""
    page = await ground.along(_LATE, *_NEW)
    said = {"quantity-value": "3", "note": "An evening in Wirral", **_NOTED}
    page = await (await ground.person(_LATE)).submit(page, "Save", said)
    ground.known["activity"] = next(href for words, href in page.links.items() if "15 September 2026" in words)


async def ask_again(ground: Ground) -> None:
    page = await ground.along(_MANAGER, *_CATERING, "C1 Helpdesk", "Ask the supplier")
    page = await (await ground.person(_MANAGER)).submit(page, "Ask the supplier", {"reason": "The rota says less"})
    ground.known["asked"] = page.response.url.path


async def mark_story(ground: Ground) -> None:
    page = await ground.along(_ANALYST, "Case studies", "Find a story", "Mark as a case study: Spend")
    page = await (await ground.person(_ANALYST)).submit(page, "Mark as a case study", {"title": "Bread from next door"})
    ground.known["study"] = page.response.url.path


async def upload_unlikely(ground: Ground) -> None:
    """The whole return by spreadsheet, with a figure far above all others."""
    page = await ground.along(_LATE, *_WORKBOOK)
    content = await _filled(ground, page, 90_000)
    page = await (await ground.person(_LATE)).submit(page, "Upload", files=[("file", ("return.xlsx", content, _XLSX))])
    ground.known["saved"] = page.response.url.path


async def fill_wrongly(ground: Ground) -> None:
    ground.files["wrong.xlsx"] = await _filled(ground, await ground.along(_LATE, *_WORKBOOK), "about 30")


async def _filled(ground: Ground, page: Page, hours: object) -> bytes:
    answer = await (await ground.person(_LATE)).http.get(page.links["Download the workbook"])
    book = load_workbook(BytesIO(answer.content))
    lines = book["Lines"]
    [row] = [row for row in range(2, lines.max_row + 1) if str(lines.cell(row, 4).value) == "S1"]
    lines[f"H{row}"] = hours
    held = BytesIO()
    book.save(held)
    return held.getvalue()


REFUSALS = (
    Refusal(
        "/returns/lines/{line_id:uuid}",
        _LATE,
        _HOURS,
        "Save and continue",
        "Enter a number, such as 1,200 or 12.5",
        {"figure-value": "about 30", "share": "200"},
    ),
    Refusal(
        "/returns/lines/{line_id:uuid}/fill",
        _LATE,
        _HOURS,
        "Fill the figure from these activities",
        "Enter a share above 0 and up to 100",
        {"share": "200"},
        prepared=note_activity,
    ),
    Refusal("/returns/lines/{line_id:uuid}/evidence", _LATE, _HOURS, "Upload", "Select a file"),
    Refusal(
        "/returns/lines/{line_id:uuid}/evidence",
        _LATE,
        _HOURS,
        "Upload",
        "The selected file must be a PDF, an image",
        {"file": b"<html><script>alert(1)</script></html>"},
    ),
    Refusal(
        "/returns/lines/{line_id:uuid}/evidence/{evidence_id:uuid}/remove",
        _LATE,
        _HEALED,
        "Remove healed.csv",
        "Enter a numerator that is not above the denominator",
        {"figure-numerator": "9000"},
    ),
    Refusal(
        "/returns/{return_id:uuid}/certify",
        _LATE,
        (*_RETURN, "Check answers", "Continue to certify"),
        "Certify and submit",
        "Select the statement on this contract and quarter, or go back and correct the return",
    ),
    Refusal(
        "/returns/{return_id:uuid}/review",
        _MANAGER,
        _REVIEW,
        "Save decisions",
        "Select approve or ask for changes for at least one line",
    ),
    Refusal(
        "/returns/{return_id:uuid}/review/on-target",
        _MANAGER,
        (*_REVIEW, "on target"),
        "Approve 1 line",
        "Somebody changed this return after you opened it",
        {"version": "1"},
    ),
    Refusal(
        "/returns/lines/{line_id:uuid}/restate",
        _SUPPLIER,
        ("Your returns", "Approved", "Catering", "C1 Helpdesk", "Ask for a change"),
        "Send the request",
        "Enter the reason for the change",
    ),
    Refusal(
        "/returns/lines/{line_id:uuid}/ask-to-restate",
        _MANAGER,
        (*_CATERING, "C3 Cleaning", "Ask the supplier"),
        "Ask the supplier",
        "Enter",
        far=True,
    ),
    Refusal(
        "/returns/lines/{line_id:uuid}/figure-is-right",
        _SUPPLIER,
        ("{asked}",),
        "The figure is right",
        "Enter why the figure is right",
        prepared=ask_again,
    ),
    Refusal(
        "/returns/restatement-requests/{request_id:uuid}",
        _MANAGER,
        ("Returns", "S1 Hours volunteered"),
        "Send your answer",
        "Select whether you confirm the change",
    ),
    Refusal(
        "/returns/activities/new/{contract_id:uuid}/{obligation_id:uuid}",
        _SUPPLIER,
        _NEW,
        "Save",
        "Enter how much was done",
        {"happened_on-day": "31", "happened_on-month": "11"},
    ),
    Refusal(
        "/returns/activities/{activity_id:uuid}",
        _LATE,
        ("{activity}",),
        "Save",
        "Date must be a real date",
        {"happened_on-month": "13"},
        prepared=note_activity,
    ),
    Refusal("/returns/lines/{line_id:uuid}/case-study", _ANALYST, _STORY, "Mark as a case study", "Enter a title"),
    Refusal(
        "/returns/case-studies/{case_study_id:uuid}/consent",
        _ANALYST,
        ("{study}",),
        "Record consent",
        "Enter who gave consent",
        prepared=mark_story,
    ),
    Refusal("/returns/workbook", _LATE, ("Your returns", "in a spreadsheet"), "Upload", "Select a workbook"),
    Refusal(
        "/returns/{return_id:uuid}/workbook",
        _LATE,
        _WORKBOOK,
        "Upload",
        "The selected file must be an XLSX workbook",
        {"file": b"%PDF-1.7"},
    ),
    Refusal(
        "/returns/{return_id:uuid}/workbook",
        _LATE,
        _WORKBOOK,
        "Upload",
        "Nothing was saved. Correct 1 cell in the workbook, then upload it again",
        {"file": "wrong.xlsx"},
        prepared=fill_wrongly,
    ),
    Refusal(
        "/returns/{return_id:uuid}/workbook/saved",
        _LATE,
        ("{saved}",),
        "Save reasons",
        "Enter why a figure is right, or correct it on its line",
        prepared=upload_unlikely,
    ),
    Refusal(
        "/returns/workbook/saved",
        _LATE,
        ("/returns/workbook/saved",),
        "Save reasons",
        "Enter why a figure is right, or correct it on its line",
        prepared=upload_unlikely,
    ),
)
"""The last two leave a figure that wants a reason, so that the return cannot be certified after them."""
