"""Containers cannot be started where these tests run: what can be read of them is read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from compose_spec import ComposeSpecification
from typer.testing import CliRunner

from deploy.cli.main import app
from shared.origin import PATHS
from shared.settings import SERVICES, Settings
from tests.conftest import ROOT

FILE = ROOT / "docker-compose.yml"
CONTAINERS = ROOT / "deploy" / "containers"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """As compose would read them, given a password for each ``${…:?}``."""
    read: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:\?\}", "given", FILE.read_text()))["services"]
    return read


def test_the_compose_specification_accepts_the_file() -> None:
    specification = ComposeSpecification.model_validate(yaml.safe_load(FILE.read_text()))
    assert {*SERVICES, "migrate", "postgres", "kafka", "caddy"} == set(specification.services or {})


def test_the_dockerfile_passes_the_linter() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), CONTAINERS / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_under_the_path_of_the_local_run_with_its_own_role_only(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["command"][:2] == ["serve", name]
    assert service["command"][service["command"].index("--prefix") + 1] == PATHS[name]
    assert f"http://127.0.0.1:8000{PATHS[name]}/ready" in service["healthcheck"]["test"][-1]
    databases = {key: url for key, url in service["environment"].items() if key.startswith("PARITY_DATABASE_")}
    assert set(databases) == {f"PARITY_DATABASE_{name.upper()}", "PARITY_DATABASE_IDENTITY"}
    assert {urlsplit(url).username for url in databases.values()} == {name}


def test_every_command_is_one_that_parity_has(services: dict[str, Any]) -> None:
    for name in (*SERVICES, "migrate"):
        answer = CliRunner().invoke(app, [*services[name]["command"], "--help"])
        assert answer.exit_code == 0, answer.output


def test_every_setting_exists_and_no_secret_is_written_down(services: dict[str, Any]) -> None:
    known = {f"PARITY_{field.upper()}" for field in Settings.model_fields}
    for name in (*SERVICES, "migrate"):
        assert set(services[name]["environment"]) <= known
    for password in re.findall(r"(?:PASSWORD: |postgresql://\w+:)([^@\s]+)", FILE.read_text()):
        assert re.fullmatch(r"\$\{PARITY_\w+_PASSWORD:\?\}", password)


def test_every_variable_that_must_be_given_stands_in_the_example() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?\}", FILE.read_text()))
    assert needed == set(re.findall(r"^(\w+)=$", (CONTAINERS / "example.env").read_text(), re.MULTILINE))


def test_images_of_others_are_of_one_exact_version(services: dict[str, Any]) -> None:
    """Digests cannot be looked up where this was written; docs/operations.md asks for them before production."""
    images = {service["image"] for service in services.values()} - {"parity:0.1.0"}
    images |= set(re.findall(r"^FROM (\S+)", (CONTAINERS / "Dockerfile").read_text(), re.MULTILINE))
    assert {image.split(":")[0] for image in images} == {"postgres", "apache/kafka", "caddy", "python"}
    assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?", image) for image in images), images


def test_only_the_proxy_is_reached_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]


def test_the_proxy_joins_the_paths_of_the_local_run() -> None:
    joined = re.findall(r"handle (/\w+)/\* \{\s+reverse_proxy (\w+):8000", (CONTAINERS / "Caddyfile").read_text())
    assert {name: path for path, name in joined} == PATHS


def test_the_image_runs_as_nobody_special_and_installs_by_hash() -> None:
    dockerfile = (CONTAINERS / "Dockerfile").read_text()
    assert "USER 10001" in dockerfile
    assert "--require-hashes" in dockerfile
