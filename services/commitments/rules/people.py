"""Which roles a person may hold, by what the organisation does."""

from __future__ import annotations

from collections.abc import Collection

from services.commitments.models.organisations import Organisation
from shared.access import SUPPLIER, Role
from shared.errors import FieldError, Invalid


class RoleDoesNotFit(Invalid):
    """A contract manager works for a buyer, a supplier's editor or certifier for a supplier."""


def must_fit(roles: Collection[Role], organisation: Organisation) -> None:
    """Raises RoleDoesNotFit."""
    if Role.CONTRACT_MANAGER in roles and not organisation.buyer:
        raise RoleDoesNotFit(errors=[FieldError("/roles", f"{organisation.name} is no buyer")])
    if not organisation.supplier and any(role in roles for role in SUPPLIER):
        raise RoleDoesNotFit(errors=[FieldError("/roles", f"{organisation.name} is no supplier")])


def fitting(organisation: Organisation) -> list[Role]:
    """The roles that somebody who works there may hold."""
    buys, supplies = organisation.buyer, organisation.supplier
    return [role for role in Role if (role is not Role.CONTRACT_MANAGER or buys) and (role not in SUPPLIER or supplies)]
