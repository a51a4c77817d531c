"""Parity as people start it: real processes, real signals, HTTP from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx

_PARITY = (sys.executable, "-m", "deploy.cli.main")
_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 480
"""Seconds. Only what has failed takes so long: a slow machine has not."""


def parity(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [*_PARITY, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=_ROOT, env=_environment(environment), timeout=_PATIENCE, check=False
    )


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PARITY_")}
    return mine | dict(more or {})


def _hear_ctrl_c() -> None:
    """Whoever runs the tests in the background has SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Running:
    """A process of ours; ``log`` is what it said."""

    def __init__(self, log: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("w") as said:
            self.process = subprocess.Popen(
                [*_PARITY, *map(str, arguments)],
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=_ROOT,
                env=_environment(environment),
                start_new_session=True,
                preexec_fn=_hear_ctrl_c,
            )

    def wait_for(self, words: str) -> str:
        """Everything that was said, once ``words`` are among it."""
        until = time.monotonic() + _PATIENCE
        while words not in (said := self.log.read_text()):
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{said}"
            assert time.monotonic() < until, f"it never said {words!r}:\n{said}"
            time.sleep(0.1)
        return said

    def wait_until_ready(self, url: str) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(url, timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < until, f"{url} is not ready:\n{self.log.read_text()}"
            time.sleep(0.1)

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def eventually(look: Any) -> Any:
    """What ``look`` returns, once that is true."""
    until = time.monotonic() + _PATIENCE
    while not (found := look()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.1)
    return found
