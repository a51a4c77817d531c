"""What the API key of somebody in a role is usually for."""

from __future__ import annotations

from collections.abc import Iterable

from shared.access import Role, Scope

_READ_ALL = {Scope.COMMITMENTS_READ, Scope.RETURNS_READ, Scope.ALERTS_READ}
_WORK = {*_READ_ALL, Scope.RETURNS_WRITE, Scope.ALERTS_WRITE}

USUAL: dict[Role, frozenset[Scope]] = {
    Role.CONTRACT_MANAGER: frozenset({*_WORK, Scope.COMMITMENTS_WRITE}),
    Role.SUPPLIER_EDITOR: frozenset(_WORK),
    Role.SUPPLIER_CERTIFIER: frozenset(_WORK),
    Role.ICB_ANALYST: frozenset({*_READ_ALL, Scope.ALERTS_WRITE, Scope.ICB_READ, Scope.ICB_WRITE, Scope.FEED_READ}),
    Role.OPERATOR: frozenset({Scope.OPERATE}),
    Role.ADMINISTRATOR: frozenset({Scope.ADMIN, *_READ_ALL, Scope.COMMITMENTS_WRITE, Scope.ICB_READ, Scope.FEED_READ}),
}


def usual_scopes(roles: Iterable[Role]) -> frozenset[Scope]:
    return frozenset(scope for role in roles for scope in USUAL[role])
