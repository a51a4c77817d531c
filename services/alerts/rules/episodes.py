"""From conditions, moment by moment, to episodes: the same for whatever can be alerted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from services.alerts.models.alerts import Condition, Ending, Episode
from services.alerts.models.facts import Promise, Resolution
from shared.ratings import AlertKind

Order: TypeAlias = tuple[datetime, int, int]
"""When something became true; at one moment, commitments before returns, and each in the order of its topic."""


class Dated(Protocol):
    @property
    def at(self) -> datetime: ...
    @property
    def position(self) -> int: ...


def order(fact: Dated) -> Order:
    return fact.at, 0 if isinstance(fact, Promise) else 1, fact.position


class Watch:
    """Sees which conditions stand after each fact, and keeps the episodes. Facts come in ``order``.

    A person's resolution ends an episode though its condition stands; it is raised again for a later quarter, or when it
    becomes graver.
    """

    def __init__(self, resolutions: Sequence[Resolution]) -> None:
        self._resolutions = sorted(resolutions, key=lambda resolution: (resolution.at, resolution.heard), reverse=True)
        self._open: dict[tuple[AlertKind, UUID], Episode] = {}
        self._settled: dict[tuple[AlertKind, UUID], Condition] = {}
        self._ended: list[Episode] = []

    def see(self, moment: Order, conditions: Sequence[Condition], ending: Callable[[AlertKind], Mapping[str, Any]]) -> None:
        """``conditions`` is all that stands from ``moment`` on; ``ending`` says why those of a kind no longer do."""
        self._resolve(until=moment)
        at = moment[0]
        standing = {(condition.kind, condition.subject_id): condition for condition in conditions}
        for key in self._settled.keys() - standing.keys():
            del self._settled[key]
        for key in self._open.keys() - standing.keys():
            self._ended.append(replace(self._open.pop(key), changed_at=at, ended_at=at, ending=ending(key[0])))
        for key, condition in standing.items():
            episode, settled = self._open.get(key), self._settled.get(key)
            if episode is not None:
                if episode.condition != condition:
                    self._open[key] = replace(episode, condition=condition, changed_at=at)
            elif settled is None or _is_more(condition, settled):
                self._open[key] = Episode(condition, condition.quarter, raised_at=at, changed_at=at)

    def episodes(self) -> dict[UUID, Episode]:
        """The latest episode of each alert, by the alert's id."""
        self._resolve(until=None)
        return {episode.alert_id: episode for episode in (*self._ended, *self._open.values())}

    def _resolve(self, until: Order | None) -> None:
        while self._resolutions and (until is None or (self._resolutions[-1].at, 1, self._resolutions[-1].heard) < until):
            resolution = self._resolutions.pop()
            for key, episode in list(self._open.items()):
                if episode.alert_id == resolution.alert_id:
                    self._settled[key] = episode.condition
                    ending = {"code": Ending.RESOLVED_BY_PERSON, "by": str(resolution.resolved_by), "reason": resolution.reason}
                    self._ended.append(
                        replace(self._open.pop(key), changed_at=resolution.at, ended_at=resolution.at, ending=ending)
                    )


def _is_more(condition: Condition, settled: Condition) -> bool:
    return condition.quarter > settled.quarter or condition.severity.rank > settled.severity.rank
