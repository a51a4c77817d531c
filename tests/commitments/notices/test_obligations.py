"""KPIs of notices as core obligations, and parties as organisations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.commitments.notices import ProposedContract, ProposedObligation
from services.commitments.notices.parties import company_number, identifier
from shared.obligations import Direction, Frequency, Kind, Place, Sector
from tests.commitments.notices.builders import BUYER, SUPPLIER, award, contract, proposed, release


def with_metrics(*metrics: dict[str, Any], **parts: Any) -> ProposedContract:
    (found,) = proposed(release(awards=[award()], contracts=[contract() | {"agreedMetrics": list(metrics)} | parts])).contracts
    return found


def only(*observations: dict[str, Any]) -> ProposedObligation:
    (found,) = with_metrics({"id": "1", "title": "Calls answered", "observations": list(observations)}).obligations
    return found


@pytest.mark.parametrize(
    ("observation", "target", "unit", "kind", "direction"),
    [
        ({"id": "t", "measure": 95, "unit": {"name": "%"}}, "95", "%", Kind.RATIO, None),
        ({"id": "t", "measure": "95%"}, "95", "%", Kind.RATIO, None),
        ({"id": "t", "measure": "≥ 99.5 per cent"}, "99.5", "%", Kind.RATIO, Direction.HIGHER),
        ({"id": "t", "measure": "<=1,200", "unit": {"name": "complaints"}}, "1200", "complaints", None, Direction.LOWER),
        ({"id": "t", "measure": 12.5, "unit": {"id": "FTE"}}, "12.5", "FTE", None, None),
        ({"id": "t", "value": {"amount": 50000, "currency": "GBP"}}, "50000", "GBP", Kind.FLOW, None),
    ],
)
def test_a_target_is_read_where_one_is_given(
    observation: dict[str, Any], target: str, unit: str, kind: Kind | None, direction: Direction | None
) -> None:
    found = only(observation)
    assert (found.target, found.unit, found.kind, found.direction) == (Decimal(target), unit, kind, direction)


def test_a_frequency_is_not_a_target() -> None:
    found = only({"id": "frequency", "period": {"durationInMonths": 1}, "measure": 1})
    assert (found.target, found.target_said, found.frequency) == (None, None, Frequency.MONTHLY)


def test_words_for_a_target_are_kept_for_a_person() -> None:
    found = only({"id": "t", "measure": "Within 24 hours"})
    assert (found.target, found.target_said) == (None, "Within 24 hours")


def test_targets_that_differ_are_left_to_a_person() -> None:
    found = only({"id": "y1", "measure": 90}, {"id": "y2", "measure": 95})
    assert (found.target, found.target_said) == (None, "90; 95")


def test_what_was_reported_is_never_a_target() -> None:
    reported = {"implementation": {"metrics": [{"id": "1", "observations": [{"id": "r", "measure": 87}]}]}}
    (found,) = with_metrics({"id": "1", "title": "Calls answered"}, **reported).obligations
    assert (found.target, found.agreed) == (None, True)


@pytest.mark.parametrize("title", ["N/A", "n/a", "NA", "n.a.", "Not applicable", "None", "-", "—", "", None, " N / A "])
def test_fillers_promise_nothing_and_are_said(title: str | None) -> None:
    proposal = proposed(release(awards=[award()], contracts=[contract() | {"agreedMetrics": [{"id": "9", "title": title}]}]))
    assert proposal.contracts[0].obligations == ()
    assert [one.release for one in proposal.left_out] == ["r1"]
    assert "KPI 9" in proposal.left_out[0].reason


@pytest.mark.parametrize("title", ["Nation-wide cover", "Naming", "None late", "Nil defects", "NA-1 availability"])
def test_titles_that_only_look_like_fillers(title: str) -> None:
    assert [one.title for one in with_metrics({"id": "1", "title": title}).obligations] == [title]


def test_a_filler_in_a_later_notice_does_not_undo_a_promise() -> None:
    reported = {"implementation": {"metrics": [{"id": "1", "title": "N/A"}]}}
    (found,) = with_metrics({"id": "1", "title": "Calls answered"}, **reported).obligations
    assert found.title == "Calls answered"


def test_metrics_of_the_award_are_promises_too() -> None:
    metric = {"id": "1", "title": "Calls answered", "observations": [{"id": "t", "measure": "95%"}]}
    (found,) = proposed(release(awards=[award(agreedMetrics=[metric])])).contracts
    assert [(one.title, one.target) for one in found.obligations] == [("Calls answered", Decimal(95))]


def test_a_changed_target_shows_old_and_new() -> None:
    def at(day: int, target: str) -> dict[str, Any]:
        metric = {"id": "1", "title": "Calls", "observations": [{"id": "t", "measure": target}]}
        return release(
            f"r{day}", f"2026-03-{day:02d}T00:00:00Z", awards=[award()], contracts=[contract() | {"agreedMetrics": [metric]}]
        )

    (found,) = proposed(at(1, "95%"), at(2, "90%")).contracts
    assert [(one.field, one.before, one.after) for one in found.changes] == [("obligations.1.target", "95", "90")]


def test_a_party_named_only_in_the_award_is_taken_as_named() -> None:
    (found,) = proposed(
        release(
            parties=...,
            buyer={"name": "Sefton Council"},
            awards=[award(suppliers=[{"id": "GB-CHC-123456", "name": "Helping Hand"}])],
        )
    ).contracts
    assert found.buyer is not None
    assert (found.buyer.name, found.buyer.identifiers) == ("Sefton Council", ())
    assert found.supplier is not None
    assert (found.supplier.name, found.supplier.sector) == ("Helping Hand", Sector.VCFSE)
    assert any("Sefton Council has no identifier" in warning for warning in found.warnings)


def test_sector_and_place_are_suggested() -> None:
    (found,) = proposed(release(awards=[award()])).contracts
    assert found.buyer is not None
    assert (found.buyer.sector, found.buyer.place) == (Sector.PUBLIC, Place.LIVERPOOL)
    assert found.supplier is not None
    assert found.supplier.sector is Sector.VCFSE


def test_several_buyers_one_leads() -> None:
    other = BUYER | {"id": "GB-NHS-RYY", "name": "Wirral Hospital", "identifier": {"scheme": "GB-NHS", "id": "RYY"}}
    (found,) = proposed(release(parties=[other, BUYER, SUPPLIER], buyer={"id": BUYER["id"]}, awards=[award()])).contracts
    assert [one.name for one in found.buyers] == ["Mersey General Hospital", "Wirral Hospital"]
    assert found.buyer == found.buyers[0]


def test_missing_parts_are_named() -> None:
    (found,) = proposed(release(parties=..., awards=[{"id": "1"}])).contracts
    assert found.missing == ("title", "buyer", "supplier", "value", "period.starts_on", "period.ends_on")


def test_a_foreign_currency_is_kept_and_flagged() -> None:
    (found,) = proposed(release(awards=[award(value={"amount": 5, "currency": "EUR"})])).contracts
    assert found.value is not None
    assert found.value.currency == "EUR"
    assert any("EUR" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("said", "number"), [("8834019", "08834019"), ("08834019", "08834019"), ("11111111.0", "11111111"), ("sc123456", "SC123456")]
)
def test_company_numbers_are_written_one_way(said: str, number: str) -> None:
    assert company_number(said) == number
    assert identifier("gb-coh", said).scheme == "GB-COH"
