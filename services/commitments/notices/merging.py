"""Releases into processes: grouped by ocid, laid over each other in true time order."""

from __future__ import annotations

import json
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from ocdsmerge.merge import CompiledRelease
from ocdsmerge.rules import MergeRules, get_merge_rules

from services.commitments.notices.models import LeftOut, ReadError
from services.commitments.notices.reading import Found
from services.commitments.notices.release import Release

_SCHEMA = Path(__file__).parent / "schema" / "release-schema-1.1.5.json"
MOST_RELEASES = 500
MOST_BUYERS = 100
_MOST_STEPS = 50_000
"""Releases times what they speak of: each step of a process's history looks at the whole of it."""


@cache
def _rules() -> MergeRules:
    """From the schema beside the code: without one, ocdsmerge would ask the network."""
    return get_merge_rules(json.loads(_SCHEMA.read_text()))


def by_process(
    found: Iterable[Found], known: Iterable[Found] = ()
) -> tuple[dict[str, list[Found]], list[LeftOut], list[ReadError]]:
    """The releases of each ocid in time order, each once: copies are left out, contradictions are errors.

    ``known`` were imported before; they stand, whatever the files say.
    """
    left_out: list[LeftOut] = []
    errors: list[ReadError] = []
    same: dict[tuple[str, str, datetime], list[Found]] = defaultdict(list)
    processes: dict[str, list[Found]] = defaultdict(list)
    imported = {_identity(one): one for one in known}
    for one in imported.values():
        processes[one.release.ocid].append(one)
    for one in found:
        same[_identity(one)].append(one)
    for identity, copies in same.items():
        standing = imported.get(identity)
        first, *others = (standing, *copies) if standing else copies
        if any(other.release != first.release for other in others):
            message = "Two releases have this id and date, and say different things"
            errors += (_error(one, message) for one in copies)
            continue
        left_out += (_left_out(other, f"This release was read from {first.file} already") for other in others)
        if standing is None:
            processes[first.release.ocid].append(first)
    for ocid, reason in [(ocid, reason) for ocid, releases in processes.items() if (reason := _too_much(releases))]:
        errors += (_error(one, reason) for one in processes.pop(ocid) if _identity(one) not in imported)
    for releases in processes.values():
        releases.sort(key=lambda one: (one.release.date, one.release.id))
    return processes, left_out, errors


def standings(releases: Sequence[Found]) -> Iterator[tuple[Found, Release]]:
    """The process as it stood after each of its releases, which are in time order.

    They are merged in that order, one by one: ocdsmerge itself would sort dates as text, and offsets would mislead it.
    """
    merged = CompiledRelease(merge_rules=_rules())
    for one in releases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # doubled ids of parties: the later one says more
            merged.append(one.release.as_said())
        yield one, Release.model_validate(merged.asdict())


def _too_much(releases: Sequence[Found]) -> str | None:
    """No real process is as large as this, and one made up must not keep everybody else waiting."""
    things = {thing for one in releases for thing in _things(one.release)}
    buyers = {party.id for one in releases for party in one.release.parties or () if "buyer" in party.roles}
    if len(releases) > MOST_RELEASES:
        return f"This process has more than {MOST_RELEASES} releases: record its contracts by form"
    if len(releases) * len(things) > _MOST_STEPS:
        return "This process has too many releases, awards and contracts to be laid over each other: record it by form"
    return f"This process has more than {MOST_BUYERS} buyers: record its contracts by form" if len(buyers) > MOST_BUYERS else None


def _things(release: Release) -> Iterator[tuple[str, ...]]:
    for award in release.awards or ():
        yield "award", award.id
        yield from (("award", award.id, metric.id) for metric in award.agreed_metrics or ())
    for contract in release.contracts or ():
        yield "contract", contract.id
        reported = contract.implementation.metrics if contract.implementation else None
        yield from (("contract", contract.id, metric.id) for metric in (*(contract.agreed_metrics or ()), *(reported or ())))


def _identity(one: Found) -> tuple[str, str, datetime]:
    return one.release.ocid, one.release.id, one.release.date


def _left_out(one: Found, reason: str) -> LeftOut:
    return LeftOut(file=one.file, release=one.release.id, reason=reason)


def _error(one: Found, message: str) -> ReadError:
    return ReadError(file=one.file, release=one.release.id, pointer=one.pointer, message=message)
