"""The Jinja environment: everything is escaped, and the product's words are filters."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader

from shared import words
from shared.origin import link
from shared.ratings.rounding import shown, shown_percent

_OURS = Path(__file__).parent / "templates"


@cache
def environment(templates: Path | None = None) -> Environment:
    """``templates`` is the folder of a service; its own templates come first."""
    folders = [_OURS] if templates is None else [templates, _OURS]
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(folders), PackageLoader("nhsuk_frontend_jinja")]),
        # Left to itself Starlette would not escape what is in *.jinja, which the design system's macros are.
        autoescape=True,
        # The design system's macros ask for options of options that nobody gave.
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A service that runs keeps its templates: looking for changes costs hundreds of questions to the disk for every page.
        auto_reload=False,
    )
    env.filters |= {
        "label": words.label,
        "does": words.does,
        "day": words.day,
        "weekday": words.weekday,
        "moment": words.moment,
        "clock_time": words.clock_time,
        "months": words.months,
        "quarter_name": words.quarter_name,
        "money": words.money,
        "quantity": words.quantity,
        "listed": words.listed,
        "counted": words.counted,
        "shown": shown,
        "percent": shown_percent,
    }
    env.globals["link"] = link
    return env
