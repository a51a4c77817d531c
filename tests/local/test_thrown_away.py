"""The PostgreSQL of a run of tests that was killed does not stay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from tests.conftest import ROOT
from tests.thrown_away import postgres_thrown_away


def test_the_next_run_removes_what_a_killed_one_left_and_nothing_else() -> None:
    killed = """
import os
from tests.thrown_away import postgres_thrown_away
with postgres_thrown_away() as server:
    print(server.pid, server.folder, flush=True)
    os._exit(9)
"""
    with postgres_thrown_away() as at_work:
        said = subprocess.run([sys.executable, "-c", killed], cwd=ROOT, capture_output=True, text=True, check=False).stdout
        number, folder = said.split()
        left = psutil.Process(int(number))
        assert Path(folder).exists()
        with postgres_thrown_away():
            assert not Path(folder).exists()
            assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
            assert at_work.pid is not None
            assert at_work.folder.exists()
    assert not at_work.folder.exists()
