"""What the routes share: one router, and who may call."""

from __future__ import annotations

from typing import Annotated

from shared.access import SUPPLIER, Caller, Role, Scope, allow
from shared.api import api_router

router = api_router("commitments")

Reader = Annotated[
    Caller, allow(Role.CONTRACT_MANAGER, *SUPPLIER, Role.ICB_ANALYST, Role.ADMINISTRATOR, scope=Scope.COMMITMENTS_READ)
]
"""Everybody who works with contracts; what they see of them is another question."""
Manager = Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope=Scope.COMMITMENTS_WRITE)]
"""A contract manager, of the own organisation's contracts."""
Importer = Annotated[Caller, allow(Role.CONTRACT_MANAGER, Role.ADMINISTRATOR, scope=Scope.COMMITMENTS_WRITE)]
"""Who makes contracts of notices: a contract manager of the own organisation's, an administrator of anybody's."""
ProposalReader = Annotated[Caller, allow(Role.CONTRACT_MANAGER, Role.ADMINISTRATOR, scope=Scope.COMMITMENTS_READ)]
Administrator = Annotated[Caller, allow(Role.ADMINISTRATOR, scope=Scope.ADMIN)]
