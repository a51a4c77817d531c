"""What is taken from a provider's claims about a person, and what is not believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.access import Role
from shared.settings import Settings


@dataclass(frozen=True)
class Claimed:
    issuer: str
    subject: str
    email: str | None
    """None where the provider does not say that it is really theirs."""
    name: str
    roles: frozenset[Role] | None
    """None where roles are given in Parity."""
    organisation: str | None
    """An identifier, such as ``GB-NHS-QYG``."""


def claimed(said: Mapping[str, Any], settings: Settings) -> Claimed:
    """``said``: the claims of an ID token whose signature, issuer, audience and nonce were checked."""
    email = said.get("email")
    believed = isinstance(email, str) and "@" in email and (said.get("email_verified") is True or settings.oidc_trust_email)
    by_group = settings.roles_of_groups()
    groups = {each.removeprefix("/") for each in _texts(said.get(settings.oidc_roles_claim))}
    name = said.get("name")
    return Claimed(
        issuer=str(said["iss"]),
        subject=str(said["sub"]),
        email=str(email)[:254] if believed else None,
        name=(name if isinstance(name, str) and name.strip() else str(email or said["sub"])).strip()[:200],
        roles=frozenset(Role(role) for group, role in by_group.items() if group in groups) if by_group else None,
        organisation=next(iter(_texts(said.get(settings.oidc_organisation_claim))), None),
    )


def _texts(claim: Any) -> Iterable[str]:
    """A claim of one text or several; some providers tell organisations as an object by name."""
    if isinstance(claim, str):
        return [claim]
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list | dict) else []
