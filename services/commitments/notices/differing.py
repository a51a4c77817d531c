"""What a later release says otherwise: field by field, old beside new."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.commitments.notices.models import Change, ProposedContract, ProposedParty


def changes(before: ProposedContract, after: ProposedContract, release: str, *, added: bool = False) -> list[Change]:
    """Values that stand otherwise now; with ``added`` also those that were not said before."""
    old, new = _values(before), _values(after)
    return [
        Change(field=name, before=old.get(name), after=new.get(name), release=release)
        for name in {**old, **new}
        if old.get(name) != new.get(name) and (added or old.get(name) is not None)
    ]


def _values(contract: ProposedContract) -> dict[str, Any]:
    return {name: value for name, value in _named(contract) if value is not None}


def _named(contract: ProposedContract) -> Iterator[tuple[str, Any]]:
    said = contract.model_dump(mode="json")
    yield "title", said["title"]
    yield "status", "terminated" if contract.status == "terminated" else None
    yield "buyers", _names(contract.buyers)
    yield "suppliers", _names(contract.suppliers)
    for name in ("amount", "currency"):
        yield f"value.{name}", (said["value"] or {}).get(name)
    for name in ("starts_on", "ends_on", "may_extend_to"):
        yield f"period.{name}", (said["period"] or {}).get(name)
    yield "ended_on", said["ended_on"]
    for obligation in said["obligations"]:
        for name in ("title", "wording", "target", "unit", "reported_every_months"):
            yield f"obligations.{obligation['id']}.{name}", obligation[name]


def _names(parties: tuple[ProposedParty, ...]) -> list[str] | None:
    return sorted(party.name or party.id for party in parties) or None
