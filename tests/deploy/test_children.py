"""Servers of other makers, started and ended by us."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from deploy.children import Child


class NotHere(Exception):
    pass


def child(tmp_path: Path, program: str) -> Child:
    return Child("The server", [sys.executable, "-uc", program], tmp_path / "said.txt", error=NotHere)


def test_one_that_ends_while_it_starts_is_told_with_where_it_said_why(tmp_path: Path) -> None:
    with pytest.raises(NotHere, match=rf"^The server ended while it started\. See {tmp_path}/said\.txt\.$"):
        child(tmp_path, "print('no memory')").wait_until(lambda: False, 20)
    assert (tmp_path / "said.txt").read_text() == "no memory\n"


def test_one_that_does_not_answer_in_time_is_told(tmp_path: Path) -> None:
    started = child(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(NotHere, match=r"did not answer within 0\.2 seconds"):
        started.wait_until(lambda: False, 0.2)
    started.end(10)
    assert not psutil.pid_exists(started.pid)
    started.end(10)  # there is nothing to end by now


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    """As Java under Keycloak's script; also where it does not listen to a request to end."""
    program = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]).pid)
time.sleep(60)
"""
    started = child(tmp_path, program)
    started.wait_until(lambda: (tmp_path / "said.txt").read_text().endswith("\n"), 20)
    below = psutil.Process(int((tmp_path / "said.txt").read_text()))
    started.end(0.5)
    below.wait(10)
    assert not psutil.pid_exists(started.pid)
