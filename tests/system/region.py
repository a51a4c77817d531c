"""A region seen from outside, by HTTP alone: people with keys, and what each of them may ask."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from shared.quarters import Quarter
from tests.system.processes import eventually

ALL_SCOPES = {
    "contract_manager": ["commitments:read", "commitments:write", "returns:read", "returns:write", "alerts:read", "alerts:write"],
    "supplier_certifier": ["commitments:read", "returns:read", "returns:write", "alerts:read", "alerts:write"],
    "icb_analyst": ["icb:read", "icb:write", "feed:read"],
}


@dataclass
class Region:
    """``urls`` by service; ``keys`` by person, at first the administrator's."""

    urls: Mapping[str, str]
    keys: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        person: str,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        status: int = 200,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[person]}", **(headers or {})}
        if etag is not None:
            headers["If-Match"] = etag
        url = f"{self.urls[service]}/api/v1{path}"
        answer = httpx.request(method, url, headers=headers, json=body, timeout=60)
        assert answer.status_code == status, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def organisation(self, name: str, **what: Any) -> str:
        body = {"name": name, "sector": "public", **what}
        recorded = self.ask("administrator", "POST", "commitments", "/organisations", body, status=201)
        return str(recorded["organisation_id"])

    def person(self, name: str, organisation_id: str, role: str) -> None:
        """Somebody with a key, known by ``name`` from now on."""
        body = {"name": name, "email": f"{name}@parity.example", "organisation_id": organisation_id, "roles": [role]}
        person = self.ask("administrator", "POST", "commitments", "/people", body, status=201)
        path = f"/people/{person['person_id']}/keys"
        made = self.ask("administrator", "POST", "commitments", path, {"label": "test", "scopes": ALL_SCOPES[role]})
        self.keys[name] = made["secret"]

    def returns_of(self, person: str) -> list[Any]:
        """Once there are any: they open when the returns service hears of the contract."""
        found: list[Any] = eventually(lambda: self.ask(person, "GET", "returns", "/returns?limit=200")["items"])
        return sorted(found, key=lambda one: one["quarter"])

    def file(self, person: str, return_id: str, figures: Mapping[str, Any]) -> None:
        """Fill every line by its reference, certify and submit."""
        filed = self.ask(person, "GET", "returns", f"/returns/{return_id}")
        for line in filed["lines"]:
            content = {"figure": figures[line["reference"]], "story": "As reported."}
            self.ask(person, "PUT", "returns", f"/lines/{line['line_id']}", content, etag=f'"{line["version"]}"')
        version = self.ask(person, "GET", "returns", f"/returns/{return_id}")["version"]
        certified = {"only_this_contract_and_period": True, "only_what_was_promised": True}
        self.ask(person, "POST", "returns", f"/returns/{return_id}/submit", certified, etag=f'"{version}"')

    def approve(self, person: str, return_id: str) -> None:
        version = self.ask(person, "GET", "returns", f"/returns/{return_id}")["version"]
        path = f"/returns/{return_id}/approve"
        approved = self.ask(person, "POST", "returns", path, {"judgement": "met"}, etag=f'"{version}"')
        assert approved["status"] == "approved", json.dumps(approved)

    def total(self, person: str, quarter: str, measure: str, *, value: str) -> Any:
        """The region's, beside its coverage; None while it is not ``value``."""
        found = self.ask(person, "GET", "aggregator", f"/totals?quarter={quarter}&measure={measure}&dimension=region")["items"]
        return found[0] if found and found[0]["value"] == value else None


def community_nursing(trust: str, supplier: str, quarters: Sequence[Quarter], **social: Any) -> dict[str, Any]:
    """A contract that runs in these quarters, one obligation of each side. ``social``: more of the social value one."""
    return {
        "reference": "T-1",
        "title": "Community nursing",
        "starts_on": quarters[0].first_day.isoformat(),
        "ends_on": quarters[-1].last_day.isoformat(),
        "buyers": [{"organisation_id": trust, "lead": True}],
        "suppliers": [{"organisation_id": supplier, "lead": True}],
        "obligations": [
            {
                "reference": "C1",
                "side": "core_service",
                "wording": "95 % of calls are answered in time.",
                "own_measure": {"code": "CALLS", "label": "Calls answered in time", "unit": "%", "kind": "ratio"},
                "targets": [{"quarter": quarter.code, "target": "95"} for quarter in quarters],
            },
            {
                "reference": "S1",
                "side": "social_value",
                "wording": "50 hours are volunteered a quarter.",
                "measure": "NT29",
                "targets": [{"quarter": quarter.code, "target": "50"} for quarter in quarters],
                **social,
            },
        ],
    }
