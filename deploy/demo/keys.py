"""The API keys of the demonstration's people, kept beside its data: they are printed at every start, and open nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from deploy.local.folder import CannotStart


def write(folder: Path, secrets: Mapping[str, str]) -> None:
    """``secrets`` by what the person is shown as. Readable by the owner of the folder alone."""
    with open(os.open(_file(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(dict(secrets), file, indent=2)


def read(folder: Path) -> dict[str, str]:
    """Empty where there are none."""
    try:
        known: dict[str, str] = json.loads(_file(folder).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return known


def secret_of(folder: Path, shown_as: str) -> str:
    """Raises CannotStart where the folder holds no demonstration."""
    try:
        return read(folder)[shown_as]
    except KeyError:
        raise CannotStart(f"There are no keys of a demonstration in {folder}. Load it with 'parity demo'.") from None


def _file(folder: Path) -> Path:
    return folder / "demonstration-keys.json"
