"""What follows from the facts is worked out anew for whatever they touched, and only the differences are saved and told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar
from uuid import UUID

from services.alerts.actions.telling import Change, save_and_tell
from services.alerts.models.alerts import Alert, Ending, Episode, StoredRating
from services.alerts.models.facts import LineVersion, Resolution
from services.alerts.models.news import Affected
from services.alerts.rules import lifecycle
from services.alerts.rules.arithmetic import as_event, as_stored, withdrawn_event
from services.alerts.rules.assessing import Assessed, ObligationFacts, assess
from services.alerts.rules.lateness import lateness
from services.alerts.rules.sharing import sharing, subject_of
from services.alerts.store import alerts as alerts_store
from services.alerts.store import facts as store
from services.alerts.store import ratings as ratings_store
from shared.db import Connection
from shared.quarters import Quarter
from shared.spine import publish_each


async def assess_again(conn: Connection, affected: Affected) -> None:
    """Work out ratings and alerts of whatever is affected. The caller has locked the contracts and files concerned."""
    facts = await _facts(conn, affected.obligations)
    returns = _by_return(await store.returns_of(conn, affected.returns))
    reviews = _by_return(await store.lines_of_returns(conn, affected.returns))
    files = _by_file(await store.lines_with(conn, affected.files), affected.files) if affected.files else {}
    subjects = {
        *affected.obligations,
        *(line.line_id for entry in facts.values() for line in entry.lines),
        *affected.returns,
        *(subject_of(line.contract_id, sha256) for sha256, lines in files.items() for line in lines),
    }
    resolutions = await store.resolutions_of(conn, subjects)

    def resolved(about: Collection[UUID]) -> list[Resolution]:
        return [resolution for resolution in resolutions if resolution.subject_id in about]

    assessed = {}
    episodes: dict[UUID, Episode] = {}
    for obligation_id, entry in facts.items():
        entry.resolutions = resolved({obligation_id, *(line.line_id for line in entry.lines)})
        assessed[obligation_id] = assess(entry)
        episodes |= assessed[obligation_id].episodes
    for return_id, versions in returns.items():
        episodes |= lateness(versions, reviews.get(return_id, []), resolved({return_id}))
    for sha256, lines in files.items():
        episodes |= sharing(sha256, lines, resolved({subject_of(line.contract_id, sha256) for line in lines}))
    await _save_ratings(conn, assessed, affected.rated_since)
    await _save_alerts(conn, episodes, await alerts_store.alerts_about(conn, subjects))


async def _facts(conn: Connection, obligation_ids: Collection[UUID]) -> dict[UUID, ObligationFacts]:
    facts = {obligation_id: ObligationFacts() for obligation_id in obligation_ids}
    for owed in await store.owed_of(conn, obligation_ids):
        facts[owed.obligation_id].owed.append(owed)
    for line in await store.lines_of(conn, obligation_ids):
        facts[line.obligation_id].lines.append(line)
    for promise in await store.promises_of(conn, obligation_ids):
        facts[promise.obligation_id].promises.append(promise)
    return facts


class _OfReturn(Protocol):
    @property
    def return_id(self) -> UUID: ...


_R = TypeVar("_R", bound=_OfReturn)


def _by_return(facts: Sequence[_R]) -> dict[UUID, list[_R]]:
    found = defaultdict(list)
    for fact in facts:
        found[fact.return_id].append(fact)
    return found


def _by_file(lines: Sequence[LineVersion], files: Collection[str]) -> dict[str, list[LineVersion]]:
    """All versions of the lines that ever carried each file."""
    carried: dict[UUID, set[str]] = defaultdict(set)
    for line in lines:
        carried[line.line_id].update(sha256 for sha256 in line.evidence if sha256 in files)
    found: dict[str, list[LineVersion]] = {sha256: [] for sha256 in files}
    for line in lines:
        for sha256 in carried[line.line_id]:
            found[sha256].append(line)
    return found


async def _save_ratings(conn: Connection, assessed: Mapping[UUID, Assessed], since: Mapping[UUID, Quarter]) -> None:
    """Store and tell each rating that is another than before; forget those of quarters that are no longer owed."""
    obligations = await ratings_store.obligations(conn, since.keys())
    before = {(old.obligation_id, old.quarter): old for old in await ratings_store.ratings_since(conn, since)}
    changed: list[StoredRating] = []
    for obligation_id, first in since.items():
        outcome, contract_id = assessed[obligation_id], obligations[obligation_id].contract_id
        for quarter, (rated, at) in outcome.ratings.items():
            if quarter < first:
                continue
            new = as_stored(rated, outcome.figures, obligation_id=obligation_id, contract_id=contract_id, at=at)
            old = before.pop((obligation_id, quarter), None)
            if old is None or replace(old, version=0) != new:
                changed.append(replace(new, version=old.version + 1 if old else 1))
    gone = list(before.values())
    await ratings_store.save(conn, changed)
    await ratings_store.remove(conn, gone)
    told = [(new.rated_at, as_event(new, obligations[new.obligation_id])) for new in changed]
    told += [(assessed[old.obligation_id].latest_at, withdrawn_event(old, obligations[old.obligation_id])) for old in gone]
    await publish_each(conn, sorted(told, key=lambda pair: pair[0]))


async def _save_alerts(conn: Connection, episodes: Mapping[UUID, Episode], stored: Sequence[Alert]) -> None:
    known = {alert.alert_id: alert for alert in stored}
    changes = [Change(known.get(id), lifecycle.settle(known.get(id), episode)) for id, episode in episodes.items()]
    never_true = [
        alert
        for alert_id, alert in known.items()
        if alert_id not in episodes and not (alert.ending is not None and alert.ending["code"] == Ending.NEVER_TRUE)
    ]
    changes += [Change(alert, lifecycle.withdraw(alert)) for alert in never_true]
    await save_and_tell(conn, changes)
    candidates = {alert.alert_id for alert in never_true if lifecycle.untouched(alert)}
    if candidates:
        await alerts_store.remove(conn, candidates - await alerts_store.worked_on(conn, candidates))
