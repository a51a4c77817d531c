"""Files of notices into proposed contracts, with an account of every release in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.commitments.notices.contracts import Key, Standing, known_as, mentions, reports_kpi, standing_of
from services.commitments.notices.differing import changes
from services.commitments.notices.merging import by_process, standings
from services.commitments.notices.models import Change, LeftOut, Proposal, ProposedContract
from services.commitments.notices.reading import Found, NoticeFile, Reading, read
from services.commitments.notices.release import Release


@dataclass(slots=True)
class Process:
    """One ocid: all its releases in time order, and where they led."""

    ocid: str
    releases: Sequence[Found]
    standing: Standing
    changes: Mapping[Key, Sequence[Change]] = field(default_factory=dict)

    def contracts(self) -> Iterator[ProposedContract]:
        for key, contract in self.standing.contracts.items():
            releases = tuple(one.release.id for one in self.releases if mentions(one.release, key))
            yield contract.model_copy(update={"releases": releases, "changes": tuple(self.changes[key])})


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, and the processes behind it."""

    proposal: Proposal
    processes: Sequence[Process]


def propose(files: Iterable[Path | NoticeFile]) -> Proposal:
    """What these files propose, without a database. Never raises for what is in a file."""
    return propose_from(read(files)).proposal


def propose_from(reading: Reading, known: Iterable[Found] = ()) -> Proposed:
    """``known`` are releases of the same processes that were imported before."""
    grouped, left_out, errors = by_process(reading.found, known)
    touched = {one.release.ocid for one in reading.found}
    processes = [_process(ocid, releases) for ocid, releases in grouped.items() if ocid in touched]
    new = {id(one) for one in reading.found}
    for process in processes:
        left_out += _left_out(process, new)
    return Proposed(
        Proposal(
            releases=reading.releases,
            contracts=tuple(contract for process in processes for contract in process.contracts()),
            left_out=(*reading.left_out, *left_out),
            errors=(*reading.errors, *errors),
        ),
        processes,
    )


def _process(ocid: str, releases: Sequence[Found]) -> Process:
    standing = Standing()
    found: dict[Key, list[Change]] = {}
    for one, process in standings(releases):
        before, standing = standing, standing_of(process)
        earlier = known_as(before.contracts, standing.contracts)
        history: dict[Key, list[Change]] = {}
        for key, contract in standing.contracts.items():
            old = earlier.get(key)
            changed = changes(before.contracts[old], contract, one.release.id) if old else []
            history[key] = [*(found[old] if old else ()), *changed]
        found = history
    return Process(ocid, releases, standing, found)


def _left_out(process: Process, new: set[int]) -> Iterator[LeftOut]:
    """What no contract came of, and what was left out of those that did."""
    standing = process.standing
    for one in process.releases:
        if id(one) not in new:
            continue
        reasons = [reason for key, reason in standing.fallen.items() if _names(one.release, key)]
        for key, fillers in standing.fillers.items():
            reasons += (reason for id, reason in fillers.items() if reports_kpi(one.release, key, id))
        if not reasons and not any(mentions(one.release, key) for key in standing.contracts):
            reasons = [_nothing_in(one.release, process)]
        for reason in reasons:
            yield LeftOut(file=one.file, release=one.release.id, reason=reason)


def _names(release: Release, key: Key) -> bool:
    return bool(release.award_ids or release.contract_ids) and mentions(release, key)


def _nothing_in(release: Release, process: Process) -> str:
    if process.standing.fallen:
        return "Every award of this process has fallen"
    if release.tender is not None and release.tender.status in {"cancelled", "unsuccessful", "withdrawn"}:
        return f"This procurement is {release.tender.status}, and nothing was awarded"
    return "It holds no award and no contract, and no other release of this process does"
