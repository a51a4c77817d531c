"""A PostgreSQL for a run of tests, thrown away at its end: where the run is killed, by the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from deploy.local.folder import CannotStart, DataFolder
from deploy.local.postgres import PostgresServer

_PREFIX = "parity-tests-"


@contextmanager
def postgres_thrown_away(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    with ExitStack() as stack:
        with Path(tempfile.gettempdir(), f"parity-{os.geteuid()}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a folder that is made is held before somebody looks whether it is
            _remove_left()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX)))
            stack.enter_context(DataFolder(folder))
        folder.chmod(0o755)  # root starts PostgreSQL as another account, which passes through here
        server = stack.enter_context(PostgresServer(folder, settings))
        yield server
        server.stop(immediately=True)


def _remove_left() -> None:
    """Of runs that were killed: nobody holds their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(CannotStart), DataFolder(folder):
            PostgresServer(folder)._stop_leftover()
            shutil.rmtree(folder, ignore_errors=True)
