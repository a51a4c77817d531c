"""What Maven fetches for us, once, from wherever this machine's Maven fetches."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path


def fetch(goal: str, pom: Path, folder: Path, *, what: str, error: type[Exception]) -> None:
    """Have ``goal`` fill ``folder``, unless it was filled since ``pom`` was written. Raises ``error``, which names ``what``."""
    stamp = folder / ".complete"
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of processes that come at once one fetches, and the others find it done
        if stamp.exists() and stamp.stat().st_mtime >= pom.stat().st_mtime:
            return
        maven = shutil.which("mvn")
        if maven is None:
            raise error(f"There is no Maven on this machine to get {what} with. Install it (Debian: maven).")
        shutil.rmtree(folder, ignore_errors=True)
        got = subprocess.run(  # noqa: S603
            [maven, "--quiet", "--batch-mode", "--file", str(pom), goal], capture_output=True, text=True, check=False
        )
        if got.returncode:
            reason = next((line for line in got.stdout.splitlines() if "ERROR" in line), "it gave no reason.")
            raise error(f"Maven could not get {what}: {reason}")
        stamp.touch()
