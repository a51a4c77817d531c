"""Events are read for ever: what was written once is understood by every later version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.events import EVENTS, Envelope, UnknownEvent
from shared.events.asyncapi import asyncapi
from shared.events.envelope import TOPICS
from shared.obligations import Figure
from tests.contracts.examples import EXAMPLES, envelope
from tests.contracts.freeze import GOLDEN, example, frozen, schema

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_event_has_an_example() -> None:
    assert sorted(example.event_type for example in EXAMPLES) == sorted(EVENTS)
    assert {example.topic for example in EXAMPLES} == set(TOPICS)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.example.json")), ids=lambda path: path.name)
def test_every_example_ever_written_is_still_read(path: Path) -> None:
    written = json.loads(path.read_text())
    event = Envelope.decode(path.read_bytes()).event
    assert is_within(written["data"], event.model_dump(mode="json"))
    assert event.version == written["data"]["version"]


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_looks_as_it_was_frozen_last(name: str) -> None:
    """A change is written down on purpose: python -m tests.contracts.freeze"""
    assert json.loads(frozen(name, ".schema.json")[-1].read_text()) == schema(name)
    assert json.loads(frozen(name, ".example.json")[-1].read_text()) == example(name)


@pytest.mark.parametrize("name", EVENTS)
def test_changes_are_additive(name: str) -> None:
    now = schema(name)
    for path in frozen(name, ".schema.json"):
        assert list(breaks(json.loads(path.read_text()), now)) == [], path.name


def test_a_breaking_change_is_found() -> None:
    before = schema("line.approved.v1")

    def changed(**change: Any) -> list[str]:
        return list(breaks(before, json.loads(json.dumps(before | change))))

    properties = dict(before["properties"])
    assert changed(properties=properties | {"new": {"type": "string", "default": ""}}) == []
    assert changed(required=[*before["required"], "new"]) == ["/: 'new' must be there now"]
    del properties["line_id"]
    assert changed(properties=properties) == ["/properties/: 'line_id' is gone"]
    properties["line_id"] = {"type": "integer"}
    assert "/properties/line_id/type: 'string' became 'integer'" in changed(properties=properties)
    definitions = before["$defs"] | {"Side": before["$defs"]["Side"] | {"enum": ["core_service"]}}
    assert changed(**{"$defs": definitions}) == ["/$defs/Side/enum: 'social_value' is gone"]


def test_an_unknown_field_is_ignored_and_an_unknown_type_is_not() -> None:
    written = json.loads(envelope(EXAMPLES[0]).encode())
    written["data"]["from_the_future"] = 1
    assert Envelope.decode(json.dumps(written).encode()).event == EXAMPLES[0]
    written["type"] = "organisation.renamed.v9"
    with pytest.raises(UnknownEvent):
        _ = Envelope.decode(json.dumps(written).encode()).event


def test_decimals_travel_as_text_and_times_have_a_zone() -> None:
    line = example("line.approved.v1")
    assert line["data"]["figure"] == {"value": None, "numerator": "931", "denominator": "980", "nil": False}
    assert line["data"]["quarter"] == "2026-27-Q2"
    assert line["time"].endswith("Z")


def test_within_python_decimals_stay_decimals() -> None:
    figure = Figure(value=Decimal("0.250"))
    assert figure.model_dump()["value"] == Decimal("0.250")
    assert isinstance(figure.model_dump()["value"], Decimal)
    assert figure.model_dump(mode="json")["value"] == "0.25"


def test_an_envelope_is_a_cloud_event() -> None:
    for name in EVENTS:
        written = example(name)
        assert written["specversion"] == "1.0"
        assert all(attribute.isascii() and attribute.isalnum() and attribute.islower() for attribute in written)
        assert {"id", "source", "type", "time", "partitionkey", "traceparent", "datacontenttype", "data"} <= set(written)


def test_asyncapi_is_current() -> None:
    """Renew it with: python -m shared.events.asyncapi > docs/asyncapi.json"""
    assert json.loads((DOCS / "asyncapi.json").read_text()) == asyncapi()


def test_asyncapi_refers_only_to_what_it_holds() -> None:
    document = asyncapi()

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    for reference in references(document):
        part: Any = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step.replace("~1", "/")]
    assert {name for channel in document["channels"].values() for name in channel["messages"]} == set(EVENTS)


def is_within(small: Any, large: Any) -> bool:
    """Whether everything that was written is still there, whatever was added."""
    if isinstance(small, dict):
        return isinstance(large, dict) and all(name in large and is_within(value, large[name]) for name, value in small.items())
    if isinstance(small, list):
        return isinstance(large, list) and len(small) == len(large) and all(map(is_within, small, large))
    return bool(small == large)


def breaks(before: Any, now: Any, at: str = "/") -> Iterator[str]:
    """Where ``now`` does not take all that ``before`` wrote: something gone, something newly required, another type."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in set(now.get("required", ())) - set(before.get("required", ())) if "properties" in before else ():
            yield f"{at}: {name!r} must be there now"
        for name, value in before.items():
            if name in ("required", "default", "const"):
                continue
            if name not in now:
                yield f"{at}: {name!r} is gone"
            else:
                yield from breaks(value, now[name], f"{at}{name}" if isinstance(value, str | list) else f"{at}{name}/")
    elif isinstance(before, list) and isinstance(now, list):
        yield from (f"{at}: {value!r} is gone" for value in before if value not in now)
    elif before != now:
        yield f"{at}: {before!r} became {now!r}"
