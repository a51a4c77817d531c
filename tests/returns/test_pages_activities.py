"""Activities, as they happen: noted with two taps, divided over contracts, and behind the quarter's line without further ado."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.returns.actions.activities import change, note
from services.returns.actions.dividing import divide, note_divided
from services.returns.models.activities import Activity, ActivityContent, ActivityPart
from services.returns.rules.activities import NotDivided
from services.returns.store import activities as store
from shared.access import Role
from shared.obligations import Kind
from tests.returns.builders import (
    EDITOR,
    OTHER_SUPPLIER,
    a_contract,
    an_obligation,
    an_organisation,
    contract_id,
    obligation_id,
    terms,
    value,
)
from tests.returns.conftest import Office, World
from tests.returns.office import BOTH, CALLS, HOURS, JULY, line, opened
from tests.returns.test_files import HTML, PNG
from tests.visiting import Page, Visit

ACTIVITIES = "/returns/activities"
JUNE = {"happened_on-day": "4", "happened_on-month": "5", "happened_on-year": "2026"}


@pytest.fixture
async def two_contracts(two_lines: Office) -> Office:
    """A second contract of the same supplier that owes hours too, and one of another supplier."""
    world = two_lines.world
    await world.hear(
        a_contract(
            an_obligation(reference="C-2"), an_obligation("people", terms(Kind.HEADCOUNT), reference="C-2"),
            reference="C-2", title="Grounds",
        ),
        a_contract(an_obligation(reference="C-3"), reference="C-3", supplier=OTHER_SUPPLIER, title="Not ours"),
        when=JULY,
    )  # fmt: skip
    return two_lines


async def noting(visit: Visit, name: str = HOURS) -> Page:
    return await visit.get((await visit.get(ACTIVITIES)).links[f"{name} for Soft services"])


async def test_two_taps_note_what_was_done_today(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await noting(editor)
    assert page.forms[0].fields["happened_on-day"] == ["6"]
    page = await editor.submit(page, "Save", {"quantity-value": "1.5"})
    assert "Your activity is noted" in page.text
    assert "6 July 2026 What hours Staff hours on school and college visits on 6 July 2026 Soft services" in page.text
    assert "1.5 hours" in page.text


async def test_the_quarters_line_fills_itself_and_shows_from_what(two_lines: Office) -> None:
    editor = await two_lines.editor()
    for hours in ("1.5", "2"):
        await editor.submit(await noting(editor), "Save", {"quantity-value": hours, "note": "Career talk", **JUNE})
    page = await line(editor, HOURS)
    assert page.forms[0].fields["figure-value"] == ["3.5"]
    assert "4 May 2026: 1.5 hours, Career talk" in page.text
    assert "The figure was filled from 2 of them" in page.text


async def test_what_is_noted_after_its_quarter_was_submitted_says_that_the_figure_stays(two_lines: Office) -> None:
    certifier = await two_lines.certifier()
    page = await line(certifier, CALLS)
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    page = await certifier.submit(page, "Save and continue", {"figure-value": "40"})
    await certifier.submit(await certifier.get(page.links["Continue to certify"]), "Certify and submit", BOTH)
    late = await certifier.submit(await noting(certifier), "Save", {"quantity-value": "2", **JUNE})
    assert "The figure of its quarter was submitted before, so that figure stays as it is." in late.text
    in_time = await certifier.submit(await noting(certifier), "Save", {"quantity-value": "2"})
    assert "Your activity is noted." in in_time.text
    assert "submitted before" not in in_time.text


async def test_what_cannot_be_read_is_said_at_its_field_and_stays(two_lines: Office) -> None:
    editor = await two_lines.editor()
    said = {"quantity-value": "about two", "note": "n" * 4001, **JUNE, "happened_on-day": "31", "happened_on-month": "6"}
    again = await editor.submit(await noting(editor), "Save", said, expect=422)
    assert again.links["Enter a number, such as 1,200 or 12.5"] == "#quantity-value"
    assert again.links["Date must be a real date"] == "#happened_on-day"
    assert again.links["Note must be 4,000 characters or fewer"] == "#note"
    assert {name: again.forms[0].fields[name] for name in said} == {name: [text] for name, text in said.items()}
    again = await editor.submit(again, "Save", {"quantity-value": "", "note": "", **JUNE}, expect=422)
    assert again.links["Enter how much was done"] == "#quantity-value"
    later = {**JUNE, "happened_on-month": "9", "quantity-value": "2"}
    again = await editor.submit(again, "Save", later, expect=422)
    assert again.links["Enter a date that is not in the future"] == "#happened_on-day"
    again = await editor.submit(again, "Save", {**JUNE, "quantity-value": "-2"}, expect=422)
    assert again.links["Enter 0 or more"] == "#quantity-value"
    assert "Nothing is noted yet" in (await editor.get(ACTIVITIES)).text


async def test_the_same_sent_twice_is_noted_once(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await noting(editor)
    for _ in range(2):
        seen = await editor.submit(page, "Save", {"quantity-value": "1.5"})
    assert seen.text.count("1.5 hours") == 1


async def test_a_photo_goes_with_it_and_a_bad_file_costs_nothing(two_lines: Office) -> None:
    editor = await two_lines.editor()
    photo = [("file", ("photo.png", PNG, "image/png")), ("file", ("page.pdf", HTML, "application/pdf"))]
    page = await editor.submit(await noting(editor), "Save", {"quantity-value": "2", **JUNE}, files=photo, expect=422)
    assert "Your activity is noted. A file was not added" in page.text
    [wrong] = [words for words in page.links if words.startswith("page.pdf: The selected file must be a PDF")]
    assert page.links[wrong] == "#file"
    assert (await editor.http.get(page.links["photo.png"])).content == PNG
    of_line = await line(editor, HOURS)
    assert "with an activity" in of_line.text
    page = await editor.submit(page, "Remove photo.png")
    assert "photo.png" not in page.links


async def test_an_activity_is_changed_and_removed(two_lines: Office) -> None:
    editor = await two_lines.editor()
    await editor.submit(await noting(editor), "Save", {"quantity-value": "2", **JUNE})
    listed = await editor.get(ACTIVITIES)
    page = await editor.get(listed.links[f"{HOURS} on 4 May 2026"])
    assert page.forms[0].fields["happened_on-month"] == ["5"]
    stale = page
    await editor.submit(page, "Save", {"quantity-value": "3"})
    assert (await two_lines.world.line()).content.figure == value(3)
    again = await editor.submit(stale, "Save", {"quantity-value": "9"}, expect=422)
    assert "Sam Reed changed this activity meanwhile" in again.text
    assert "4 May 2026, 3 hours" in again.text
    assert again.forms[0].fields["quantity-value"] == ["9"]
    page = await editor.get(again.links["Remove this activity"])
    page = await editor.submit(page, "Remove activity")
    assert "The activity is removed" in page.text
    assert (await two_lines.world.line()).content.figure is None


async def test_what_stands_behind_a_submitted_line_is_closed(two_lines: Office) -> None:
    certifier = await two_lines.certifier()
    await certifier.submit(await noting(certifier), "Save", {"quantity-value": "40", **JUNE})
    page = await line(certifier, CALLS)
    page = await certifier.submit(page, "Save and continue", {"figure-numerator": "931", "figure-denominator": "980"})
    task_list = await opened(certifier)
    check = await certifier.get(task_list.links["Check answers and submit"])
    page = await certifier.get(check.links["Continue to certify"])
    await certifier.submit(page, "Certify and submit", BOTH)
    listed = await certifier.get(ACTIVITIES)
    page = await certifier.get(listed.links[f"{HOURS} on 4 May 2026"])
    assert "It can be changed once the reviewer asks for changes" in page.text
    assert "Remove this activity" not in page.links
    assert not [form for form in page.forms if form.buttons]


class TestDivided:
    """One activity, done for several contracts."""

    OTHER = str(obligation_id("hours", "C-2"))

    async def test_each_contract_gets_its_part(self, two_contracts: Office) -> None:
        editor = await two_contracts.editor()
        page = await noting(editor)
        assert "Grounds: hours" in page.text
        assert "Grounds: people" not in page.text  # counted in another unit
        assert "Not ours" not in page.text
        page = await editor.submit(page, "Save", {"quantity-value": "10", "other-0": self.OTHER, "other-0-amount": "4", **JUNE})
        assert "6 hours of 10 hours in all" in page.text
        assert "4 hours of 10 hours in all" in page.text
        world = two_contracts.world
        assert [(await world.line(reference=name)).content.figure for name in ("C-1", "C-2")] == [value(6), value(4)]

    async def test_the_parts_never_come_to_more_than_the_whole(self, two_contracts: Office) -> None:
        editor = await two_contracts.editor()
        page = await noting(editor)
        for amount, said in (
            ("12", "The parts come to 12, which is more than the 10 that was done in all"),
            ("10", "Nothing is left for this contract: note the activity for the other contract instead"),
            ("-1", "Enter 0 or more"),
            ("", "Enter how much of it was for the other contract"),
            ("some", "Enter a number, such as 1,200 or 12.5"),
        ):
            typed = {"quantity-value": "10", "other-0": self.OTHER, "other-0-amount": amount, **JUNE}
            again = await editor.submit(page, "Save", typed, expect=422)
            assert again.links[said] == "#other-0-amount"
            assert again.forms[0].fields["other-0"] == [self.OTHER]
        again = await editor.submit(page, "Save", {"quantity-value": "10", "other-0-amount": "4", **JUNE}, expect=422)
        assert again.links["Select what the part was for"] == "#other-0"
        strange = {"quantity-value": "10", "other-0": str(obligation_id("hours", "C-3")), "other-0-amount": "4", **JUNE}
        again = await editor.submit(page, "Save", strange, expect=422)
        assert again.links["Select what the part was for"] == "#other-0"
        assert "Nothing is noted yet" in (await editor.get(ACTIVITIES)).text

    async def test_what_was_noted_for_one_contract_is_divided_afterwards(self, two_contracts: Office) -> None:
        editor, world = await two_contracts.editor("Ann Lee"), two_contracts.world
        listed = await editor.submit(await noting(editor), "Save", {"quantity-value": "10", **JUNE})
        page = await editor.get(listed.links[f"{HOURS} on 4 May 2026"])
        for amount, said in (
            ("12", "The parts come to 12, which is more than the 10 that was done in all"),
            ("10", "Nothing is left for this contract: note the activity for the other contract instead"),
        ):
            again = await editor.submit(page, "Save", {"other-0": self.OTHER, "other-0-amount": amount}, expect=422)
            assert again.links[said] == "#other-0-amount"
            assert again.forms[0].fields["other-0"] == [self.OTHER]
        assert (await world.line()).content.figure == value(10)
        stale = await (other := await two_contracts.editor("Bea Fox")).get(page.response.url.path)
        listed = await editor.submit(again, "Save", {"other-0-amount": "4"})
        assert "6 hours of 10 hours in all" in listed.text
        assert "4 hours of 10 hours in all" in listed.text
        assert [(await world.line(reference=name)).content.figure for name in ("C-1", "C-2")] == [value(6), value(4)]
        page = await editor.get(page.response.url.path)
        assert "This is a part of 10 hours that were done in all" in page.text
        assert "Part of it was for another contract" not in page.text, "a part is not divided again"
        typed = {"quantity-value": "9", "other-0": self.OTHER, "other-0-amount": "2"}
        late = await other.submit(stale, "Save", typed, expect=422)
        assert "Ann Lee changed this activity meanwhile" in late.text
        assert [(await world.line(reference=name)).content.figure for name in ("C-1", "C-2")] == [value(6), value(4)]

    async def test_two_who_divide_at_once_divide_it_once(self, two_contracts: Office) -> None:
        world = two_contracts.world
        whole = ActivityContent(happened_on=date(2026, 5, 4), quantity=value(10))
        async with world.pool.acquire() as conn, conn.transaction():
            noted = await note(conn, contract_id(), obligation_id("hours"), whole, by=EDITOR, at=JULY)
        part = ActivityPart(contract_id=contract_id("C-2"), obligation_id=UUID(self.OTHER), quantity=Decimal(4))

        async def divided() -> None:
            async with world.pool.acquire() as conn, conn.transaction():
                await divide(conn, noted.activity_id, whole, [part], by=EDITOR, at=JULY)

        done = await asyncio.gather(divided(), divided(), return_exceptions=True)
        assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotDivided"]
        assert [(await world.line(reference=name)).content.figure for name in ("C-1", "C-2")] == [value(6), value(4)]

    async def test_a_part_grows_only_into_what_is_left(self, two_contracts: Office) -> None:
        editor = await two_contracts.editor()
        page = await editor.submit(
            await noting(editor), "Save", {"quantity-value": "10", "other-0": self.OTHER, "other-0-amount": "4"}
        )
        page = await editor.get(page.links[f"{HOURS} on 6 July 2026"])
        assert "This is a part of 10 hours that were done in all" in page.text
        amount = page.forms[0].fields["quantity-value"][0]
        again = await editor.submit(page, "Save", {"quantity-value": str(Decimal(amount) + 1)}, expect=422)
        assert again.links["The parts come to 11, which is more than the 10 that was done in all"] == "#quantity-value"
        await editor.submit(again, "Save", {"quantity-value": "1"})

    async def test_two_who_enlarge_parts_at_once_do_not_exceed_the_whole(self, two_contracts: Office) -> None:
        world = two_contracts.world
        first, second = await _divided(world)

        async def grow(activity: Activity) -> None:
            async with world.pool.acquire() as conn, conn.transaction():
                content = ActivityContent(happened_on=activity.happened_on, quantity=value(7))
                await change(conn, activity.activity_id, content, by=EDITOR, at=JULY)

        done = await asyncio.gather(grow(first), grow(second), return_exceptions=True)
        assert [type(one) for one in done if one is not None] in ([NotDivided], [NotDivided, NotDivided])
        async with world.pool.acquire() as conn:
            assert first.whole_id is not None
            parts = await store.parts(conn, first.whole_id)
        assert sum(one.quantity.value or 0 for one in parts) <= 10


async def _divided(world: World) -> tuple[Activity, Activity]:
    """3 and 3 of 10 hours."""
    async with world.pool.acquire() as conn, conn.transaction():
        whole = ActivityContent(happened_on=JULY.date(), quantity=value(10))
        other = ActivityPart(contract_id=contract_id("C-2"), obligation_id=obligation_id("hours", "C-2"), quantity=Decimal(3))
        first = await note_divided(conn, contract_id(), obligation_id("hours"), whole, [other], by=EDITOR, at=JULY)
        smaller = ActivityContent(happened_on=JULY.date(), quantity=value(3))
        first = await change(conn, first.activity_id, smaller, by=EDITOR, at=JULY)
        assert first.whole_id is not None
        [second] = [one for one in await store.parts(conn, first.whole_id) if one.activity_id != first.activity_id]
    return first, second


async def test_everything_that_is_owed_is_one_tap_further(office: Office) -> None:
    names = [f"promise {nth}" for nth in range(8)]
    await office.world.hear(an_organisation(), a_contract(*(an_obligation(name) for name in names)), when=JULY)
    editor = await office.editor()
    page = await editor.get(ACTIVITIES)
    assert "promise 7" not in page.text
    chosen = await editor.get(page.links["Something else"])
    page = await editor.get(chosen.links["promise 7 Staff hours on school and college visits"])
    await editor.submit(page, "Save", {"quantity-value": "1"})
    offered = (await editor.get(ACTIVITIES)).text
    assert offered.index("promise 7") < offered.index("promise 0")  # what was noted last comes first


async def test_the_list_goes_on_page_by_page(two_lines: Office) -> None:
    editor = await two_lines.editor()
    page = await noting(editor)
    for nth in range(1, 28):
        form = {"quantity-value": str(nth), "activity_id": f"01a208be-0000-7000-8000-{nth:012d}"}
        await editor.submit(page, "Save", form)
    first = await editor.get(ACTIVITIES)
    second = await editor.get(first.links["Next page"])
    assert (first.text.count("Files –"), second.text.count("Files –")) == (25, 2)
    assert "Next page" not in second.links
    headings, *rows = await editor.table(first.links["XLSX of your activities"])
    assert headings[3:8] == ("Obligation", "Measure", "How much", "Out of", "Unit")
    assert sorted(row[5] for row in rows) == [*range(1, 28)]
    assert {(row[1], row[3], row[7]) for row in rows} == {("C-1", "hours", "hours")}
    assert len(await (await two_lines.stranger()).table(f"{ACTIVITIES}/download?file=csv")) == 1, "the headings only"


async def test_anothers_activities_are_not_there(two_lines: Office) -> None:
    editor = await two_lines.editor()
    noted = await editor.submit(await noting(editor), "Save", {"quantity-value": "1"})
    path = noted.links[f"{HOURS} on 6 July 2026"]
    stranger = await two_lines.stranger()
    assert "Nothing is noted yet" in (await stranger.get(ACTIVITIES)).text
    for one in (path, f"{path}/remove", f"{ACTIVITIES}/new/{contract_id()}/{obligation_id('hours')}"):
        await stranger.get(one, expect=404)
    await (await two_lines.visit(Role.OPERATOR)).get(ACTIVITIES, expect=403)


async def test_the_history_of_a_line_says_that_it_was_filled(two_lines: Office) -> None:
    editor = await two_lines.editor()
    await editor.submit(await noting(editor), "Save", {"quantity-value": "2", **JUNE})
    page = await line(editor, HOURS)
    page = await editor.get(page.links["History of this line"])
    assert "Filled from activities" in page.text
    assert "2 hours" in page.text
