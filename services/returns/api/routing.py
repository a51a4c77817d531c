"""What the routes share: one router, who may call, and the settings they need."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from obstore.store import ObjectStore

from services.returns.rules.deadlines import Deadlines
from services.returns.store.files import evidence_store
from shared.access import SUPPLIER, Caller, Role, Scope, allow
from shared.api import api_router
from shared.settings import Settings

router = api_router("returns")

_WRITERS = (Role.CONTRACT_MANAGER, *SUPPLIER)

Reader = Annotated[Caller, allow(*_WRITERS, Role.ICB_ANALYST, scope=Scope.RETURNS_READ)]
"""Suppliers and contract managers of their own contracts; the ICB of approved returns that buyers share."""
Party = Annotated[Caller, allow(*_WRITERS, scope=Scope.RETURNS_READ)]
"""A supplier or contract manager, reading what is between the two of them."""
Writer = Annotated[Caller, allow(*_WRITERS, scope=Scope.RETURNS_WRITE)]
"""A supplier, or the contract manager on the supplier's behalf."""
Certifier = Annotated[Caller, allow(Role.SUPPLIER_CERTIFIER, Role.CONTRACT_MANAGER, scope=Scope.RETURNS_WRITE)]
Supplier = Annotated[Caller, allow(*SUPPLIER, scope=Scope.RETURNS_WRITE)]
Reviewer = Annotated[Caller, allow(Role.CONTRACT_MANAGER, scope=Scope.RETURNS_WRITE)]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.runtime.settings
    return settings


SettingsInForce = Annotated[Settings, Depends(_settings)]


async def _deadlines(settings: SettingsInForce) -> Deadlines:
    return Deadlines.of(settings)


async def _files(settings: SettingsInForce) -> ObjectStore:
    return evidence_store(settings.evidence)


DeadlinesInForce = Annotated[Deadlines, Depends(_deadlines)]
Files = Annotated[ObjectStore, Depends(_files)]
