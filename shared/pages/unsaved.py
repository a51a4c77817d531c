"""A form that could not be taken, because its session was over: what was typed is shown, so that it can be copied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.routing import Match

from shared.pages.forms import Typed, typed_in
from shared.pages.visitors import back_to, path_of, place_of

NEVER_SHOWN = frozenset({"code", "csrf", "do", "key", "now", "password", "secret", "session", "username"})
"""Fields whose words are secrets, or belong to the form and not to the person."""
_OF_THE_FORM = re.compile(r"version\b|was\b|was_")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_FIELDS = 300
_MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class Unsaved:
    words: tuple[tuple[str, str], ...]
    """What was typed, after what its field is about."""
    has_files: bool
    is_cut: bool
    """More was typed than is shown."""


def unsaved(form: FormData) -> Unsaved:
    """What a person typed or chose: no passwords, codes or ids, and of very much the beginning."""
    typed, words, left = typed_in(form), [], _MOST_CHARACTERS
    said = [(name, text) for name in typed if _is_shown(name) and (text := _text(typed, name))]
    for name, text in said[:_MOST_FIELDS]:
        words.append((_about(name), text[:left]))
        left -= len(text)
        if left <= 0:
            break
    has_files = any(isinstance(value, UploadFile) and value.filename for _, value in form.multi_items())
    return Unsaved(tuple(words), has_files, is_cut=left < 0 or len(words) < len(said))


def page_of(request: Request) -> str:
    """The page on which a form stands that was sent: the browser says it, or else it is the form's own address.

    The start, where that address only takes forms.
    """
    came = urlsplit(request.headers.get("referer", ""))
    ours = {request.headers.get("host"), urlsplit(request.app.state.runtime.settings.public_url).netloc}
    if came.netloc in ours and came.path != path_of(request):
        return back_to(f"{came.path}?{came.query}" if came.query else came.path)
    asked = {**request.scope, "method": "GET"}
    opens = any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)
    return back_to(place_of(request)) if opens else "/"


def _is_shown(name: str) -> bool:
    return name not in NEVER_SHOWN and not _OF_THE_FORM.match(name)


def _text(typed: Typed, name: str) -> str:
    """A date's three fields are told as one, by the first of them."""
    field, _, part = name.rpartition("-")
    if part in ("month", "year") and f"{field}-day" in typed:
        return ""
    parts = [name, f"{field}-month", f"{field}-year"] if part == "day" else [name]
    values = [one for each in parts for one in _values(typed, each)]
    return (" " if part == "day" else "\n").join(values)


def _values(typed: Typed, name: str) -> list[str]:
    value = typed.get(name, [])
    return [one for one in ([value] if isinstance(value, str) else value) if one.strip() and not _ID.fullmatch(one.strip())]


def _about(name: str) -> str:
    """``due_on-day`` is about "Due on"."""
    words = " ".join(re.split(r"[-_\s]+", _ID.sub("", name.removesuffix("-day")))).strip()
    return words[:1].upper() + words[1:100] or "Field"
