"""What Maven fetches for processes that come at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.maven import fetch


class NotThere(Exception):
    pass


def test_of_many_who_come_at_once_one_fetches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a command in Maven's place that takes its time and notes that it ran."""
    maven, pom, folder, ran = (tmp_path / name for name in ("mvn", "pom.xml", "jars", "ran"))
    maven.write_text(f"#!/bin/sh\necho once >> {ran}\nsleep 0.5\nmkdir {folder}\n")
    maven.chmod(0o755)
    pom.touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with ThreadPoolExecutor(3) as processes:
        list(processes.map(lambda _: fetch("goal", pom, folder, what="jars", error=NotThere), range(3)))
    assert ran.read_text() == "once\n"


def test_why_it_could_not_is_said_and_the_next_one_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven, pom, folder = (tmp_path / name for name in ("mvn", "pom.xml", "jars"))
    maven.write_text("#!/bin/sh\necho '[ERROR] no such host'\nexit 1\n")
    maven.chmod(0o755)
    pom.touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for _ in range(2):
        with pytest.raises(NotThere, match=r"Maven could not get jars: \[ERROR\] no such host"):
            fetch("goal", pom, folder, what="jars", error=NotThere)
