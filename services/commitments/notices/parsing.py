"""JSON as strangers write it: exact numbers, and every fault by its JSON Pointer, so that one bad release spoils no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_DEEPEST = 60
_LONGEST_NUMBER = 40


class NotJson(Exception):
    """This is not JSON that can be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class NoNumber:
    """Stands where a number was expected that nobody can count with, such as ``Infinity``."""

    said: str


class Doubled(dict[str, Any]):
    """An object that names a key twice: nobody can tell which value was meant."""

    key: str = ""


def parse(data: bytes) -> Any:
    """Whatever the JSON says; ``faults`` finds what cannot be used of it. Raises NotJson."""
    if not data.strip():
        raise NotJson("This file is empty")
    try:
        text = data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise NotJson(f"This is not UTF-8 text (byte {error.start}): save the file as UTF-8") from None
    try:
        return json.loads(text, parse_int=_whole, parse_float=_decimal, parse_constant=NoNumber, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise NotJson(f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJson("This JSON is nested too deeply") from None


def faults(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """What makes a value unusable: pointer and message for each fault."""
    waiting = [(value, pointer, 0)]
    while waiting:
        part, where, depth = waiting.pop()
        match part:
            case NoNumber():
                yield where, f"{part.said[:_LONGEST_NUMBER]} is not a number that can be counted with"
            case str() if not _storable(part):
                yield where, "This text holds characters that are not text"
            case dict() | list() if depth == _DEEPEST:
                yield where, f"This is nested more than {_DEEPEST} levels deep"
            case dict():
                if isinstance(part, Doubled):
                    yield step(where, part.key), "This stands here twice: which one is meant?"
                waiting += [(inner, step(where, key), depth + 1) for key, inner in reversed(part.items())]
            case list():
                waiting += [(inner, step(where, nth), depth + 1) for nth, inner in reversed([*enumerate(part)])]


def step(pointer: str, key: str | int) -> str:
    """A pointer one level deeper (RFC 6901)."""
    said = str(key).encode("utf-8", "replace").decode()
    return f"{pointer}/{said.replace('~', '~0').replace('/', '~1')}"


def _storable(text: str) -> bool:
    """PostgreSQL keeps neither NUL nor halves of a surrogate pair."""
    return "\0" not in text and (text.isascii() or text.encode("utf-8", "ignore").decode() == text)


def _whole(text: str) -> int | NoNumber:
    return int(text) if len(text) <= _LONGEST_NUMBER else NoNumber(text)


def _decimal(text: str) -> Decimal | NoNumber:
    """Exact, as it stands; an amount of 14216.93 is not a binary fraction."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return NoNumber(text)
    return value if len(text) <= _LONGEST_NUMBER and abs(value.adjusted()) <= _LONGEST_NUMBER else NoNumber(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = Doubled(found)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            doubled.key = key
            break
        seen.add(key)
    return doubled
