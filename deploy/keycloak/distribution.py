"""Keycloak's distribution, fetched once by Maven from wherever this machine's Maven fetches."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent
_UNPACKED = _HERE / "target" / "unpacked"


class NoKeycloak(Exception):
    """Keycloak cannot run here, for a reason that is one sentence."""


def home() -> Path:
    """The unpacked distribution. Raises NoKeycloak."""
    for command, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(command) is None:
            raise NoKeycloak(f"There is no {command} on this machine. Install it (Debian: {package}).")
    pom, stamp = _HERE / "pom.xml", _UNPACKED / ".complete"
    if not stamp.exists() or stamp.stat().st_mtime < pom.stat().st_mtime:
        shutil.rmtree(_UNPACKED, ignore_errors=True)
        got = subprocess.run(  # noqa: S603
            ["mvn", "--quiet", "--batch-mode", "--file", str(pom), "dependency:unpack-dependencies"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if got.returncode:
            reason = next((line for line in got.stdout.splitlines() if "ERROR" in line), "it gave no reason.")
            raise NoKeycloak(f"Maven could not get Keycloak: {reason}")
        stamp.touch()
    return next(_UNPACKED.glob("keycloak-*"))
