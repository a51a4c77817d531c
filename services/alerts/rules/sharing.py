"""The same file of evidence on two contracts: an alert on each, that does not name the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from services.alerts.models.alerts import Condition, Ending, Episode
from services.alerts.models.facts import LineVersion, Resolution
from services.alerts.rules.episodes import Watch, order
from shared.ratings import AlertKind
from shared.ratings.severity import RAISED_AT

_FILES = UUID("2a8b3f86-3f5c-5b7e-8f53-8f0f4a1f5d36")


def subject_of(contract_id: UUID, sha256: str) -> UUID:
    """What an alert about a shared file is about: one contract and one file."""
    return uuid5(_FILES, f"{contract_id}/{sha256}")


def sharing(sha256: str, lines: Sequence[LineVersion], resolutions: Sequence[Resolution]) -> Mapping[UUID, Episode]:
    """The episodes of one file, from all versions of the lines that ever carried it.

    A pledge is left out: the lines of contracts stand within it, so they share its evidence rightly.
    """
    watch = Watch(resolutions)
    now: dict[UUID, LineVersion] = {}
    contract_lines = (line for line in lines if not line.pledge)
    for fact in sorted(contract_lines, key=lambda line: (order(line), line.line_id)):
        now[fact.line_id] = max(now.get(fact.line_id, fact), fact, key=lambda line: line.version)
        first = _first_of_each_contract([line for line in now.values() if sha256 in line.evidence])
        conditions = [_about(line, sha256) for line in first] if len(first) > 1 else []
        watch.see(order(fact), conditions, lambda _: {"code": Ending.NO_LONGER_SHARED})
    return watch.episodes()


def _first_of_each_contract(lines: Sequence[LineVersion]) -> list[LineVersion]:
    by_age = sorted(lines, key=lambda line: (line.quarter, line.line_id), reverse=True)
    return list({line.contract_id: line for line in by_age}.values())


def _about(line: LineVersion, sha256: str) -> Condition:
    return Condition(
        AlertKind.SHARED_EVIDENCE,
        subject_of(line.contract_id, sha256),
        line.contract_id,
        line.obligation_id,
        line.quarter,
        RAISED_AT[AlertKind.SHARED_EVIDENCE],
        {"sha256": sha256},
    )
