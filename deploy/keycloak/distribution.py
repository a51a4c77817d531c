"""Keycloak's distribution, fetched once by Maven from wherever this machine's Maven fetches."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.maven import fetch

_HERE = Path(__file__).parent
_UNPACKED = _HERE / "target" / "unpacked"


class NoKeycloak(Exception):
    """Keycloak cannot run here, for a reason that is one sentence."""


def home() -> Path:
    """The unpacked distribution. Raises NoKeycloak."""
    if shutil.which("java") is None:
        raise NoKeycloak("There is no java on this machine. Install it (Debian: openjdk-17-jre-headless).")
    fetch("dependency:unpack-dependencies", _HERE / "pom.xml", _UNPACKED, what="Keycloak", error=NoKeycloak)
    return next(_UNPACKED.glob("keycloak-*"))
