"""The commitments service."""

from __future__ import annotations

from pathlib import Path

from services.commitments.api import router
from shared.service import create_service

service = create_service(
    "commitments",
    title="Commitments",
    routers=[router],
    migrations=Path(__file__).parent / "migrations",
)
