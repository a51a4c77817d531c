"""Releases that are right unless a test says otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.commitments.notices import NoticeFile, Proposal, propose

ROOT = Path(__file__).parents[3]
REAL = ROOT / "deploy" / "demo" / "notices"
FICTIONAL = ROOT / "tests" / "data" / "notices"

BUYER = {
    "id": "GB-NHS-RXX",
    "name": "Mersey General Hospital",
    "identifier": {"scheme": "GB-NHS", "id": "RXX"},
    "address": {"locality": "Liverpool"},
    "roles": ["buyer"],
}
SUPPLIER = {"id": "GB-COH-01234567", "name": "Wirral Meals CIC", "roles": ["supplier"], "details": {"vcse": True}}
VALUE = {"amount": 120000, "currency": "GBP"}
PERIOD = {"startDate": "2026-04-01T00:00:00+01:00", "endDate": "2028-03-31T23:59:59+01:00"}


def release(id: str = "r1", date: str = "2026-03-01T09:00:00Z", ocid: str = "ocds-b5fd17-a", **parts: Any) -> dict[str, Any]:
    found = {"ocid": ocid, "id": id, "date": date, "tag": ["award"], "parties": [BUYER, SUPPLIER], **parts}
    return {name: part for name, part in found.items() if part is not ...}


def award(id: str = "1", **parts: Any) -> dict[str, Any]:
    found = {
        "id": id,
        "title": "Patient catering",
        "status": "active",
        "value": VALUE,
        "contractPeriod": PERIOD,
        "suppliers": [{"id": SUPPLIER["id"], "name": SUPPLIER["name"]}],
        **parts,
    }
    return {name: part for name, part in found.items() if part is not ...}


def contract(id: str = "1", award_id: str = "1", **parts: Any) -> dict[str, Any]:
    return {"id": id, "awardID": award_id, "status": "active", "value": VALUE, "period": PERIOD, **parts}


def file_of(*releases: Any, name: str = "notices.json") -> NoticeFile:
    return NoticeFile(name, json.dumps({"uri": "https://example.org", "releases": list(releases)}).encode())


def proposed(*releases: Any) -> Proposal:
    """What a package of these releases proposes; nothing in it may be lost."""
    proposal = propose([file_of(*releases)])
    assert_accounted(proposal, [one["id"] for one in releases if isinstance(one, dict) and "id" in one])
    return proposal


def assert_accounted(proposal: Proposal, ids: list[str]) -> None:
    assert proposal.releases >= len(set(ids))
    named = {id for one in proposal.contracts for id in one.releases}
    named |= {str(one.release) for one in (*proposal.left_out, *proposal.errors)}
    assert {str(id) for id in ids} <= named, {str(id) for id in ids} - named
