"""Vega-Lite to SVG and PNG, in this process and without the network."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

import vl_convert

_REMEMBERED = 512
_ROLES = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')
"""What Vega says of each group of marks, which has no name to go with it: the picture as a whole has one."""


@lru_cache(maxsize=_REMEMBERED)
def svg(specification: str, description: str) -> str:
    """One image to a screen reader, described in words; the figures stand in a table beside it."""
    drawn = _ROLES.sub("", vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" focusable="false" ', 1)


@lru_cache(maxsize=64)
def png(specification: str) -> bytes:
    return vl_convert.vegalite_to_png(specification, scale=2, allowed_base_urls=[])


def warm_up() -> None:
    """Draw nothing: starting the engine takes half a second, which the first reader of a chart would wait for."""
    vl_convert.vegalite_to_svg({"data": {"values": []}, "mark": "bar"}, allowed_base_urls=[])
