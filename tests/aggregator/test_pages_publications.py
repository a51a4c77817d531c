"""The analyst's pages of what was published: what differs, why, and what a cut had said before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.events.commitments import IcbSees
from tests.aggregator.analysts import PRESENT, Analyst
from tests.aggregator.builders import AFTER_Q2, HOURS, MONEY, Contract, an_organisation, contract_recorded, recorded

pytestmark = pytest.mark.asyncio

QUARTER = "quarter=2026-27-Q2"


async def test_two_publications_differ_by_what_was_restated_and_reported(analyst: Analyst):
    open_book = an_organisation("Open Trust")
    restated, late = Contract("C-RESTATED", buyers=(open_book,)), Contract("C-LATE", buyers=(open_book,))
    of_restated, of_late = restated.owes(HOURS), late.owes(HOURS)
    await analyst.hears(recorded(open_book, icb_sees=IcbSees.CONTRACTS), contract_recorded(restated), contract_recorded(late))
    await analyst.hears(of_restated.all(100), of_late.opened())
    await analyst.closes()
    await analyst.hears(of_restated.restated(90), of_late.submitted(), of_late.approved(40), at=PRESENT)
    waiting = await analyst.get("/icb/close?quarter=2026-27-Q2")
    assert "Restated: an approved figure was changed 1 -10 hours C-RESTATED" in waiting.text
    second = await analyst.closes()
    assert "Newly reported: the return had not been received 1 +40 hours C-LATE" in second.text
    assert "Closed on 2 November 2026, 10am by Sam Reed." in second.text
    compared = await analyst.get(second.links["Compare with publication 1"])
    assert "NT8 Label of NT8 contracts 100 hours 130 hours +30 hours" in compared.text
    restatements = await analyst.get("/icb/publications/restatements")
    assert "2026-27 Q2, publication 2 NT8 Label of NT8 Restated: an approved figure was changed 1 -10 hours C-RESTATED" in (
        restatements.text
    )
    assert restatements.links["C-RESTATED"] == f"/returns/lines/{of_restated.lines[0].line_id}#restated"
    assert waiting.links["C-RESTATED"] == restatements.links["C-RESTATED"], "the page of its line says why"
    assert second.links["C-LATE"] == f"/returns/contracts/{late.contract_id}"
    assert "C-LATE" not in restatements.text
    listed = await analyst.rows(await analyst.get("/icb/publications"), "Publications, the newest quarter first")
    assert [(row["Number"], row["What changed since the one before"]) for row in listed] == [
        ("2", "Lines: 1 newly reported and 1 restated"),
        ("1", "The first of its quarter"),
    ]
    first = await analyst.get("/icb/publications/2026-27-Q2/1")
    assert "100 hours" in first.text
    assert "130 hours" not in first.text
    await analyst.get("/icb/publications/2026-27-Q2/3", expect=404)


async def test_a_cut_is_compared_with_the_publication_that_came_later(analyst: Analyst):
    early, late = Contract().owes(HOURS, MONEY), Contract().owes(HOURS)
    await analyst.hears(early.submitted(), early.approved(100, nth=0), late.opened())
    await analyst.hears(late.submitted(), late.approved(40), at=AFTER_Q2 + timedelta(days=5))
    unpublished = await analyst.get(f"/icb/compare?{QUARTER}&cut=2026-10-22", expect=404)
    assert "2026-27 Q2 has not been published yet" in unpublished.text
    await analyst.closes()
    cut = await analyst.get(f"/icb/?{QUARTER}&cut=2026-10-22")
    page = await analyst.get(cut.links["Compare with the publication"])
    assert "Earlier Provisional, as known at the end of 22 October 2026 Later Publication 1 of 2 November 2026" in page.text
    assert "100 hours 140 hours +40 hours" in page.text
    assert "none approved" not in page.text  # of MONEY nothing was known then, nor is now: that is no difference
    assert "Newly reported: the return had not been received 1 +40 hours" in page.text
