"""Whoever calls the API decides by a problem's code: none in golden/problem-codes.json is renamed, and new ones are added."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator

import services
import shared
from shared.errors import ParityError, code_of
from tests.contracts.freeze import GOLDEN


def _below(kind: type[ParityError]) -> Iterator[type[ParityError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def test_codes_and_statuses_stay_as_they_were_first_published() -> None:
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    now: dict[str, set[int]] = {}
    for kind in _below(ParityError):
        now.setdefault(code_of(kind), set()).add(kind.status)
        assert kind.__doc__, f"{kind.__name__} says nothing to the person who reads it"
    assert {code: statuses for code, statuses in now.items() if len(statuses) > 1} == {}, "one code, one status"
    published = json.loads((GOLDEN / "problem-codes.json").read_text())
    assert {code: now.get(code) for code in published} == {code: {status} for code, status in published.items()}
