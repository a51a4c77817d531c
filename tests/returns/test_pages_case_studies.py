"""Case studies: an approved story is marked, somebody consents to its words, and only those words are taken away."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO

import pytest
from docx import Document
from openpyxl import load_workbook

from services.returns.actions.filing import save_line, submit
from services.returns.actions.restating import restate
from services.returns.actions.reviewing import approve
from services.returns.models.decisions import Approval, Restatement
from shared.access import Role
from shared.events.commitments import IcbSees
from shared.obligations import Judgement
from tests.returns.builders import (
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    ICB,
    MANAGER,
    OTHER_TRUST,
    TRUST,
    a_contract,
    an_obligation,
    an_organisation,
    content,
)
from tests.returns.conftest import Office
from tests.returns.office import JULY
from tests.visiting import Page, Visit

STUDIES = "/returns/case-studies"
STORY = "=Twelve visits to Halton schools\n\nA head teacher said it changed lives."
CONSENT = {
    "given_by": "Ada Park, head teacher",
    "given_on-day": "3",
    "given_on-month": "7",
    "given_on-year": "2026",
    "how": "email",
}


@pytest.fixture
async def approved(office: Office) -> Office:
    """An approved return of a buyer who shares: a line with a story, and one without."""
    await _hear(office, IcbSees.CONTRACTS)
    world = office.world
    filed = await world.filed()
    async with world.pool.acquire() as conn, conn.transaction():
        for line in filed.lines:
            said = content(40, story=STORY) if line.reference == "hours" else content(40)
            await save_line(conn, line.line_id, said, by=CERTIFIER, at=JULY)
        await submit(conn, filed.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=JULY)
        await approve(conn, filed.return_id, Approval(judgement=Judgement.MET), by=MANAGER, at=JULY)
    return office


async def _hear(office: Office, icb_sees: IcbSees, version: int = 1) -> None:
    contract = a_contract(an_obligation(), an_obligation("trees"), version=version)
    await office.world.hear(an_organisation(icb_sees=icb_sees, version=version), contract, when=JULY)


async def analyst(office: Office) -> Visit:
    return await office.visit(Role.ICB_ANALYST, works_at=ICB, name="Ines Roy")


async def marked(visit: Visit, title: str = "Halton schools") -> Page:
    stories = await visit.get((await visit.get(STUDIES)).links["Find a story"])
    [mark] = [href for words, href in stories.links.items() if words.startswith("Mark as a case study")]
    return await visit.submit(await visit.get(mark), "Mark as a case study", {"title": title})


async def test_a_story_is_marked_consented_to_and_taken_away(approved: Office) -> None:
    ines = await analyst(approved)
    page = await marked(ines)
    assert "A head teacher said it changed lives" in page.text
    assert "Nobody has consented yet" in page.text
    assert (await ines.http.get(f"{STUDIES}/download?form=csv")).text.count("\n") == 1  # the headings
    everything = (await ines.get(STUDIES)).links["CSV of the case studies"]
    headings, row = await ines.table(everything)
    assert headings == ("Title", "Measure", "Supplier", "Buyer", "Contract reference", "Contract", "Quarter", "Consent given on")
    assert (row[0], row[4], row[7]) == ("Halton schools", "C-1", "")
    assert "twelve" not in str(row).lower(), "no story before somebody consents to it"
    page = await ines.submit(page, "Record consent", CONSENT)
    assert "Ada Park, head teacher gave consent on 3 July 2026 (email)" in page.text
    assert "by Ines Roy" in page.text
    assert (await ines.table(everything))[1][7] == "2026-07-03"
    table = (await ines.http.get(f"{STUDIES}/download?form=csv")).content.decode("utf-8-sig")
    [row] = csv.DictReader(StringIO(table))
    sheet = load_workbook(BytesIO((await ines.http.get(f"{STUDIES}/download?form=xlsx")).content)).active
    assert sheet is not None
    headings, told = sheet.iter_rows(values_only=True)
    taken = dict(zip(headings, told, strict=True))
    assert taken.pop("Story") == STORY, "text, and no formula"
    assert taken.pop("Consent given on").date() == date(2026, 7, 3)
    assert taken.items() <= row.items()
    assert (row["Title"], row["Consent given by"], row["How"]) == ("Halton schools", "Ada Park, head teacher", "Email")
    assert row["Story"].startswith("'=Twelve visits")  # no formula
    document = Document(BytesIO((await ines.http.get(f"{STUDIES}/download?form=docx")).content))
    told = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "A head teacher said it changed lives." in told
    assert "Ada Park" not in told
    assert "Given on 3 July 2026" in (await ines.get(STUDIES)).text


async def test_only_the_words_that_were_consented_to_are_told(approved: Office) -> None:
    ines = await analyst(approved)
    page = await ines.submit(await marked(ines), "Record consent", CONSENT)
    line = await approved.world.line()
    async with approved.world.pool.acquire() as conn, conn.transaction():
        restatement = Restatement(content=content(40, story="Thirteen visits"), reason="Miscounted")
        await restate(conn, line.line_id, restatement, by=MANAGER, at=JULY)
    page = await ines.get(str(page.response.url))
    assert "The story has changed since" in page.text
    assert "Thirteen visits" in page.text
    assert "Thirteen" not in (await ines.http.get(f"{STUDIES}/download?form=csv")).text
    page = await ines.submit(page, "Record consent", CONSENT)
    assert "The story has changed since" not in page.text
    assert "Thirteen" in (await ines.http.get(f"{STUDIES}/download?form=csv")).text


async def test_what_is_missing_is_said_at_its_field(approved: Office) -> None:
    ines = await analyst(approved)
    stories = await ines.get(f"{STUDIES}/stories")
    [mark] = [href for words, href in stories.links.items() if words.startswith("Mark as a case study")]
    page = await ines.get(mark)
    again = await ines.submit(page, "Mark as a case study", {"title": " "}, expect=422)
    assert again.links["Enter a title"] == "#title"
    page = await ines.submit(again, "Mark as a case study", {"title": "Halton schools"})
    again = await ines.submit(page, "Record consent", expect=422)
    assert again.links["Enter who gave consent"] == "#given_by"
    assert again.links["Enter the date on which consent was given"].startswith("#given_on")
    assert again.links["Select how consent was given"] == "#how"
    tomorrow = {**CONSENT, "given_on-day": "7"}
    again = await ines.submit(again, "Record consent", tomorrow, expect=422)
    assert "Date of consent must be today or in the past" in again.links
    assert again.form("Record consent").fields["given_by"] == ["Ada Park, head teacher"]
    twice = await ines.submit(await ines.get(mark), "Mark as a case study", {"title": "Again"}, expect=422)
    assert "This story is a case study already" in twice.text


async def test_a_contract_manager_marks_and_removes_what_is_theirs(approved: Office) -> None:
    manager = await approved.manager()
    line = await approved.world.line()
    page = await manager.get(f"/returns/lines/{line.line_id}")
    page = await manager.get(page.links["Mark this story as a case study"])
    page = await manager.submit(page, "Mark as a case study", {"title": "Halton schools"})
    page = await manager.get(page.links["Remove this case study"])
    assert "Remove this case study? Halton schools" in page.text
    page = await manager.submit(page, "Remove case study")
    assert "Nothing is marked yet" in page.text
    page = await marked(manager, "A second time")
    assert "A second time" in page.title


async def test_stories_are_found_by_their_words(approved: Office) -> None:
    ines = await analyst(approved)
    for words, found in (("halton", True), ("SOFT services", True), ("wirral", False)):
        page = await ines.get(f"{STUDIES}/stories?words={words}")
        assert ("A head teacher said" in page.text) is found
    assert "No approved story was found" in (await ines.get(f"{STUDIES}/stories?quarter=2025-26-Q4")).text


async def test_what_is_not_shared_is_not_there(approved: Office) -> None:
    ines = await analyst(approved)
    page = await marked(ines)
    path = page.response.url.path
    line = await approved.world.line()
    other = await approved.visit(Role.CONTRACT_MANAGER, works_at=OTHER_TRUST)
    await other.get(path, expect=404)
    assert "Nothing is marked yet" in (await other.get(STUDIES)).text
    await (await approved.certifier()).get(STUDIES, expect=403)
    trees = await approved.world.line("trees")
    await ines.get(f"/returns/lines/{trees.line_id}/case-study", expect=409)  # no story
    await approved.world.hear(an_organisation(TRUST, IcbSees.TOTALS, version=2), when=JULY)
    for one in (path, f"/returns/lines/{line.line_id}/case-study"):
        await ines.get(one, expect=404)
    assert "Nothing is marked yet" in (await ines.get(STUDIES)).text
    assert "No approved story was found" in (await ines.get(f"{STUDIES}/stories")).text
    assert (await ines.http.get(f"{STUDIES}/download?form=csv")).text.count("\n") == 1
    for visit in (ines, other):
        assert len(await visit.table(f"{STUDIES}/marked/download?file=csv")) == 1, "the headings only"
