"""The folder that a local run keeps its data in, held by one process at a time."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class CannotStart(Exception):
    """Parity cannot start here, for a reason that is one sentence."""


PROJECT = Path(__file__).resolve().parents[2]


def default_folder() -> Path:
    """``PARITY_DATA``, else ``.parity`` in the project."""
    return Path(os.environ.get("PARITY_DATA") or PROJECT / ".parity").absolute()


class DataFolder:
    """``with DataFolder(path):`` makes the folder and holds its lock. Raises CannotStart where another run holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise CannotStart(
                f"Parity cannot write to {self.path} ({error.strerror}). Make it writable, or name another folder with --data."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            holder = self.holder()
            raise CannotStart(
                f"Parity runs on {self.path} already (process {holder.get('pid', 'unknown')}"
                f"{', ' + holder['url'] if 'url' in holder else ''}). Stop it first, or name another folder with --data."
            ) from None
        self.note()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._lock is not None:
            os.truncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def note(self, **what: str) -> None:
        """Say in the lock who holds it, for whoever finds it taken."""
        if self._lock is None:
            raise RuntimeError("the folder is not held")
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, json.dumps({"pid": os.getpid(), **what}).encode(), 0)

    def holder(self) -> dict[str, Any]:
        """Who holds the folder: ``pid``, and ``url`` once it serves. Empty where nobody does."""
        try:
            with (self.path / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return {}
        except FileNotFoundError:
            return {}
        except BlockingIOError:
            try:
                said: dict[str, Any] = json.loads((self.path / "lock").read_text())
            except ValueError:
                return {"pid": "unknown"}
            return said
