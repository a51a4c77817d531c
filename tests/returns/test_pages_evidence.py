"""Evidence on a line's page: what is wrong with a file is said at its field, and takes nothing from what was typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psutil
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.returns.actions.activities import note
from services.returns.models.activities import ActivityContent
from tests.returns.builders import EDITOR, contract_id, obligation_id, value
from tests.returns.conftest import Office
from tests.returns.office import BOTH, HOURS, JULY, LIST, line
from tests.returns.test_files import HTML, PDF, PNG, a_document, encrypted
from tests.visiting import Page, Visit

TYPED = {"figure-value": "40", "story": "Two schools"}


async def upload(visit: Visit, page: Page, *files: tuple[str, bytes], expect: int = 303, **typed: str) -> Page:
    sent = [("file", (name, content, "application/octet-stream")) for name, content in files]
    # A browser sends an empty file where none was chosen.
    sent = sent or [("file", ("", b"", "application/octet-stream"))]
    return await visit.submit(page, "Upload", {**TYPED, **typed}, files=sent, expect=expect)


async def test_a_file_is_added_beside_what_is_typed_opened_and_removed(two_lines: Office) -> None:
    editor = await two_lines.editor("Ann Lee")
    page = await upload(editor, await line(editor, HOURS), ("visits.pdf", PDF), ("photo.png", PNG))
    assert page.forms[0].fields["figure-value"] == ["40"]
    assert "added 6 July 2026 by Ann Lee" in page.text
    opened_file = await editor.http.get(page.links["visits.pdf"])
    assert opened_file.content == PDF
    headers = opened_file.headers
    assert headers["content-disposition"] == "inline; filename*=UTF-8''visits.pdf"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["x-content-type-options"] == "nosniff"
    for _ in range(2):  # by a second click too
        removed = await editor.submit(page, "Remove visits.pdf", {"story": "Three schools"})
    page = removed
    assert "visits.pdf" not in page.links
    assert "photo.png" in page.links
    assert page.forms[0].fields["story"] == ["Three schools"]


async def test_a_file_that_the_store_has_lost_is_said_so_to_whoever_opens_it_and_to_operators(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await upload(editor, await line(editor, HOURS), ("visits.pdf", PDF))
    sha256 = _lose_everything(two_lines)
    before = REGISTRY.get_sample_value("parity_evidence_missing_total") or 0
    with capture_logs() as logs:
        lost = await editor.get(page.links["visits.pdf"], expect=404)
    assert "This file is recorded, and its content is gone from the store" in lost.text
    api = await editor.http.get(page.links["visits.pdf"], headers={"Accept": "application/json"})
    assert (api.status_code, api.json()["code"]) == (404, "evidence-missing")
    assert REGISTRY.get_sample_value("parity_evidence_missing_total") == before + 2
    assert {"event": "evidence is missing from its store", "log_level": "error", "sha256": sha256} in logs
    page = await upload(editor, await line(editor, HOURS), ("again.png", PNG))
    assert {"visits.pdf", "again.png"} <= set(page.links)


def _lose_everything(office: Office) -> str:
    """Delete the one file of the store; returns its name."""
    [kept] = [path for path in Path(office.runtime.settings.evidence.removeprefix("file://")).rglob("*") if path.is_file()]
    kept.unlink()
    return kept.name


async def test_what_a_browser_cannot_show_safely_is_downloaded(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await upload(editor, await line(editor, HOURS), ("visits.docx", a_document()), ("notes.txt", b"plain"))
    for name in ("visits.docx", "notes.txt"):
        found = await editor.http.get(page.links[name])
        assert found.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", b"", "Select a file"),
        ("report.pdf", b"", "The selected file is empty"),
        ("report.pdf", HTML, "The selected file must be a PDF, an image"),
        ("report.pdf", PNG, "The selected file is not what its name says"),
        ("report.docx", encrypted(), "The selected file is password protected"),
        ("report.docx", a_document(**{"word/vbaProject.bin": "x"}), "The selected file contains macros"),
        ("report.pdf", PDF + b" " * 100_000, "The selected file must be smaller than 97KB"),
        ("r" * 250 + ".pdf", PDF, "The selected file's name must be 200 characters or fewer"),
    ],
)
async def test_a_file_that_cannot_be_used_costs_nothing_that_was_typed(
    two_lines: Office, name: str, content: bytes, said: str
) -> None:
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    again = await upload(editor, page, *([(name, content)] if name else []), expect=422)
    [shown] = [words for words in again.links if words.startswith(said)]
    assert again.links[shown] == "#file"
    assert [again.forms[0].fields[field] for field in TYPED] == [["40"], ["Two schools"]]
    # It was saved, too, and the page goes on as if nothing had happened.
    assert (await two_lines.world.line()).content.story == "Two schools"
    await editor.submit(again, "Save and come back later", {"story": "Three schools"})
    assert (await two_lines.world.line()).content.story == "Three schools"


async def test_a_bomb_is_refused_and_never_unpacked(two_lines: Office) -> None:
    """A megabyte that would be 300."""
    object.__setattr__(two_lines.runtime.settings, "evidence_max_bytes", 20 * 1024 * 1024)
    editor = await two_lines.editor()
    bomb = a_document(**{"word/media/zeros.bin": b"\0" * 300 * 1024 * 1024})
    assert len(bomb) < 1024 * 1024
    before = psutil.Process().memory_info().rss
    again = await upload(editor, await line(editor, HOURS), ("report.docx", bomb), expect=422)
    assert psutil.Process().memory_info().rss - before < 100 * 1024 * 1024
    [shown] = [words for words in again.links if "report.docx" in words or words.startswith("The selected file")]
    assert "unpacks to far more than its size" in shown
    assert again.links[shown] == "#file"


async def test_a_figure_that_cannot_be_read_costs_no_file(two_lines: Office) -> None:
    editor = await two_lines.editor()
    again = await upload(editor, await line(editor, HOURS), ("visits.pdf", PDF), expect=422, **{"figure-value": "forty"})
    assert again.links["Enter a number, such as 1,200 or 12.5"] == "#figure-value"
    assert "visits.pdf" in again.links
    assert again.forms[0].fields["figure-value"] == ["forty"]


async def test_one_bad_file_of_several_is_named_and_the_good_one_kept(two_lines: Office) -> None:
    editor = await two_lines.editor()
    again = await upload(editor, await line(editor, HOURS), ("good.pdf", PDF), ("bad.pdf", b""), expect=422)
    assert "bad.pdf: The selected file is empty" in again.links
    assert "good.pdf" in again.links


async def test_the_same_file_twice_is_there_once(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    for _ in range(2):
        again = await upload(editor, page, ("visits.pdf", PDF))
    assert again.text.count("visits.pdf") == 2  # its link, and its button to remove it


async def test_evidence_comes_late_but_does_not_go(two_lines: Office) -> None:
    certifier = await two_lines.certifier()
    page = await upload(certifier, await line(certifier, HOURS), ("visits.pdf", PDF))
    page = await certifier.submit(page, "Save and continue")
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await certifier.get(page.links["Continue to certify"])
    await certifier.submit(page, "Certify and submit", BOTH)
    task_list = await certifier.get((await certifier.get(f"{LIST}?show=in-review")).links["Soft services"])
    page = await certifier.get(task_list.links[HOURS])
    assert "It can be changed once the reviewer asks for changes" in page.text
    assert "Remove visits.pdf" not in page.text
    page = await upload(certifier, page, ("late.pdf", PDF + b"late"))
    assert "late.pdf" in page.links


async def test_a_figure_is_filled_from_activities_and_shows_from_what(two_lines: Office) -> None:
    async with two_lines.world.pool.acquire() as conn, conn.transaction():
        for day, hours in ((date(2026, 4, 20), "12"), (date(2026, 5, 4), "9.5")):
            content = ActivityContent(happened_on=day, quantity=value(hours), note="Career talk")
            await note(conn, contract_id(), obligation_id("hours"), content, by=EDITOR, at=JULY)
    editor = await two_lines.editor()
    page = await line(editor, HOURS)
    assert "2 activities noted in this quarter" in page.text
    assert "20 April 2026: 12 hours, Career talk" in page.text
    page = await editor.submit(page, "Fill the figure from these activities", {"story": "Talks"})
    assert page.forms[0].fields["figure-value"] == ["21.5"]
    assert page.forms[0].fields["story"] == ["Talks"]
    assert "The figure was filled from 2 of them" in page.text


async def test_anothers_evidence_is_not_there(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await upload(editor, await line(editor, HOURS), ("visits.pdf", PDF))
    stranger = await two_lines.stranger()
    await stranger.get(page.links["visits.pdf"], expect=404)
    manager = await two_lines.manager()
    assert (await manager.http.get(page.links["visits.pdf"])).content == PDF
