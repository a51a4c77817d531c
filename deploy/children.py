"""Servers of other makers as children of this process: waited for, and ended with everything below them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class Child:
    """``command`` at work, called ``name`` in what people read; what it says is appended to ``log``.

    It has a session of its own: Ctrl-C is for us, who end it. ``error`` is raised where it does not start.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        error: type[Exception],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._log = log
        self._error = error
        with log.open("ab") as said:
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment, start_new_session=True
            )
        self.pid = self._process.pid

    def wait_until(self, answers: Callable[[], bool], seconds: float) -> None:
        """Raises the child's error where it ends instead, or takes longer."""
        until = time.monotonic() + seconds
        while not answers():
            if self._process.poll() is not None:
                raise self._error(f"{self._name} ended while it started. See {self._log}.")
            if time.monotonic() > until:
                raise self._error(f"{self._name} did not answer within {seconds:g} seconds. See {self._log}.")
            time.sleep(0.1)

    def end(self, seconds: float) -> None:
        """Ask it to; kill it where that takes longer."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """To it and to whatever it started, unless it has ended."""
        if self._process.poll() is None:
            os.killpg(self.pid, number)
