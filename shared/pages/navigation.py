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
    parts: tuple[str, ...] = ()
    """Paths of pages that belong to it as well."""

    def leads_to(self, here: str) -> int:
        """How much of a path it names; 0 where it leads elsewhere."""
        within = (path for path in (self.href, *self.parts) if here == path or here.startswith(path.rstrip("/") + "/"))
        return max(map(len, within), default=0)


def _item(text: str, service: str, path: str, *roles: Role, parts: tuple[str, ...] = ()) -> Item:
    return Item(text, link(service, path), frozenset(roles), parts)


_ABOUT_CONTRACTS = (
    link("commitments", "/registering"),
    link("commitments", "/notices"),
    link("returns", "/contracts"),
    link("alerts", "/contracts"),
)
_HISTORIES = tuple(link(service, "/history") for service in ("returns", "alerts", "aggregator"))
ITEMS = (
    _item("Today", "alerts", "/today", Role.CONTRACT_MANAGER),
    _item("Contracts", "commitments", "/contracts", Role.CONTRACT_MANAGER, Role.ICB_ANALYST, parts=_ABOUT_CONTRACTS),
    _item("Returns", "returns", "/", Role.CONTRACT_MANAGER),
    _item("Your returns", "returns", "/yours", *SUPPLIER, parts=(link("returns", "/"),)),
    _item("Activities", "returns", "/activities", *SUPPLIER),
    _item(
        "Your contracts",
        "commitments",
        "/contracts/yours",
        *SUPPLIER,
        parts=(link("commitments", "/contracts"), *_ABOUT_CONTRACTS),
    ),
    _item("Alerts", "alerts", "/", Role.CONTRACT_MANAGER, Role.ICB_ANALYST, *SUPPLIER),
    _item("Parity report", "alerts", "/parity", Role.CONTRACT_MANAGER, Role.ICB_ANALYST),
    _item("The quarter", "aggregator", "/", Role.ICB_ANALYST),
    _item("Partner VCFSE", "aggregator", "/partner-vcfse", Role.ICB_ANALYST),
    _item("Publications", "aggregator", "/publications", Role.ICB_ANALYST),
    _item("Case studies", "returns", "/case-studies", Role.CONTRACT_MANAGER, Role.ICB_ANALYST),
    _item("Organisations", "commitments", "/organisations", Role.ADMINISTRATOR),
    _item("People", "commitments", "/people", Role.ADMINISTRATOR),
    _item("Notices", "commitments", "/notices", Role.ADMINISTRATOR),
    _item("Measures", "commitments", "/measures", Role.ADMINISTRATOR, Role.ICB_ANALYST),
    _item("History", "commitments", "/history", Role.ADMINISTRATOR, parts=_HISTORIES),
    _item("Operations", "commitments", "/operations", Role.OPERATOR),
)


def navigation(visitor: Visitor | None, here: str) -> list[dict[str, object]]:
    """The header's items for a visitor; that which leads nearest to ``here`` (a path) is the current one."""
    if visitor is None:
        return []
    items = [item for item in ITEMS if visitor.has(*item.roles)]
    nearest = max(items, key=lambda item: item.leads_to(here), default=None)
    current = nearest if nearest and nearest.leads_to(here) else None
    return [{"text": item.text, "href": item.href, "current": item is current} for item in items]
