"""One origin for all services: the path of each, and links between them."""

from __future__ import annotations

PATHS = {"commitments": "/commitments", "returns": "/returns", "alerts": "/alerts", "aggregator": "/icb"}


def link(service: str, path: str = "/") -> str:
    """``link("returns", "/activities")`` is ``/returns/activities``."""
    return PATHS[service] + path
