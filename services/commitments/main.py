"""The commitments service."""

from __future__ import annotations

from pathlib import Path

from services.commitments.api import router
from services.commitments.pages import pages
from shared.service import create_service

service = create_service(
    "commitments",
    title="Commitments",
    routers=[router],
    pages=pages,
    migrations=Path(__file__).parent / "migrations",
)
