"""The services by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from shared.settings import SERVICES

if TYPE_CHECKING:
    from shared.service import Service


def service_called(name: str) -> Service:
    service: Service = import_module(f"services.{name}.main").service
    return service


def all_services() -> list[Service]:
    return [service_called(name) for name in SERVICES]
