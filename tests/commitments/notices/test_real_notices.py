"""What the real notices of the demonstration propose."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from services.commitments.models.words import LegalRegime
from services.commitments.notices import propose
from services.commitments.notices.models import Change
from shared.obligations import ContractForm, Frequency, Place, Sector, Side
from shared.quarters import Quarter
from tests.commitments.notices.builders import FICTIONAL, REAL, assert_accounted

FIND_A_TENDER = sorted(REAL.glob("uk*.json"))
TENDER, AWARD, DETAILS, PERFORMANCE = FIND_A_TENDER


def test_four_notices_of_one_process_are_one_contract() -> None:
    proposal = propose(FIND_A_TENDER)
    assert (proposal.releases, proposal.errors, proposal.exit_code) == (4, (), 0)
    (contract,) = proposal.contracts
    assert (contract.ocid, contract.award_id, contract.contract_id) == ("ocds-h6vhtk-05d4a5", "1", "1")
    assert contract.releases == ("068730-2025", "083057-2025", "003456-2026", "059886-2026")
    assert contract.buyer is not None
    assert contract.buyer.name == "Ministry of Defence"
    assert contract.supplier is not None
    assert contract.supplier.identifiers[0].model_dump() == {"scheme": "GB-COH", "id": "08834019"}
    assert contract.value is not None
    assert (contract.value.amount, contract.value.currency) == (Decimal(8500000), "GBP")
    assert contract.period is not None
    assert (contract.period.starts_on, contract.period.ends_on) == (date(2026, 1, 12), date(2029, 1, 11))
    assert (contract.period.first_quarter, contract.period.last_quarter) == (
        Quarter.parse("2025-26-Q4"),
        Quarter.parse("2028-29-Q4"),
    )
    assert contract.legal_regime is LegalRegime.PA2023


def test_agreed_metrics_are_core_obligations_known_by_their_id() -> None:
    (contract,) = propose(FIND_A_TENDER).contracts
    assert [one.id for one in contract.obligations] == ["1", "2"]
    first = contract.obligations[0]
    assert first.side is Side.CORE_SERVICE
    assert first.title == "On-Time Delivery of Business-Critical Items"
    assert first.wording is not None
    assert first.wording.startswith("All orders placed")
    assert (first.target, first.frequency, first.reported_every_months) == (None, Frequency.QUARTERLY, 3)
    assert contract.missing == ("obligations.1.target", "obligations.2.target")


def test_a_filler_is_left_out_and_said_so_with_the_release_that_holds_it() -> None:
    (left_out,) = propose(FIND_A_TENDER).left_out
    assert left_out.release == "059886-2026"
    assert "KPI 3" in left_out.reason
    assert "N/A" in left_out.reason


def test_a_later_notice_shows_old_beside_new() -> None:
    (contract,) = propose(FIND_A_TENDER).contracts
    assert contract.changes[0] == Change(field="period.starts_on", before="2025-12-30", after="2026-01-12", release="003456-2026")
    assert contract.changes[-1] == Change(
        field="obligations.1.title",
        before="On-Time Delivery of Business-critical Goods",
        after="On-Time Delivery of Business-Critical Items",
        release="059886-2026",
    )
    assert all(not change.field.startswith("value") for change in contract.changes)


def test_the_order_of_the_files_does_not_matter() -> None:
    forward, backward = propose(FIND_A_TENDER), propose(FIND_A_TENDER[::-1])
    assert forward.contracts == backward.contracts


def test_a_tender_alone_promises_nothing() -> None:
    proposal = propose([TENDER])
    assert proposal.contracts == ()
    assert [one.release for one in proposal.left_out] == ["068730-2025"]
    assert proposal.exit_code == 0


def test_an_award_before_its_contract_is_pending() -> None:
    (contract,) = propose([TENDER, AWARD]).contracts
    assert (contract.award_id, contract.contract_id, contract.status) == ("1", None, "pending")
    assert "pending" in " ".join(contract.warnings)


def test_a_performance_notice_alone_says_what_it_lacks() -> None:
    (contract,) = propose([PERFORMANCE]).contracts
    assert {"supplier", "value", "period.starts_on", "period.ends_on"} <= set(contract.missing)
    assert not any(obligation.agreed for obligation in contract.obligations)
    assert len(contract.obligations) == 2


def test_contracts_finder_holds_several_awards_without_contracts() -> None:
    file = REAL / "contracts-finder-nhs-2025q1.json"
    proposal = propose([file])
    said = json.loads(file.read_text())["releases"]
    assert proposal.releases == len(said) == len(proposal.contracts)
    assert_accounted(proposal, [one["id"] for one in said])
    assert (proposal.left_out, proposal.errors) == ((), ())
    assert all(one.contract_id is None and one.award_id == f"{one.ocid}-1" for one in proposal.contracts)
    by_title = {one.title: one for one in proposal.contracts}
    wavertree = by_title["Wavertree High Street - Design"]
    assert wavertree.value is not None
    assert wavertree.value.amount == Decimal(375200)
    assert wavertree.buyer is not None
    assert (wavertree.buyer.place, wavertree.buyer.sector) == (Place.LIVERPOOL, Sector.PUBLIC)
    assert by_title["Civica Engage & Election Services"].form is ContractForm.CALL_OFF
    civica = by_title["Civica Engage & Election Services"].value
    assert civica is not None
    assert civica.amount == Decimal("14216.93")
    wound_care = next(one for title, one in by_title.items() if title and "Wound Care" in title)
    assert wound_care.legal_regime is LegalRegime.BELOW_THRESHOLD


def test_everything_at_once() -> None:
    files = [*sorted(REAL.glob("*.json")), *sorted(FICTIONAL.glob("*.json"))]
    proposal = propose(files)
    assert (proposal.releases, len(proposal.contracts), proposal.errors) == (15, 10, ())


def test_the_standards_own_example_is_one_contract() -> None:
    (contract,) = propose(sorted(FICTIONAL.glob("*.json"))).contracts
    assert [id.removeprefix("ocds-213czf-000-00001-") for id in contract.releases] == [
        "04-award",
        "05-contract",
        "06-implementation",
    ]
    assert contract.supplier is not None
    assert contract.supplier.identifiers[0].id == "11111111"
    assert contract.period is not None
    assert contract.period.ends_on == date(2011, 7, 1), "23:59 UTC is the next local day in summer"
    assert "first of 2011-12 Q2" in " ".join(contract.warnings)


@pytest.mark.parametrize("key", ["releases", "contracts", "left_out", "errors"])
def test_the_json_has_what_was_promised(key: str) -> None:
    said = json.loads(propose(FIND_A_TENDER).model_dump_json())
    assert key in said
    assert set(said["left_out"][0]) == {"file", "release", "reason"}
    assert {"ocid", "buyer", "supplier", "value", "period", "obligations", "releases", "changes"} <= set(said["contracts"][0])
    assert set(said["contracts"][0]["changes"][0]) >= {"field", "before", "after"}
