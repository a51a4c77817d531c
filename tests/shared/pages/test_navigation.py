"""The header: each role finds its own pages, and the one it is on is marked."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.access import Caller, Role
from shared.pages.navigation import navigation
from shared.pages.visitors import Visitor


def _visitor(*roles: Role) -> Visitor:
    return Visitor(Caller(uuid4(), uuid4(), frozenset(roles), frozenset()), "Sam Reed", "")


@pytest.mark.parametrize(
    ("here", "current"),
    [
        ("/alerts/today", "Today"),
        ("/alerts/", "Alerts"),
        ("/alerts/01a208d1-d3f4-7617-84c0-48887941d5ce", "Alerts"),
        ("/alerts/contracts/01a208d1-d3f4-7617-84c0-48887941d5ce", "Contracts"),
        ("/returns/contracts/01a208d1-d3f4-7617-84c0-48887941d5ce", "Contracts"),
        ("/returns/01a208d1-d3f4-7617-84c0-48887941d5ce/review", "Returns"),
        ("/commitments/registering", "Contracts"),
        ("/returns/case-studies/stories", "Case studies"),
        ("/commitments/account", None),
    ],
)
def test_where_one_is_is_marked(here: str, current: str | None) -> None:
    marked = [item["text"] for item in navigation(_visitor(Role.CONTRACT_MANAGER), here) if item["current"]]
    assert marked == ([current] if current else [])


@pytest.mark.parametrize(("here", "current"), [("/returns/", "Returns"), ("/returns/yours", "Your returns")])
def test_who_buys_and_supplies_finds_each_side_at_its_own_address(here: str, current: str) -> None:
    items = navigation(_visitor(Role.CONTRACT_MANAGER, Role.SUPPLIER_EDITOR), here)
    assert [item["text"] for item in items if item["current"]] == [current]
    assert len({item["href"] for item in items}) == len(items)


def test_a_supplier_finds_what_is_the_suppliers() -> None:
    words = [item["text"] for item in navigation(_visitor(Role.SUPPLIER_EDITOR), "/")]
    assert words == ["Your returns", "Activities", "Your contracts", "Alerts"]
    assert navigation(None, "/") == []


@pytest.mark.parametrize("here", ["/commitments/history", "/returns/history", "/alerts/history", "/icb/history"])
def test_the_history_is_one_place_over_four_services(here: str) -> None:
    assert [item["text"] for item in navigation(_visitor(*Role), here) if item["current"]] == ["History"]
