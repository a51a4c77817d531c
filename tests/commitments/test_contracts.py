"""Contracts on a real database: recorded whole or not at all, varied without touching the past, told as they stand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.commitments.actions import contracts as actions
from services.commitments.actions.measures import ensure_catalogue
from services.commitments.actions.organisations import record_organisation
from services.commitments.models.contracts import Closing, Contract, ContractChange, Weights
from services.commitments.models.obligations import Counting, Variation
from services.commitments.rules.contracts import NotWithinContract, QuarterOver, VariedLater
from services.commitments.store import contracts as store
from shared.access import NOBODY, Caller, Role
from shared.db import Connection, connect_pool
from shared.errors import Invalid, NotFound, PreconditionFailed
from shared.events.commitments import ContractClosed, ContractFact, ContractRecorded, ContractVaried, IcbSees
from shared.obligations import ContractForm, Side
from shared.viewer import Viewer
from tests.commitments.builders import (
    NOW,
    Q1,
    Q2,
    Q3,
    Q4,
    QUARTERS,
    a_caller,
    a_contract,
    an_obligation,
    an_organisation,
    targets,
)
from tests.conftest import Databases


@dataclass(frozen=True)
class World:
    conn: Connection
    trust: UUID
    council: UUID
    supplier: UUID
    other: UUID

    @property
    def manager(self) -> Caller:
        return a_caller(self.trust, Role.CONTRACT_MANAGER)

    async def record(self, **described: object) -> Contract:
        obligations = described.pop("obligations", ())
        new = a_contract(self.trust, self.supplier, *obligations, **described)  # type: ignore[misc]
        return await actions.record_contract(self.conn, new, by=self.manager, at=NOW)

    async def told(self) -> list[ContractFact]:
        kinds = {kind.event_type: kind for kind in (ContractRecorded, ContractVaried, ContractClosed)}
        rows = await self.conn.fetch("SELECT type, data FROM outbox ORDER BY number")
        return [kinds[row["type"]].model_validate(row["data"]) for row in rows if row["type"] in kinds]


@pytest.fixture
async def world(database: Databases) -> AsyncIterator[World]:
    pool = await connect_pool(database("commitments"))
    async with pool.acquire() as conn, conn.transaction():
        await ensure_catalogue(conn, by=NOBODY, at=NOW)
        ids = []
        for new in (
            an_organisation("Trust", buyer=True, icb_sees=IcbSees.CONTRACTS),
            an_organisation("Council", buyer=True),
            an_organisation("Supplier"),
            an_organisation("Other supplier"),
        ):
            ids.append((await record_organisation(conn, new, by=NOBODY, at=NOW)).organisation_id)
        yield World(conn, *ids)
    await pool.close()


async def test_a_contract_is_recorded_and_told_whole(world: World) -> None:
    contract = await world.record(places={"Halton": "0.6", "Wirral": "0.4"})
    assert contract.version == 1
    assert [share.lead for share in (*contract.buyers, *contract.suppliers)] == [True, True]
    [fact] = await world.told()
    assert fact.contract_id == contract.contract_id
    terms = fact.obligations[0].terms_in(Q2)
    assert terms is not None
    assert (terms.target, terms.measure.code, terms.version) == (50, "NT29", 1)
    assert fact.obligations[0].terms_in(QUARTERS[-1].next()) is None


async def test_both_sides_are_recorded_alike(world: World) -> None:
    own = {"code": "CALLS", "label": "Calls answered in time", "unit": "%", "kind": "ratio"}
    core = an_obligation("calls", side=Side.CORE_SERVICE, own_measure=own, targets=targets(95))
    contract = await world.record(obligations=(core, an_obligation()))
    assert [one.newest.terms.measure.framework for one in contract.obligations] == ["own", "cm-toms-2024"]
    again = await world.record(reference="C-2", obligations=(core,))
    assert again.obligations[0].newest.terms.measure == contract.obligations[0].newest.terms.measure


@pytest.mark.parametrize(
    ("owed", "pointer", "code"),
    [
        ({"measure": "NT999"}, "/obligations/1/measure", "unknown-measure"),
        ({"measure": "NT81"}, "/obligations/1/measure", "inactive-measure"),
        ({"targets": targets(5, QUARTERS[-1].next())}, "/obligations/1/targets/0/quarter", "outside-contract"),
    ],
)
async def test_one_bad_obligation_leaves_nothing_behind(world: World, owed: dict[str, object], pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await world.record(obligations=(an_obligation(), an_obligation("bad", **owed)))
    assert [(error.pointer, error.code) for error in refused.value.errors] == [(pointer, code)]
    assert await world.conn.fetchval("SELECT count(*) FROM contracts") == 0


async def test_a_measure_to_confirm_and_light_weights_are_recorded_with_a_caution(world: World) -> None:
    weights = Weights.model_validate({"net_zero_and_social_value": "9.5", "qualitative_part": 60})
    owed = an_obligation(measure="NT87", relevant=None)
    contract = await world.record(weights=weights, tender_days=41, obligations=(owed,))
    codes = {caution.code for caution in contract.cautions}
    assert codes == {"weight-too-low", "tender-too-short", "measure-to-confirm", "statement-missing"}
    enough = Weights.model_validate({"net_zero_and_social_value": 10, "qualitative_part": 60})
    assert (await world.record(reference="C-2", weights=enough, tender_days=42)).cautions == ()


async def test_unknown_parties_are_named(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await actions.record_contract(world.conn, a_contract(world.trust, uuid4()), by=world.manager, at=NOW)
    assert [error.pointer for error in refused.value.errors] == ["/suppliers/0/organisation_id"]
    with pytest.raises(Invalid):  # a buyer does not supply
        await actions.record_contract(world.conn, a_contract(world.trust, world.council), by=world.manager, at=NOW)


async def test_a_reference_is_used_once_by_a_buyer(world: World) -> None:
    await world.record()
    with pytest.raises(actions.AlreadyRecorded):
        await world.record()
    new = a_contract(world.council, world.supplier)
    with pytest.raises(actions.NotLeadBuyer):
        await actions.record_contract(world.conn, new, by=world.manager, at=NOW)


async def test_a_call_off_stands_under_its_framework(world: World) -> None:
    framework = await world.record(reference="F-1", form=ContractForm.FRAMEWORK)
    call_off = await world.record(form=ContractForm.CALL_OFF, parent_id=framework.contract_id)
    assert call_off.parent_id == framework.contract_id
    with pytest.raises(Invalid) as refused:
        await world.record(reference="C-3", form=ContractForm.CALL_OFF, parent_id=uuid4())
    assert [error.pointer for error in refused.value.errors] == ["/parent_id"]


async def test_a_lot_stands_under_its_framework_and_no_contract_does_under_a_contract(world: World) -> None:
    framework = await world.record(reference="F-1", form=ContractForm.FRAMEWORK)
    lot = await world.record(reference="F-1-1", form=ContractForm.LOT, parent_id=framework.contract_id)
    call_off = await world.record(form=ContractForm.CALL_OFF, parent_id=lot.contract_id)
    assert [(fact.form, fact.parent_id) for fact in await world.told()] == [
        (ContractForm.FRAMEWORK, None),
        (ContractForm.LOT, framework.contract_id),
        (ContractForm.CALL_OFF, lot.contract_id),
    ]
    with pytest.raises(Invalid) as refused:
        await world.record(reference="C-2", form=ContractForm.CALL_OFF, parent_id=call_off.contract_id)
    assert [error.pointer for error in refused.value.errors] == ["/parent_id"]


async def test_several_buyers_one_leads(world: World) -> None:
    both = [
        {"organisation_id": world.trust, "lead": True, "share": "0.6"},
        {"organisation_id": world.council, "share": "0.4"},
    ]
    contract = await world.record(buyers=both)
    assert (contract.lead_buyer_id, [share.share for share in contract.buyers]) == (world.trust, [Decimal("0.6"), Decimal("0.4")])
    council = a_caller(world.council, Role.CONTRACT_MANAGER)
    assert await actions.read_contract(world.conn, contract.contract_id, by=council) == contract
    turned = [{**both[0], "lead": False}, {**both[1], "lead": True}]
    with pytest.raises(actions.NotLeadBuyer):
        await world.record(reference="C-2", buyers=turned)


async def test_a_pledge_tells_its_baseline(world: World) -> None:
    """Twelve months before, and where the figure is from: between an organisation and the ICB, with targets like any other."""
    baseline = {"measure_code": "NT14", "amount": "120000", "from_date": "2025-04-01", "to_date": "2026-03-31"}
    pledged = an_obligation("vcfse spend", measure="NT14", targets=targets(40000))
    recorded = {**baseline, "source": "Our ledger"}
    pledge = await world.record(form=ContractForm.PLEDGE, baselines=[recorded], obligations=(pledged,))
    [fact] = await world.told()
    assert fact.form is ContractForm.PLEDGE
    assert [one.model_dump(mode="json") for one in fact.baselines] == [baseline], "without where it is known from"
    assert pledge.baselines[0].source == "Our ledger"
    with pytest.raises(ValidationError, match="Only a pledge"):
        await world.record(reference="C-2", baselines=[baseline])


async def test_several_suppliers_need_a_lead_and_shares_that_sum_to_one(world: World) -> None:
    both = [{"organisation_id": world.supplier, "lead": True}, {"organisation_id": world.other}]
    contract = await world.record(suppliers=both)
    assert [(share.name, share.lead) for share in contract.suppliers] == [("Supplier", True), ("Other supplier", False)]
    with pytest.raises(ValidationError, match="leads"):
        await world.record(suppliers=[{"organisation_id": world.supplier}, {"organisation_id": world.other}])
    with pytest.raises(ValidationError, match="together 1"):
        await world.record(suppliers=[{**both[0], "share": "0.5"}, {**both[1], "share": "0.4"}])


async def test_a_variation_leaves_the_past_as_it_was(world: World) -> None:
    before = await world.record()
    obligation = before.obligations[0]
    counting = Counting.model_validate({"wording": "Fewer hours.", "targets": targets(30, *QUARTERS[2:])})
    variation = Variation(from_quarter=Q3, reason="Half the sites closed.", counting=counting)
    after = await actions.vary(
        world.conn, before.contract_id, obligation.obligation_id, variation, by=world.manager, at=NOW, version=1
    )
    assert after.version == 2
    assert after.obligations[0].versions[0] == obligation.versions[0]
    fact = (await world.told())[-1]
    assert isinstance(fact, ContractVaried)
    told = fact.obligations[0]
    found = [terms.target if (terms := told.terms_in(quarter)) else None for quarter in (Q1, Q2, Q3, Q4)]
    assert found == [50, 50, 30, 30]
    with pytest.raises(VariedLater):
        await actions.vary(
            world.conn,
            before.contract_id,
            obligation.obligation_id,
            variation.model_copy(update={"from_quarter": Q2}),
            by=world.manager,
            at=NOW,
        )


async def test_an_obligation_may_end_and_another_begin(world: World) -> None:
    contract = await world.record()
    ending = Variation(from_quarter=Q4, reason="Delivered.")
    args = (contract.contract_id, contract.obligations[0].obligation_id, ending)
    await actions.vary(world.conn, *args, by=world.manager, at=NOW)
    more = an_obligation("more", targets=targets(10, Q3, Q4))
    after = await actions.add_obligations(world.conn, contract.contract_id, [more], "Agreed.", by=world.manager, at=NOW)
    first, second = (await world.told())[-1].obligations
    assert [terms is not None for terms in map(first.terms_in, (Q3, Q4))] == [True, False]
    assert [terms is not None for terms in map(second.terms_in, (Q2, Q3))] == [False, True]
    assert after.version == 3
    late = an_obligation("late", targets=targets(10, Q1))
    again = an_obligation("more", targets=targets(10, Q3))
    with pytest.raises(Invalid) as refused:
        await actions.add_obligations(world.conn, contract.contract_id, [again, late], "Agreed.", by=world.manager, at=NOW)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/obligations/0/reference", "reference-taken"),
        ("/obligations/1/targets", "quarter-over"),
    ]


async def test_quarters_that_are_over_cannot_be_varied_nor_closed(world: World) -> None:
    contract = await world.record()
    variation = Variation(from_quarter=Q1, reason="Too late.")
    with pytest.raises(QuarterOver):
        await actions.vary(
            world.conn, contract.contract_id, contract.obligations[0].obligation_id, variation, by=world.manager, at=NOW
        )
    closing = Closing(ends_on=Q1.last_day, reason="x")
    with pytest.raises(QuarterOver):
        await actions.close(world.conn, contract.contract_id, closing, by=world.manager, at=NOW)
    closing = Closing(ends_on=date(2030, 1, 1), reason="x")
    with pytest.raises(NotWithinContract):
        await actions.close(world.conn, contract.contract_id, closing, by=world.manager, at=NOW)


async def test_closing_early_is_told(world: World) -> None:
    contract = await world.record()
    closing = Closing(ends_on=date(2026, 9, 15), reason="By agreement.")
    after = await actions.close(world.conn, contract.contract_id, closing, by=world.manager, at=NOW, version=1)
    assert (after.ends_on, after.awarded_ends_on) == (date(2026, 9, 15), date(2028, 3, 31))
    fact = (await world.told())[-1]
    assert isinstance(fact, ContractClosed)
    assert (fact.ends_on, fact.version) == (date(2026, 9, 15), 2)


async def test_a_description_can_change_and_says_what_it_was(world: World) -> None:
    contract = await world.record()
    change = ContractChange.model_validate({"value": "300000", "ends_on": "2029-03-31", "reason": "Extended."})
    after = await actions.change_contract(world.conn, contract.contract_id, change, by=world.manager, at=NOW, version=1)
    assert (after.value, after.ends_on, after.title) == (300000, date(2029, 3, 31), "Community meals")
    entries = await actions.history_of(world.conn, contract.contract_id, by=world.manager)
    assert [entry.action for entry in entries] == ["recorded", "changed"]
    assert entries[1].detail["before"] == {"value": "250000", "ends_on": "2028-03-31"}
    sooner = ContractChange.model_validate({"ends_on": "2027-03-31", "reason": "x"})
    with pytest.raises(actions.ExtendByChange):
        await actions.change_contract(world.conn, contract.contract_id, sooner, by=world.manager, at=NOW)
    with pytest.raises(PreconditionFailed):
        await actions.change_contract(world.conn, contract.contract_id, change, by=world.manager, at=NOW, version=1)


async def test_nobody_sees_anothers_business(world: World) -> None:
    shared = await world.record()
    council = a_caller(world.council, Role.CONTRACT_MANAGER)
    unshared = await actions.record_contract(world.conn, a_contract(world.council, world.supplier), by=council, at=NOW)
    analyst = a_caller(uuid4(), Role.ICB_ANALYST)
    supplier = a_caller(world.supplier, Role.SUPPLIER_EDITOR)
    stranger = a_caller(world.other, Role.SUPPLIER_CERTIFIER)
    sight = {
        caller: {
            one.contract_id
            for one in await store.page(world.conn, Viewer.of(caller), words=None, running_on=None, after=None, limit=9)
        }
        for caller in (world.manager, council, supplier, stranger, analyst)
    }
    assert sight == {
        world.manager: {shared.contract_id},
        council: {unshared.contract_id},
        supplier: {shared.contract_id, unshared.contract_id},
        stranger: set(),
        analyst: {shared.contract_id},
    }
    for caller, seen in sight.items():
        for contract in (shared, unshared):
            if contract.contract_id not in seen:
                with pytest.raises(NotFound):
                    await actions.read_contract(world.conn, contract.contract_id, by=caller)
    closing = Closing(ends_on=date(2026, 9, 15), reason="x")
    with pytest.raises(NotFound):  # a supplier reads, and does not close
        await actions.close(world.conn, shared.contract_id, closing, by=supplier, at=NOW)


async def test_the_promise_is_told_in_the_contracts_words(world: World) -> None:
    await world.record(obligations=(an_obligation(wording="200 hours in schools"), an_obligation("b", wording="w" * 501)))
    [fact] = await world.told()
    short, long = (obligation.versions[0].wording for obligation in fact.obligations)
    assert short == "200 hours in schools"
    assert long == "w" * 499 + "…"


async def test_no_other_free_text_leaves_in_an_event(world: World) -> None:
    canaries = {name: f"canary {name}" for name in ("method_statement", "relevant", "proportionate", "additional")}
    contract = await world.record(obligations=(an_obligation(**canaries),))
    ending = Variation(from_quarter=Q4, reason="canary reason")
    args = (contract.contract_id, contract.obligations[0].obligation_id, ending)
    await actions.vary(world.conn, *args, by=world.manager, at=NOW)
    change = ContractChange(title="New title", reason="canary change")
    await actions.change_contract(world.conn, contract.contract_id, change, by=world.manager, at=NOW)
    rows = await world.conn.fetch("SELECT data::text AS data FROM outbox")
    assert len(rows) >= 3
    assert not [row for row in rows if "canary" in str(row["data"])]
    kept = await actions.read_contract(world.conn, contract.contract_id, by=world.manager)
    assert kept.obligations[0].method_statement == "canary method_statement"
