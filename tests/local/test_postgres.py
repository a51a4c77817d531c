"""The embedded PostgreSQL: what somebody who starts, stops, kills and starts Parity again may rely on."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local.folder import CannotStart, DataFolder
from deploy.local.postgres import PostgresServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Below a folder that only its owner may enter, as root's home is."""
    tmp_path.chmod(0o700)
    return tmp_path / "postgres"


async def _run(url: str, statement: str) -> object:
    conn = await asyncpg.connect(url)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


@pytest.mark.parametrize("immediately", [False, True])
async def test_data_is_there_after_a_stop_and_after_a_crash(folder: Path, immediately: bool) -> None:
    server = PostgresServer(folder)
    server.start()
    await _run(server.url(), "CREATE TABLE kept AS SELECT 1 AS one")
    server.stop(immediately=immediately)
    with PostgresServer(folder) as again:
        assert await _run(again.url(), "SELECT one FROM kept") == 1


async def test_the_server_of_a_killed_run_is_stopped_first(folder: Path) -> None:
    script = f"from deploy.local.postgres import *; s = PostgresServer(Path({str(folder)!r})); s.start(); print(s.pid); "
    script += "os._exit(9)"
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    left = psutil.Process(int(killed.stdout))
    with PostgresServer(folder) as server:
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
        assert await _run(server.url(), "SELECT 1") == 1


async def test_a_stale_pid_that_now_belongs_to_another_program_is_left_alone(folder: Path) -> None:
    with PostgresServer(folder) as server:
        pass
    other = subprocess.Popen(["sleep", "60"])
    try:
        (server.data / "postmaster.pid").write_text(f"{other.pid}\n{server.data}\n0\n5432\n{server.data}\n\n\nready\n")
        with PostgresServer(folder) as again:
            assert await _run(again.url(), "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


async def test_a_path_too_long_for_a_socket_works(folder: Path) -> None:
    with PostgresServer(folder / ("long" * 30)) as server:
        assert await _run(server.url(), "SELECT 1") == 1
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700


async def test_a_creation_that_was_interrupted_is_begun_again(folder: Path) -> None:
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18")
    with PostgresServer(folder) as server:
        assert await _run(server.url(), "SELECT 1") == 1


async def test_it_listens_on_no_network_and_lets_nobody_else_in(folder: Path) -> None:
    with PostgresServer(folder) as server:
        assert await _run(server.url(), "SHOW listen_addresses") == ""
        assert await _run(server.url(), "SHOW fsync") == "on"
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_a_server_that_cannot_start_says_why_in_one_sentence(folder: Path) -> None:
    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .*no_such_setting") as refused:
        PostgresServer(folder, {"no_such_setting": "1"}).start()
    assert "\n" not in str(refused.value)


def test_ctrl_c_in_the_terminal_does_not_reach_postgresql(folder: Path) -> None:
    with PostgresServer(folder) as server:
        assert server.pid is not None
        assert os.getpgid(server.pid) != os.getpgid(0)


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as held:
        held.note(url="http://127.0.0.1:8000")
        with pytest.raises(CannotStart, match=rf"process {os.getpid()}, http://127.0.0.1:8000"), DataFolder(tmp_path):
            pass
    with DataFolder(tmp_path):
        pass
    assert DataFolder(tmp_path).holder() == {}


def test_a_killed_run_does_not_hold_its_folder(tmp_path: Path) -> None:
    script = f"""
import signal
from pathlib import Path
from deploy.local.folder import DataFolder
with DataFolder(Path({str(tmp_path)!r})):
    print("held", flush=True)
    signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert DataFolder(tmp_path).holder()["pid"] == other.pid
        other.send_signal(signal.SIGKILL)
    with DataFolder(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="Parity cannot write to") as refused, DataFolder(tmp_path / "file" / "data"):
        pass
    assert "\n" not in str(refused.value)
