"""Files into releases: each one found is read, or named with what is wrong with it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.commitments.notices.models import LeftOut, ReadError
from services.commitments.notices.parsing import NotJson, faults, parse, step
from services.commitments.notices.release import Release

LARGEST = 25 * 1024 * 1024
"""Bytes of one file: a package of a thousand releases has a few millions. More is refused unread, so that memory stays flat."""
_MOST_FAULTS = 20

_WANTED = "an OCDS release package (an object whose 'releases' is a list) or a single release"
_SECTIONS = {"ocid", "awards", "contracts", "tender", "planning", "parties", "buyer"}


@dataclass(frozen=True, slots=True)
class NoticeFile:
    """A file that is at hand already, such as an upload."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A release that was read, and where."""

    file: str
    release: Release
    pointer: str = ""


@dataclass(slots=True)
class Reading:
    """What some files hold."""

    releases: int = 0
    found: list[Found] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)


def read(files: Iterable[Path | NoticeFile]) -> Reading:
    """Never raises for what is in a file, nor for one that is not there."""
    reading = Reading()
    for file in files:
        name = _printable(file.name if isinstance(file, NoticeFile) else str(file))
        try:
            said = parse(_bytes_of(file))
        except NotJson as error:
            reading.errors.append(ReadError(file=name, release=None, pointer="", message=str(error)))
            continue
        _read_package(name, said, reading)
    return reading


def _bytes_of(file: Path | NoticeFile) -> bytes:
    too_large = NotJson(f"This file is larger than {LARGEST // 1024**2}MB and was not read: split it into smaller packages")
    if isinstance(file, NoticeFile):
        if len(file.data) > LARGEST:
            raise too_large
        return file.data
    try:
        about = os.stat(file)
        if not stat.S_ISREG(about.st_mode):
            raise NotJson("This is not a file")
        if about.st_size > LARGEST:
            raise too_large
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise NotJson("There is no such file") from None
    except (OSError, ValueError) as error:
        raise NotJson(f"This file cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > LARGEST:
        raise too_large
    return data


def _read_package(file: str, said: Any, reading: Reading) -> None:
    def refuse(pointer: str, message: str) -> None:
        reading.errors.append(ReadError(file=file, release=None, pointer=pointer, message=message))

    if not isinstance(said, dict):
        return refuse("", f"This is not {_WANTED}")
    if "releases" not in said:
        if "records" in said:
            return refuse("", f"This is a record package: give {_WANTED}")
        if _SECTIONS.isdisjoint(said):
            return refuse("", f"This is not {_WANTED}")
        return _read_release(file, said, "", reading)
    listed = said["releases"]
    if getattr(said, "key", None) == "releases":
        return refuse("/releases", "This stands here twice: which one is meant?")
    if not isinstance(listed, list):
        return refuse("/releases", f"'releases' is not a list: this is not {_WANTED}")
    if not listed:
        reading.left_out.append(LeftOut(file=file, release=None, reason="This package holds no releases"))
    for nth, release in enumerate(listed):
        _read_release(file, release, f"/releases/{nth}", reading)
    return None


def _read_release(file: str, said: Any, pointer: str, reading: Reading) -> None:
    reading.releases += 1
    release = _id_of(said)
    wrong = list(_wrong_with(said, pointer))
    if not wrong:
        try:
            reading.found.append(Found(file, Release.model_validate(said), pointer))
            return
        except ValidationError as error:
            wrong = [_fault(one, pointer) for one in error.errors(include_url=False, include_input=False)]
    reading.errors += (ReadError(file=file, release=release, pointer=at, message=why) for at, why in wrong[:_MOST_FAULTS])


def _wrong_with(said: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if not isinstance(said, dict):
        yield pointer, "A release is an object"
        return
    yield from faults(said, pointer)
    for key, why in (
        ("ocid", "This release has no ocid, so nobody knows which process it belongs to"),
        ("id", "This release has no id"),
        ("date", "This release has no date, so nobody knows which release came later"),
    ):
        if said.get(key) is None or (isinstance(said[key], str) and not said[key].strip()):
            yield step(pointer, key), why


def _fault(error: Any, pointer: str) -> tuple[str, str]:
    for part in error["loc"]:
        pointer = step(pointer, part)
    return pointer, _MESSAGES.get(error["type"], error["msg"].removeprefix("Value error, "))


_MESSAGES = {
    "missing": "This is missing",
    "list_type": "This is not a list",
    "string_type": "This is not text",
    "model_type": "This is not an object",
    "model_attributes_type": "This is not an object",
    "string_pattern_mismatch": "This is not a currency's three letters, such as GBP",
    "string_too_long": "This is too long",
}


def _id_of(said: Any) -> str | None:
    id = said.get("id") if isinstance(said, dict) else None
    return _printable(str(id))[:200] if isinstance(id, str | int) and not isinstance(id, bool) and str(id).strip() else None


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
