"""What can be drawn: bars, lines, and a bridge from one figure to the next. Each is a Vega-Lite specification."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from markupsafe import Markup

from shared.charts import rendering
from shared.words import quantity

PALETTE = ("#12436D", "#F46A25", "#28A197", "#801650", "#3D3D3D", "#A285D1")
"""The Government Analysis Function's categorical palette, in its order."""
_UP, _DOWN, _WHOLE = "#28A197", "#801650", "#12436D"
_DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3]]
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
_SIZES = [60, 200]
"""Of marks: every other one is a wider outline, so that where two series meet each is seen, and neither outweighs the other."""
_INK, _GRID = "#212b32", "#d8dde0"
_WIDTH, _HEIGHT = 620, 260
_LONG = 14
_THICKEST = 80
"""Of a bar that stands: one or two would fill the whole width."""

Spec = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """``values``: one per category; None where it is not known, which is not drawn as nothing."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True)
class Picture:
    """A chart as a page shows it: the headline and what is drawn as text, the drawing as SVG."""

    headline: str
    subtitle: str
    svg: Markup


@dataclass(frozen=True)
class Chart:
    headline: str
    """What the chart shows, as a sentence: "Volunteering rose in six of nine places"."""
    subtitle: str
    """What is drawn: "Hours per quarter, October 2025 to September 2026"."""
    spec: Spec

    async def picture(self) -> Picture:
        return Picture(self.headline, self.subtitle, Markup(await self.svg()))  # noqa: S704 - drawn by Vega, which escapes

    async def svg(self) -> str:
        """Drawn once, then remembered."""
        return await asyncio.to_thread(rendering.svg, orjson.dumps(self.spec).decode(), f"{self.headline}. {self.subtitle}")

    async def png(self) -> bytes:
        """Twice as many pixels as the SVG has units, with the headline in the picture."""
        title = {"text": self.headline, "subtitle": self.subtitle, "anchor": "start", "fontSize": 16, "subtitleFontSize": 13}
        return await asyncio.to_thread(rendering.png, orjson.dumps({**self.spec, "title": title}).decode())


def bars(
    headline: str, subtitle: str, categories: Sequence[str], series: Sequence[Series], *, unit: str, target: Decimal | None = None
) -> Chart:
    """Bars side by side for each category, with their values; flat where categories have long names. ``target`` draws a line."""
    flat = any(len(category) > _LONG for category in categories)
    along, across = ("y", "x") if flat else ("x", "y")
    names = [one.name for one in series]
    place: Spec = {
        # A category of which nothing is known keeps its place.
        along: {
            **_categories(),
            "scale": {"domain": list(dict.fromkeys(categories))},
            "axis": {"labelAngle": 0, "labelLimit": 240, "ticks": False},
        },
        across: {"field": "value", **_measured()},
    }
    if len(names) > 1:
        place[f"{along}Offset"] = {"field": "series", "sort": names}
    beside = {"align": "left", "dx": 4, "baseline": "middle"} if flat else {"align": "center", "dy": -3, "baseline": "bottom"}
    thickness = {} if flat or len(categories) * len(names) * _THICKEST > _WIDTH else {"size": _THICKEST}
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "stroke": "white", "strokeWidth": 1, **thickness},
            "encoding": {**place, "color": _colours(names)},
        },
        {"mark": {"type": "text", "color": _INK, "fontSize": 12, **beside}, "encoding": {**place, "text": {"field": "said"}}},
    ]
    if target is not None:
        rule = {"type": "rule", "color": _INK, "strokeDash": [6, 4], "strokeWidth": 2}
        layers.append({"data": {"values": [{"target": float(target)}]}, "mark": rule, "encoding": {across: {"field": "target"}}})
        layers[-1]["encoding"][across]["type"] = "quantitative"
    height = (24 * len(names) + 12) * len(categories) if flat else _HEIGHT
    return Chart(headline, subtitle, _whole(layers, _rows(categories, series, unit), height))


def lines(
    headline: str, subtitle: str, categories: Sequence[str], series: Sequence[Series], *, unit: str, top: Decimal | None = None
) -> Chart:
    """A line per series over the categories, broken where a value is not known. The scale goes from 0 at least to ``top``."""
    names = [one.name for one in series]
    measured = _measured()
    if top is not None:
        measured["scale"] = {"domain": [0, float(max([top, *(value for one in series for value in one.values if value)]))]}
    place: Spec = {
        "x": {**_categories(), "axis": {"labelAngle": 0, "ticks": False}},
        "y": {"field": "value", **measured},
        "color": _colours(names),
    }
    marks = {
        "shape": _by_series(names, _SHAPES),
        "size": _by_series(names, _SIZES),
        "fill": _by_series(names, ["transparent" if nth % 2 else colour for nth, colour in enumerate(PALETTE)]),
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "strokeWidth": 3, "invalid": "break-paths-show-domains"},
            "encoding": {**place, "strokeDash": {**_by_series(names, _DASHES), "legend": None}},
        },
        {"mark": {"type": "point", "strokeWidth": 3, "opacity": 1}, "encoding": {**place, **marks}},
    ]
    return Chart(headline, subtitle, _whole(layers, _rows(categories, series, unit), _HEIGHT))


def bridge(
    headline: str,
    subtitle: str,
    before: tuple[str, Decimal],
    steps: Sequence[tuple[str, Decimal]],
    after: tuple[str, Decimal],
    *,
    unit: str,
) -> Chart:
    """How the steps lead from one figure to the next: each bar begins where the one above it ended."""
    rows, level = [_step(before[0], Decimal(0), before[1], quantity(before[1], unit), _WHOLE)], before[1]
    for name, change in steps:
        said = f"{'+' if change > 0 else ''}{quantity(change, unit)}"
        rows.append(_step(name, level, level + change, said, _DOWN if change < 0 else _UP))
        level += change
    rows.append(_step(after[0], Decimal(0), after[1], quantity(after[1], unit), _WHOLE))
    place = {**_categories(), "axis": {"ticks": False, "labelLimit": 240}}
    drawn: Spec = {"y": place, "x": {"field": "low", **_measured()}, "x2": {"field": "high"}}
    layers: list[Spec] = [
        {"mark": "bar", "encoding": {**drawn, "color": {"field": "colour", "type": "nominal", "scale": None}}},
        {
            "mark": {"type": "text", "color": _INK, "fontSize": 12, "align": "left", "dx": 4},
            "encoding": {"y": place, "x": {"field": "high", "type": "quantitative"}, "text": {"field": "said"}},
        },
    ]
    return Chart(headline, subtitle, _whole(layers, rows, 34 * len(rows)))


def _step(name: str, start: Decimal, end: Decimal, said: str, colour: str) -> Spec:
    low, high = sorted((start, end))
    return {"category": name, "low": float(low), "high": float(high), "said": said, "colour": colour}


def _rows(categories: Sequence[str], series: Sequence[Series], unit: str) -> list[Spec]:
    return [
        {"category": category, "series": one.name, "value": _float(value), "said": "" if value is None else quantity(value, unit)}
        for one in series
        for category, value in zip(categories, one.values, strict=True)
    ]


def _float(value: Decimal | None) -> float | None:
    """For drawing only: a pixel needs no more."""
    return None if value is None else float(value)


def _categories() -> Spec:
    return {"field": "category", "type": "nominal", "sort": None, "title": None}


def _measured() -> Spec:
    axis = {"tickCount": 5, "gridColor": _GRID, "domain": False, "ticks": False, "format": ",~f"}
    return {"type": "quantitative", "title": None, "axis": axis}


def _colours(names: Sequence[str]) -> Spec:
    return _by_series(names, PALETTE)


def _by_series(names: Sequence[str], look: Sequence[object]) -> Spec:
    """A look per series, in their order; every look has the one legend."""
    legend = {"orient": "top", "direction": "horizontal", "labelLimit": 300, "symbolSize": 120} if len(names) > 1 else None
    scale = {"domain": list(names), "range": [look[index % len(look)] for index in range(len(names))]}
    return {"field": "series", "type": "nominal", "title": None, "sort": list(names), "scale": scale, "legend": legend}


def _whole(layers: Sequence[Spec], rows: Sequence[Spec], height: int) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": list(rows)},
        "layer": list(layers),
        "width": _WIDTH,
        "height": height,
        "padding": 8,
        "background": "white",
        "config": {
            "aria": False,
            "font": "Arial, Helvetica, sans-serif",
            "view": {"stroke": None},
            "axis": {"labelColor": _INK, "labelFontSize": 13},
            "legend": {"labelColor": _INK, "labelFontSize": 13},
        },
    }
