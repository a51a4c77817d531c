"""Every page of a service, as somebody who may open it sees it, with ids that the data holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.access import SUPPLIER, Role
from shared.origin import link
from shared.pages.visitors import Admit
from shared.service import Service

_AS = {
    "manager": {Role.CONTRACT_MANAGER},
    "supplier": set(SUPPLIER),
    "analyst": {Role.ICB_ANALYST},
    "administrator": {Role.ADMINISTRATOR},
    "operator": {Role.OPERATOR},
    "stranger": set(),
}
"""Who walks; a stranger is not signed in."""

_FILES = ("form", "file", "secret")
"""Parameters of routes that answer with a file, or lead elsewhere, and show no page."""
_LEADS_ELSEWHERE = (".pdf", "/download", "/template", "/sign-out", "/sign-in/provider", "/sign-in/provider/answer")


@dataclass(frozen=True)
class Place:
    """A page's route, one of those who may open it, and addresses that may show it: not every return can be reviewed."""

    route: str
    walker: str
    paths: tuple[str, ...]


def places(service: Service, known: Mapping[str, Sequence[object]], asking: Mapping[str, Sequence[str]]) -> Iterator[Place]:
    """``known``: values by a parameter's name. ``asking``: what to ask besides, by ``service/path``."""
    for route in service.pages.routes if service.pages else ():
        if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()) or _is_file(route):
            continue
        names = [field.alias for field in route.dependant.path_params]
        filled = [dict(zip(names, values, strict=True)) for values in product(*(known.get(name, ()) for name in names))]
        for query in asking.get(link(service.name, route.path), [""]):
            paths = tuple(link(service.name, route.path_format.format(**one)) + query for one in filled)
            for walker, roles in _AS.items():
                if not (admitted := roles_of(route.dependant)) or admitted & roles:
                    yield Place(link(service.name, route.path_format) + query, walker, paths)


def roles_of(dependant: Dependant) -> frozenset[Role]:
    """Who may open it; nobody: it is open to all."""
    found = [call.roles for call in _calls(dependant) if isinstance(call, Admit)]
    return found[0] if found else frozenset()


def _calls(dependant: Dependant) -> Iterable[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _is_file(route: APIRoute) -> bool:
    return any(f"{{{name}" in route.path for name in _FILES) or route.path.endswith(_LEADS_ELSEWHERE)
