"""What the ICB reads: who is behind a total, what changed, years, coverage; nothing that it may not see."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from services.aggregator.actions import reading
from services.aggregator.actions.reading import Wanted
from services.aggregator.models.behind import ContractsBehind
from services.aggregator.store import totals as store
from shared.events.commitments import FrameworkLoaded, IcbSees
from shared.ids import new_id
from shared.obligations import ContractForm, Place, Sector
from tests.aggregator.builders import (
    AFTER_Q2,
    CARE_LEAVERS,
    FTE,
    HEADCOUNT,
    HOURS,
    MONEY,
    Q1,
    Q2,
    SPEND,
    TERMS_OF_EMPLOYMENT,
    Contract,
    a_measure,
    an_organisation,
    contract_recorded,
    recorded,
)
from tests.aggregator.conftest import Aggregator

pytestmark = pytest.mark.asyncio

OPEN = an_organisation("Open trust", Sector.PUBLIC)
CLOSED = an_organisation("Closed trust", Sector.PUBLIC)


async def a_contract(aggregator: Aggregator, reference: str, buyer=OPEN, **fields) -> Contract:
    contract = Contract(reference, buyers=(buyer,), **fields)
    await aggregator.hears(
        recorded(OPEN, icb_sees=IcbSees.CONTRACTS),
        recorded(CLOSED, icb_sees=IcbSees.TOTALS),
        recorded(contract.suppliers[0]),
        contract_recorded(contract),
    )
    return contract


async def behind(aggregator: Aggregator, measure=HOURS, **options) -> ContractsBehind:
    async with aggregator.pool.acquire() as conn:
        counted = (await store.measures(conn, measure.code))[0]
        return await reading.contracts_behind(conn, Q2, counted, threshold=5, **options)


def values(found: ContractsBehind) -> dict[str, Decimal | None]:
    return {item.reference: item.value for item in found.items}


async def test_only_contracts_of_buyers_who_share_them_are_shown(aggregator: Aggregator):
    seen, unseen = await a_contract(aggregator, "SEEN"), await a_contract(aggregator, "UNSEEN", CLOSED)
    unknown = Contract("NOT YET RECORDED", buyers=(OPEN,))
    await aggregator.hears(*(contract.owes(HOURS).all(nth) for nth, contract in enumerate((seen, unseen, unknown), 10)))
    found = await behind(aggregator)
    assert (values(found), found.others) == ({"SEEN": 10}, 2)
    assert found.items[0].suppliers == ("A supplier",)


async def test_a_contract_of_several_buyers_is_shown_only_where_all_of_them_share(aggregator: Aggregator):
    joint = Contract("JOINT", buyers=(OPEN, CLOSED.model_copy(update={"lead": False})))
    await a_contract(aggregator, "OTHER")
    await aggregator.hears(contract_recorded(joint), joint.owes(HOURS).all(10))
    assert values(await behind(aggregator)) == {}


async def test_a_buyer_who_stops_sharing_is_not_shown_any_more(aggregator: Aggregator):
    contract = await a_contract(aggregator, "SEEN")
    await aggregator.hears(contract.owes(HOURS).all(10), recorded(OPEN, version=2, icb_sees=IcbSees.TOTALS))
    assert values(await behind(aggregator)) == {}


async def test_a_contract_behind_a_place_shows_its_part(aggregator: Aggregator):
    contract = await a_contract(aggregator, "SEEN", places={Place.HALTON: "0.6", Place.WIRRAL: "0.4"})
    await aggregator.hears(contract.owes(HOURS).all(10))
    assert values(await behind(aggregator, dimension="place", member="Wirral")) == {"SEEN": 4}


async def test_of_a_supplier_measure_the_contract_approved_last_stands_behind_the_total(aggregator: Aggregator):
    supplier = (an_organisation("A supplier of two"),)
    one, two = [await a_contract(aggregator, name, suppliers=supplier) for name in ("ONE", "TWO")]
    await aggregator.hears(one.owes(TERMS_OF_EMPLOYMENT).all((80, 100)))
    await aggregator.hears(two.owes(TERMS_OF_EMPLOYMENT).all((82, 100), at=AFTER_Q2 + timedelta(days=1)))
    found = await behind(aggregator, TERMS_OF_EMPLOYMENT)
    assert {item.reference: (item.owed, item.numerator) for item in found.items} == {"ONE": (True, None), "TWO": (True, 82)}


async def test_a_small_number_is_hidden_in_its_contract_and_so_is_the_next_smallest(aggregator: Aggregator):
    for reference, number in (("TWO", 2), ("EIGHT", 8), ("SIX", 6)):
        contract = await a_contract(aggregator, reference)
        await aggregator.hears(contract.owes(CARE_LEAVERS).all(number))
    found = await behind(aggregator, CARE_LEAVERS)
    assert values(found) == {"TWO": None, "EIGHT": 8, "SIX": None}
    assert {item.reference: item.hidden for item in found.items} == {"TWO": True, "EIGHT": False, "SIX": True}


async def test_a_small_number_of_an_unseen_contract_is_not_given_away_by_the_others(aggregator: Aggregator):
    other = an_organisation("Another open trust", Sector.PUBLIC)
    await aggregator.hears(recorded(other, icb_sees=IcbSees.CONTRACTS))
    for reference, number, buyer in (("TWO", 2, CLOSED), ("EIGHT", 8, other), ("SIX", 6, OPEN)):
        contract = await a_contract(aggregator, reference, buyer)
        await aggregator.hears(contract.owes(CARE_LEAVERS).all(number))
    assert values(await behind(aggregator, CARE_LEAVERS)) == {"EIGHT": 8, "SIX": None}


async def test_a_contract_in_a_hidden_total_is_hidden(aggregator: Aggregator):
    for reference, place, number in (
        ("H", Place.HALTON, 2),
        ("S", Place.SEFTON, 6),
        ("W1", Place.WIRRAL, 8),
        ("W2", Place.WIRRAL, 9),
    ):
        contract = await a_contract(aggregator, reference, places={place: "1"})
        await aggregator.hears(contract.owes(CARE_LEAVERS).all(number))
    assert values(await behind(aggregator, CARE_LEAVERS)) == {"H": None, "S": None, "W1": 8, "W2": 9}


async def test_the_changes_feed_brings_what_changed_and_then_nothing(aggregator: Aggregator):
    hours, money = Contract().owes(HOURS), Contract().owes(MONEY, quarter=Q1)
    await aggregator.hears(hours.all(1))
    await aggregator.hears(money.all(2))
    async with aggregator.pool.acquire() as conn:

        async def changes(after, limit=50):
            found, reached, more = await reading.changes(conn, after, limit=limit, threshold=5)
            return [(total.measure_code, total.value) for total in found if total.dimension == "region"], reached, more

        first, reached, more = await changes(reading.BEGINNING, limit=1)
        assert (first, more) == ([("NT8", 1)], True)
        rest, reached, more = await changes(reached, limit=1)
        assert (rest, more) == ([("NT18", 2)], False)
        assert await changes(reached) == ([], reached, False)
        await aggregator.hears(hours.restated(7))
        again, last, _ = await changes(reached)
        assert again == [("NT8", 7)]
        assert last > reached


async def test_a_change_brings_every_member_since_what_is_hidden_depends_on_all(aggregator: Aggregator):
    await aggregator.hears(*(Contract(places={place: "1"}).owes(CARE_LEAVERS).all(8) for place in (Place.WIRRAL, Place.SEFTON)))
    async with aggregator.pool.acquire() as conn:
        _, reached, _ = await reading.changes(conn, reading.BEGINNING, limit=50, threshold=5)
        await aggregator.hears(Contract(places={Place.HALTON: "1"}).owes(CARE_LEAVERS).all(2))
        found, _, _ = await reading.changes(conn, reached, limit=50, threshold=5)
    places = {total.member: total.value for total in found if total.dimension == "place"}
    assert places == {"Halton": None, "Sefton": None, "Wirral": 8}


async def test_year_totals_combine_by_kind(aggregator: Aggregator):
    for quarter, amounts in ((Q1, (10, 4, 30)), (Q2, (20, 5, 40))):
        await aggregator.hears(Contract().owes(HOURS, FTE, HEADCOUNT, quarter=quarter).all(*amounts))
    async with aggregator.pool.acquire() as conn:
        found = await reading.year_totals(conn, Q2, Wanted(dimensions=["region"]), threshold=5)
    assert {total.measure_code: (total.value, total.year, total.quarters) for total in found} == {
        "NT8": (30, "2026-27", (Q1, Q2)),
        "NT1": (Decimal("4.5"), "2026-27", (Q1, Q2)),
        "NT20": (40, "2026-27", (Q1, Q2)),
    }


async def test_coverage_of_a_quarter_counts_returns_once_and_pledges_apart(aggregator: Aggregator):
    contract = Contract().owes(HOURS, MONEY)
    await aggregator.hears(
        contract.all(1, 2), Contract().owes(HOURS).opened(), Contract(form=ContractForm.PLEDGE).owes(SPEND).opened()
    )
    async with aggregator.pool.acquire() as conn:
        found = await reading.coverage(conn, Q2)
        overview = await reading.quarters(conn)
    assert (found.contracts.due, found.contracts.received, found.contracts.approved) == (2, 1, 1)
    assert (found.pledges.due, found.pledges.received, found.buried) == (1, 0, 0)
    assert {(each.measure_code, each.counted): each.coverage.due for each in found.measures} == {
        ("NT8", "contracts"): 2,
        ("NT18", "contracts"): 1,
        ("NT14", "pledges"): 1,
    }
    assert [(each.quarter, each.publication, each.heard_since) for each in overview] == [(Q2, None, True)]


async def test_the_tag_changes_with_totals_and_with_the_names_they_are_shown_with(aggregator: Aggregator):
    contract = Contract()
    seen = []
    for events in (
        [contract.owes(HOURS).opened()],
        [recorded(contract.buyers[0])],
        [recorded(contract.buyers[0], version=2, icb_sees=IcbSees.CONTRACTS)],
        [FrameworkLoaded(version=1, framework_id=new_id(), framework="cm-toms-2024", framework_version=1,
                         measures=(a_measure("NT8", label="Renamed"),))],
    ):  # fmt: skip
        await aggregator.hears(events)
        async with aggregator.pool.acquire() as conn:
            seen.append((await reading.totals(conn, Q2, Wanted(), threshold=5))[1])
            assert seen[-1] == await reading.tag(conn, Q2, None)
    assert len(set(seen)) == 4
    await aggregator.hears(Contract().owes(HOURS, quarter=Q1).opened())
    async with aggregator.pool.acquire() as conn:
        assert await reading.tag(conn, Q2, None) == seen[-1], "another quarter's totals"


async def test_a_measure_is_described_by_the_newest_catalogue_whatever_came_first(aggregator: Aggregator):
    catalogue = [
        FrameworkLoaded(
            version=version, framework_id=new_id(), framework="cm-toms-2024", framework_version=1,
            measures=(a_measure("NT8", label=f"Catalogue {version}"),),
        )
        for version in (2, 1)
    ]  # fmt: skip
    older = a_measure("NT8", label="As an old line had it", framework_version=1)
    newer = a_measure("NT8", label="As a newer framework has it", framework_version=2)
    labels = []
    for events in ([catalogue[0]], [catalogue[1]], Contract().owes(older).all(1), Contract().owes(newer).all(1)):
        await aggregator.hears(events)
        async with aggregator.pool.acquire() as conn:
            labels.append([measure.label for measure in await store.measures(conn, "NT8")])
    assert labels == [["Catalogue 2"]] * 3 + [["As a newer framework has it"]]
