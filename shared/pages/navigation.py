"""One navigation over the four services: what each role finds in the header."""

from __future__ import annotations

from dataclasses import dataclass

from shared.access import SUPPLIER, Role
from shared.origin import link
from shared.pages.visitors import Visitor


@dataclass(frozen=True)
class Item:
    text: str
    href: str
    roles: frozenset[Role]


def _item(text: str, service: str, path: str, *roles: Role) -> Item:
    return Item(text, link(service, path), frozenset(roles))


ITEMS = (
    _item("Today", "alerts", "/today", Role.CONTRACT_MANAGER),
    _item("Contracts", "commitments", "/contracts", Role.CONTRACT_MANAGER, Role.ICB_ANALYST),
    _item("Returns", "returns", "/", Role.CONTRACT_MANAGER),
    _item("Your returns", "returns", "/", *SUPPLIER),
    _item("Activities", "returns", "/activities", *SUPPLIER),
    _item("Your contracts", "commitments", "/contracts", *SUPPLIER),
    _item("Alerts", "alerts", "/", Role.CONTRACT_MANAGER, Role.ICB_ANALYST, *SUPPLIER),
    _item("Parity report", "alerts", "/parity", Role.CONTRACT_MANAGER),
    _item("The quarter", "aggregator", "/", Role.ICB_ANALYST),
    _item("Partner VCFSE", "aggregator", "/partner-vcfse", Role.ICB_ANALYST),
    _item("Publications", "aggregator", "/publications", Role.ICB_ANALYST),
    _item("Case studies", "returns", "/case-studies", Role.ICB_ANALYST),
    _item("Organisations", "commitments", "/organisations", Role.ADMINISTRATOR),
    _item("People", "commitments", "/people", Role.ADMINISTRATOR),
    _item("Measures", "commitments", "/measures", Role.ADMINISTRATOR, Role.ICB_ANALYST),
    _item("History", "commitments", "/history", Role.ADMINISTRATOR),
    _item("Operations", "commitments", "/operations", Role.OPERATOR),
)


def navigation(visitor: Visitor | None, here: str) -> list[dict[str, object]]:
    """The header's items for a visitor; that which leads nearest to ``here`` (a path) is the current one."""
    if visitor is None:
        return []
    items = [item for item in ITEMS if visitor.has(*item.roles)]
    current = max((item.href for item in items if _leads(item.href, here)), key=len, default=None)
    return [{"text": item.text, "href": item.href, "current": item.href == current} for item in items]


def _leads(href: str, here: str) -> bool:
    return here == href or here.startswith(href.rstrip("/") + "/")
