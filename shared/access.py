"""Who may call what: roles, scopes, and the dependency by which every route says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.errors import Forbidden, Unauthorised
from shared.identity import keys


class Role(StrEnum):
    CONTRACT_MANAGER = "contract_manager"
    SUPPLIER_EDITOR = "supplier_editor"
    SUPPLIER_CERTIFIER = "supplier_certifier"
    ICB_ANALYST = "icb_analyst"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What an API key may be used for, within what its person's roles allow."""

    COMMITMENTS_READ = "commitments:read"
    COMMITMENTS_WRITE = "commitments:write"
    RETURNS_READ = "returns:read"
    RETURNS_WRITE = "returns:write"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    ICB_READ = "icb:read"
    ICB_WRITE = "icb:write"
    FEED_READ = "feed:read"
    ADMIN = "admin"
    OPERATE = "operate"


SUPPLIER = (Role.SUPPLIER_EDITOR, Role.SUPPLIER_CERTIFIER)


@dataclass(frozen=True)
class Caller:
    """The person behind a request, or the system itself when a chore or handler acts."""

    person_id: UUID
    organisation_id: UUID
    roles: frozenset[Role]
    scopes: frozenset[str]

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


NOBODY = UUID(int=0)
SYSTEM = Caller(NOBODY, NOBODY, frozenset(), frozenset())
"""The author of what happens by the clock or by an event."""

_bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key as a bearer token.")


class Allow:
    """A dependency that answers the Caller, or 401 / 403. ``roles`` and ``scope`` stay readable for the test of all routes."""

    def __init__(self, roles: frozenset[Role], scope: Scope) -> None:
        self.roles = roles
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        caller = await caller_of(request)
        if self.scope not in caller.scopes:
            raise Forbidden(f"This API key has no scope {self.scope}.")
        if not caller.has(*self.roles):
            raise Forbidden
        return caller


async def caller_of(request: Request) -> Caller:
    """The Caller by the request's bearer key. Raises Unauthorised."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    credentials: HTTPAuthorizationCredentials | None = await _bearer(request)
    if credentials is None:
        raise Unauthorised(headers={"WWW-Authenticate": "Bearer"})
    runtime = request.app.state.runtime
    holder = await keys.holder(runtime.identity, credentials.credentials, at=runtime.clock.now())
    if holder is None:
        raise Unauthorised(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    caller = Caller(
        person_id=holder.person_id,
        organisation_id=holder.organisation_id,
        roles=frozenset(Role(role) for role in holder.roles),
        scopes=frozenset(holder.scopes),
    )
    request.state.caller = caller
    return caller


def allow(*roles: Role, scope: Scope | str) -> Any:
    """``caller: Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope=Scope.RETURNS_READ)]``."""
    return Depends(Allow(frozenset(roles), Scope(scope)))


def bearer_scheme() -> Any:
    """Puts the bearer scheme into the OpenAPI description of every route of a router."""
    return Depends(_bearer)
