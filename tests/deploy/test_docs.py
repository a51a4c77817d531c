"""What the documents say of settings, metrics and files is true, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from deploy.local.services import all_services
from shared.settings import Settings
from tests.conftest import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
ROWS = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", OPERATIONS, re.MULTILINE))


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    documented = {name for name in ROWS if name.startswith("PARITY_")}
    assert documented == {f"PARITY_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        shown = ROWS[f"PARITY_{name.upper()}"].split("|")[0].strip().strip("`")
        default = field.default
        known = "" if default is None or hasattr(default, "get_secret_value") else str(default)
        assert shown == known, name


def test_every_metric_is_documented_and_no_other() -> None:
    all_services()  # importing a service makes its metrics known
    ours = ("parity_", "http_server_")
    made = {
        name
        for collector in list(REGISTRY._collector_to_names)
        if (name := _name(collector)) is not None and name.startswith(ours)
    }
    assert {name for name in ROWS if name.startswith(ours)} == made


def _name(collector: object) -> str | None:
    """As it is read by Prometheus: counters end in _total."""
    name: str | None = getattr(collector, "_name", None)
    return f"{name}_total" if name is not None and getattr(collector, "_type", None) == "counter" else name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if not target.startswith(("http://", "https://", "#")):
            assert (document.parent / target.partition("#")[0]).exists(), target


def test_every_function_of_the_tour_stands_in_the_file_named_beside_it() -> None:
    tour = (ROOT / "docs" / "tour.md").read_text()
    named = re.findall(r"`(\w+)`\s+in\s+\[`[^`]+`\]\(\.\./([^)]+)\)", tour)
    assert len(named) >= 6
    for function, file in named:
        assert re.search(rf"def {function}\(", (ROOT / file).read_text()), f"{function} is not in {file}"
