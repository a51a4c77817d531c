"""The ``parity`` command as a shell sees it: exit codes, one sentence on stderr, pure JSON on stdout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx
import pytest

from deploy.kafka.cluster import free_port
from tests.system.processes import Running, parity

NOTICES = Path(__file__).resolve().parents[2] / "deploy" / "demo" / "notices"


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "serve",
        "migrate",
        "demo",
        "demo advance",
        "simulate",
        "import notices",
        "import obligations",
        "import returns",
        "keys create",
        "replay",
        "rebuild totals",
        "dead-letters list",
        "dead-letters retry",
        "close-quarter",
        "doctor",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    helped = parity(*command.split(), "--help")
    assert helped.returncode == 0
    assert "Usage:" in helped.stdout


def test_help_comes_without_loading_what_commands_need() -> None:
    """By what is imported, since time depends on the machine."""
    script = "import sys, deploy.cli.main; print([m for m in ('fastapi', 'asyncpg', 'aiokafka', 'pydantic') if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    [
        "nonsense",
        "import notices --dry-run",
        "import notices --dry-run no-such-file.json",
        "import notices --dry-run --no-such-option README.md",
        "import notices README.md",
        "demo --port 99999",
        "demo advance --to soon",
        "replay --topic nothing",
        "replay --after 7",
        "keys create a@b.example --name Somebody",
        "simulate --contracts 0",
        "import returns --by a@b.example",
        "import returns --by a@b.example --template due.csv",
        "import obligations --contract T-1 --by a@b.example --template owed.pdf",
        "dead-letters retry --topic nothing",
        "keys create a@b.example --days 99999999",
        "keys create a@b.example --label=",
    ],
)
def test_a_wrong_command_is_exit_code_2_and_nothing_on_stdout(command: str, tmp_path: Path) -> None:
    wrong = parity(*command.split(), environment={"PARITY_DATA": str(tmp_path / "none")})
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.strip()
    assert "Traceback" not in wrong.stderr


def test_notices_are_proposed_without_a_database_and_every_release_is_accounted_for(tmp_path: Path) -> None:
    files = sorted(NOTICES.glob("*.json"))
    proposed = parity("import", "notices", "--dry-run", "--json", *files, environment={"PARITY_DATA": str(tmp_path / "none")})
    assert proposed.returncode == 0, proposed.stderr
    found = json.loads(proposed.stdout)
    assert list(found) == ["releases", "contracts", "left_out", "errors"]
    assert found["releases"] == 12
    accounted = {release for contract in found["contracts"] for release in contract["releases"]}
    accounted |= {one["release"] for one in found["left_out"]}
    assert len(accounted) == 12
    assert found["errors"] == []
    (clothing,) = [one for one in found["contracts"] if one["ocid"] == "ocds-h6vhtk-05d4a5"]
    assert {change["field"] for change in clothing["changes"]} >= {"period.starts_on", "period.ends_on"}
    assert not (tmp_path / "none").exists()


def test_one_bad_file_does_not_stop_the_others_and_is_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{nonsense")
    good = NOTICES / "uk6-083057-2025-release.json"
    proposed = parity("import", "notices", "--dry-run", "--json", tmp_path / "bad.json", good)
    assert proposed.returncode == 1
    found = json.loads(proposed.stdout)
    assert [one["file"] for one in found["errors"]] == [str(tmp_path / "bad.json")]
    assert len(found["contracts"]) == 1


@pytest.mark.parametrize("command", ["doctor", "dead-letters list", "replay", "rebuild totals", "demo advance --to 2027-01-05"])
def test_a_command_that_needs_data_says_how_to_get_some(command: str, tmp_path: Path) -> None:
    nothing = parity(*command.split(), environment={"PARITY_DATA": str(tmp_path / "none")})
    assert nothing.returncode == 1
    assert "Start Parity with 'parity up' or 'parity demo'" in nothing.stderr
    assert len(nothing.stderr.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_written_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = parity("up", "--port", str(free_port()), "--data", tmp_path / "file" / "data")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Parity cannot write to {tmp_path}/file/data")
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can become somebody else")
def test_an_ordinary_user_may_start_it_and_one_who_may_not_write_is_told(tmp_path: Path) -> None:
    """As an account that owns one folder, and may read what root has installed."""
    folder = Path(tempfile.mkdtemp(prefix="parity-ordinary-"))
    os.chown(folder, 65534, 65534)
    somebody = [
        *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
        *(sys.executable, "-m", "deploy.cli.main", "up", "--port", str(free_port()), "--data"),
    ]
    log = tmp_path / "said.txt"
    with log.open("w") as said, subprocess.Popen([*somebody, str(folder / "data")], stdout=said, stderr=said) as process:
        until = time.monotonic() + 240
        while "Parity serves on" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        process.terminate()
        assert process.wait(120) == 0
    refused = subprocess.run([*somebody, "/parity"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.partition(" (")[0]) == (1, "Parity cannot write to /parity")
    shutil.rmtree(folder)


def test_a_first_start_needs_an_administrator_and_the_shell_makes_one(tmp_path: Path) -> None:
    running = Running(tmp_path / "said.txt", "up", "--port", str(free_port()), "--data", tmp_path / "data")
    try:
        running.wait_for("Parity serves on")
        looked = parity("doctor", "--json", "--data", tmp_path / "data")
        assert looked.returncode == 1
        wrong = {one["mend"] for one in json.loads(looked.stdout) if not one["ok"]}
        assert wrong == {"Make the first with 'parity keys create'."}
        made = parity(
            *("keys", "create", "joan@icb.example", "--name", "Joan", "--role", "administrator"),
            *("--organisation", "GB-NHS-QYG", "--organisation-name", "The ICB", "--json", "--data", tmp_path / "data"),
        )
        assert made.returncode == 0, made.stderr
        assert json.loads(made.stdout)["secret"].startswith("parity_")
        assert parity("doctor", "--data", tmp_path / "data").returncode == 0
        linked = parity("people", "link", "joan@icb.example", "--json", "--data", tmp_path / "data")
        assert "Set your password" in httpx.get(json.loads(linked.stdout)["url"], timeout=60).text
        assert parity("people", "link", "nobody@icb.example", "--data", tmp_path / "data").returncode == 1
        assert parity("demo", "links", "--data", tmp_path / "data").returncode == 1
        for wrong in (("nobody", "--name", "N"), ("n@icb.example", "--name", "N" * 201)):
            told = parity(
                *("keys", "create", *wrong, "--role", "operator", "--organisation", "GB-NHS-QYG", "--data", tmp_path / "data")
            )
            assert (told.returncode, len(told.stderr.strip().splitlines())) == (2, 1), told.stderr
        moved = parity("demo", "advance", "--to", "2099-01-05", "--data", tmp_path / "data")
        assert moved.returncode == 1
        refused = parity("demo", "--port", str(free_port()), "--data", tmp_path / "data")
        assert refused.returncode == 1
    finally:
        assert running.interrupt() == 0


def test_a_region_is_simulated_and_an_interrupted_simulation_goes_on(tmp_path: Path) -> None:
    arguments = ("simulate", "--contracts", "5", "--quarters", "2", "--seed", "7", "--data", tmp_path / "data")
    first = Running(tmp_path / "said.txt", *arguments)
    first.wait_for("Living through")
    first.interrupt()
    assert "Run the same command again to go on." in first.log.read_text()
    again = parity(*arguments, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["contracts"] == 5
    other = parity(*arguments[:-4], "--seed", "8", "--data", tmp_path / "data")
    assert other.returncode == 1
    assert "a simulation is not mixed with them" in other.stderr
    events = parity(*arguments, "--as-events")
    assert events.returncode == 1
    assert "a simulation is not mixed with them" in events.stderr


def test_a_large_region_is_told_as_events(tmp_path: Path) -> None:
    arguments = ("simulate", "--contracts", "200", "--quarters", "2", "--as-events", "--json", "--data", tmp_path / "data")
    told = json.loads(parity(*arguments).stdout)
    assert told["events"] > 1000
    assert json.loads(parity(*arguments).stdout) == told
    other = parity(*("201" if one == "200" else one for one in arguments))
    assert other.returncode == 1
    acted = parity(*(one for one in arguments if one != "--as-events"))
    assert acted.returncode == 1
    assert "a simulation is not mixed with them" in acted.stderr


def test_a_large_region_that_was_interrupted_while_it_was_told_goes_on(tmp_path: Path) -> None:
    arguments = ("simulate", "--contracts", "1500", "--quarters", "4", "--as-events", "--data", tmp_path / "data")
    first = Running(tmp_path / "said.txt", *arguments)
    first.wait_for("Telling events")
    assert first.interrupt() == 130
    told = json.loads(parity(*arguments, "--json").stdout)
    assert first.log.read_text().split(" of ")[1].split()[0] == str(told["events"])
