"""Debian's Chromium: found, or installed where that can be done, or said loudly that it is missing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_MISSING = (
    "No Chromium here, so no page was looked at. Install it (on Debian and Ubuntu, as root: "
    "apt-get install chromium fonts-liberation) or name one in PARITY_TEST_CHROMIUM."
)


@cache
def chromium() -> str:
    """Its path. Without one, tests are skipped; under CI=true that is a failure."""
    found = os.environ.get("PARITY_TEST_CHROMIUM") or _found() or _installed()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(_MISSING, pytrace=False)
        pytest.skip(_MISSING)
    return found


def _found() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _installed() -> str | None:
    """Where this is root on a machine with apt-get, as in CI; the fonts have Arial's measures."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    with Path(tempfile.gettempdir(), "parity-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # processes that share the tests come here together
        return _found() or _fetched()


def _fetched() -> str | None:
    quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(install, env=environment, timeout=600, **quietly).returncode != 0:
        subprocess.run(["apt-get", "update"], env=environment, timeout=300, **quietly)
        subprocess.run(install, env=environment, timeout=600, **quietly)
    return _found()
