"""Write down how every event looks now, beside how it looked before: ``python -m tests.contracts.freeze``.

The log is kept for ever, so each file in golden/ stays readable for ever: none is edited or removed. A changed event gets a new
number: ``line.approved.v1.2.json`` and ``line.approved.v1.2.schema.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.events import EVENTS
from tests.contracts.examples import EXAMPLES, envelope

GOLDEN = Path(__file__).parent / "golden"


def frozen(name: str, ending: str) -> list[Path]:
    """The files of one event, oldest first."""
    numbered = {int(path.name.removeprefix(f"{name}.").split(".")[0]): path for path in GOLDEN.glob(f"{name}.*{ending}")}
    return [path for number, path in sorted(numbered.items())]


def schema(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = EVENTS[name].model_json_schema(mode="serialization")
    return without_words(found)


def without_words(part: Any) -> Any:
    """A schema without titles and descriptions, which may be bettered at any time."""
    if isinstance(part, dict):
        return {
            name: without_words(value)
            for name, value in part.items()
            if not (name in ("title", "description") and isinstance(value, str))
        }
    return [without_words(value) for value in part] if isinstance(part, list) else part


def example(name: str) -> Mapping[str, Any]:
    (found,) = [example for example in EXAMPLES if example.event_type == name]
    written: Mapping[str, Any] = json.loads(envelope(found).encode())
    return written


def freeze() -> list[Path]:
    """Returns what was written: nothing where nothing has changed."""
    GOLDEN.mkdir(exist_ok=True)
    written = []
    for name in EVENTS:
        for ending, now in ((".schema.json", schema(name)), (".example.json", example(name))):
            before = frozen(name, ending)
            if not before or json.loads(before[-1].read_text()) != now:
                path = GOLDEN / f"{name}.{len(before) + 1}{ending}"
                path.write_text(json.dumps(now, indent=2, ensure_ascii=False) + "\n")
                written.append(path)
    return written


if __name__ == "__main__":
    for path in freeze():
        print(path.name)
