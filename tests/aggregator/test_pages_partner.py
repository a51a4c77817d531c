"""The analyst's Partner VCFSE page: baseline, target and delivered, the region and each organisation, warnings said."""

from __future__ import annotations

import pytest

from tests.aggregator.analysts import Analyst
from tests.aggregator.builders import AFTER_Q2, SPEND, Contract, an_organisation, contract_recorded, recorded
from tests.aggregator.test_pledges import a_baseline, a_pledge, an_obligation

pytestmark = pytest.mark.asyncio


async def test_pledges_stand_beside_their_baselines_and_targets_and_contracts_within_them(analyst: Analyst):
    trust = an_organisation("Vale Trust")
    pledge = a_pledge(trust)
    obligations = (an_obligation({"2026-27": 300}),)
    await analyst.hears(recorded(trust), contract_recorded(pledge, obligations=obligations, baselines=(a_baseline(1000),)))
    await analyst.hears(pledge.owes(SPEND).all(450), Contract(suppliers=(trust,)).owes(SPEND).all(120))
    page = await analyst.get("/icb/partner-vcfse?year=2026-27")
    assert page.title == "Partner VCFSE 2026-27 – Parity"
    assert "Targets to look at" not in page.text
    assert "£450 delivered so far; the target for the year is £1,200" in page.text
    assert "Vale Trust NT14 Label of NT14 £1,000 £1,200 £450 £120 1 1 1" in page.text
    [row] = await analyst.rows(page, "Each organisation: baseline, target and what was delivered so far")
    assert (row["Period"], row["Organisation"], row["Baseline"], row["Target"]) == ("2026-27", "Vale Trust", "1000", "1200")
    assert (row["Delivered so far"], row["Of which its contracts"]) == ("450", "120")
    drawn = await analyst.http.get("/icb/partner-vcfse/charts/NT14.svg?year=2026-27")
    assert "£1,200" in drawn.text
    await analyst.get("/icb/partner-vcfse/charts/NT15.svg?year=2026-27", expect=404)
    await analyst.get("/icb/partner-vcfse?year=2026", expect=422)


async def test_a_target_that_does_not_grow_warns(analyst: Analyst):
    trust = an_organisation("Vale Trust")
    told = contract_recorded(a_pledge(trust), obligations=(an_obligation({"2026-27": 25}),), baselines=(a_baseline(100),))
    await analyst.hears(recorded(trust), told)
    page = await analyst.get("/icb/partner-vcfse?year=2026-27")
    assert "Vale Trust: The target of 100 for 2026-27 is not above the baseline of 100." in page.text
    assert "Nothing is approved yet; the target for the year is £100" in page.text


async def test_before_the_day_of_a_cut_nothing_was_delivered(analyst: Analyst):
    trust = an_organisation("Vale Trust")
    pledge = a_pledge(trust)
    await analyst.hears(recorded(trust), contract_recorded(pledge, obligations=(an_obligation({"2026-27": 300}),)))
    await analyst.hears(pledge.owes(SPEND).all(450), at=AFTER_Q2)
    page = await analyst.get("/icb/partner-vcfse?year=2026-27&cut=2026-10-19")
    assert "Provisional figures" in page.text
    assert "£450" not in page.text
    assert "£450" in (await analyst.get("/icb/partner-vcfse?year=2026-27&cut=2026-10-20")).text


async def test_without_a_pledge_the_page_says_how_one_comes(analyst: Analyst):
    assert "No organisation has pledged anything for this year." in (await analyst.get("/icb/partner-vcfse")).text
