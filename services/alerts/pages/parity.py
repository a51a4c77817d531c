"""The parity report: core service beside social value, in charts, a table and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from services.alerts.actions.parity import parity
from services.alerts.pages.routing import Reader, pages
from services.alerts.rules.comparing import findings
from services.alerts.rules.viewing import eyes
from shared.access import Caller
from shared.api import Now, Tx
from shared.charts import Chart, Series, bars
from shared.db import Connection
from shared.errors import NotFound, ParityError
from shared.obligations import Side
from shared.origin import link
from shared.pages.downloads import ChartForm, TableForm, file, of_page, table
from shared.pages.forms import Bound, Says, bind, blank
from shared.quarters import Quarter, local_date
from shared.ratings import Days, ParityColumn, Rating, rounded, shown, shown_percent
from shared.spreadsheets import Sheet
from shared.words import label, listed

_OFFERED = 12
_DAYS = "working days"

Columns = Mapping[Side, ParityColumn]


class NoSuchChart(NotFound):
    """There is no chart of this name."""


class Period(BaseModel):
    first: Annotated[Quarter, Says("Select the first quarter", "Select the first quarter from the list")]
    last: Annotated[Quarter, Says("Select the last quarter", "Select the last quarter from the list")]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both sides; None where there is nothing to count it from."""

    what: str
    unit: str
    sides: tuple[Decimal | None, ...]


@pages.router.get("/parity")
async def show_parity(request: Request, tx: Tx, now: Now, visitor: Reader) -> Response:
    on = local_date(now)
    bound = _period(request, on)
    try:
        if bound.value is None:
            raise pages.again(request, "parity.jinja", form=bound, quarters=_offered(on), columns=None, now=now)
        found = await parity(tx, eyes(visitor.caller), bound.value.first, bound.value.last, on=on)
    except ParityError as error:
        again = bound.refused(error)
        raise pages.again(request, "parity.jinja", form=again, quarters=_offered(on), columns=None, now=now) from None
    columns, asked = found.columns, urlencode({"first": bound.value.first.code, "last": bound.value.last.code})
    return pages.show(
        request,
        "parity.jinja",
        form=bound,
        quarters=_offered(on),
        period=bound.value,
        counted_at=found.counted_at,
        asked=asked,
        columns=columns,
        findings=findings(columns),
        rows=_rows(columns),
        taken=of_page(link("alerts", "/parity"), asked),
        pictures={name: await chart.picture() for name, chart in _charts(columns).items()},
        now=now,
    )


@pages.router.get("/parity.{form}")
async def download_parity(request: Request, form: TableForm, tx: Tx, now: Now, visitor: Reader) -> Response:
    period, columns = await _asked(request, tx, now, visitor.caller)
    headings = ("Figure", "Unit", *(label(side) for side in columns))
    rows = [(row.what, row.unit, *row.sides) for row in _rows(columns)]
    sheet = Sheet("Parity", headings, rows, widths={"Figure": 48})
    return await table(sheet, f"parity-{period.first.code}-to-{period.last.code}", form)


@pages.router.get("/parity/{name}.{form}")
async def download_chart(request: Request, name: str, form: ChartForm, tx: Tx, now: Now, visitor: Reader) -> Response:
    period, columns = await _asked(request, tx, now, visitor.caller)
    chart = _charts(columns).get(name)
    if chart is None:
        raise NoSuchChart
    drawn = (await chart.svg()).encode() if form is ChartForm.SVG else await chart.png()
    return file(drawn, f"parity-{name}-{period.first.code}-to-{period.last.code}", form)


def _period(request: Request, on: date) -> Bound[Period]:
    """What was asked for; at first, the last four quarters that are over."""
    if not request.query_params:
        last = Quarter.of(on).previous()
        return Bound(blank(first=last.plus(-3).code, last=last.code).typed, value=Period(first=last.plus(-3), last=last))
    return bind(Period, FormData([*request.query_params.multi_items()]))


async def _asked(request: Request, conn: Connection, now: Now, caller: Caller) -> tuple[Period, Columns]:
    bound = _period(request, local_date(now))
    if bound.value is None:
        raise NotFound
    return bound.value, (await parity(conn, eyes(caller), bound.value.first, bound.value.last, on=local_date(now))).columns


def _offered(on: date) -> list[dict[str, str]]:
    last = Quarter.of(on)
    return [{"value": quarter.code, "text": str(quarter)} for quarter in (last.plus(-n) for n in range(_OFFERED))]


def _rows(columns: Columns) -> list[Row]:
    sides = list(columns.values())

    def row(what: str, unit: str, values: Sequence[Fraction | int | None]) -> Row:
        return Row(what, unit, tuple(None if value is None else rounded(value, 1) for value in values))

    rows = [row("Obligations rated", "", [one.rated for one in sides]), row("Incomplete", "", [one.incomplete for one in sides])]
    rows += [row(f"Rated {label(rating).lower()}", "%", [_points(one.shares.get(rating)) for one in sides]) for rating in Rating]
    rows += [
        row("Returns due", "", [one.returns_due for one in sides]),
        row("Returns on time", "%", [_points(_part(one.returns_on_time, one.returns_due)) for one in sides]),
    ]
    rows += _time("Lines approved", "from submission to approval", [one.to_approve for one in sides])
    rows.append(row("Alerts raised", "", [one.alerts_raised for one in sides]))
    rows += _time("Alerts acknowledged", "from an alert to its acknowledgement", [one.to_acknowledge for one in sides])
    rows += _time("Alerts with an agreed plan", "from an alert to a recovery plan", [one.to_plan for one in sides])
    rows += _time("Alerts resolved", "from an alert to its resolution", [one.to_resolve for one in sides])
    return rows


def _time(done: str, what: str, sides: Sequence[Days]) -> list[Row]:
    """How many were done stands before how long they took: half of one says little."""
    middle = tuple(None if one.median is None else rounded(one.median, 1) for one in sides)
    most = tuple(None if one.ninetieth is None else Decimal(one.ninetieth) for one in sides)
    return [
        Row(done, "", tuple(Decimal(one.count) for one in sides)),
        Row(f"Time {what}: half within", _DAYS, middle),
        Row(f"Time {what}: nine of ten within", _DAYS, most),
    ]


def _part(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def _points(share: Fraction | None) -> Fraction | None:
    return None if share is None else 100 * share


def _charts(columns: Columns) -> dict[str, Chart]:
    """``ratings`` and ``days``, where there is something to draw."""
    charts = {}
    if any(column.rated for column in columns.values()):
        good = [
            f"{label(side)} is rated good in {shown_percent(100 * column.shares[Rating.GOOD])}"
            for side, column in columns.items()
            if column.rated
        ]
        charts["ratings"] = bars(
            ", ".join([good[0], *(one[0].lower() + one[1:] for one in good[1:])]),
            "Share of each rating among the obligations of each side that are rated",
            [label(rating) for rating in Rating],
            [
                Series(label(side), tuple(rounded(100 * column.shares.get(rating, Fraction()), 1) for rating in Rating))
                for side, column in columns.items()
                if column.rated
            ],
            unit="%",
        )
    steps = {
        "Approve a line": [column.to_approve for column in columns.values()],
        "Acknowledge an alert": [column.to_acknowledge for column in columns.values()],
        "Agree a plan": [column.to_plan for column in columns.values()],
        "Resolve an alert": [column.to_resolve for column in columns.values()],
    }
    if any(days.median is not None for each in steps.values() for days in each):
        charts["days"] = bars(
            _resolved({side: column.to_resolve for side, column in columns.items()}),
            "Working days within which half was done",
            list(steps),
            [
                Series(label(side), tuple(_rounded(each[place].median) for each in steps.values()))
                for place, side in enumerate(columns)
            ],
            unit="",
        )
    return charts


def _resolved(sides: Mapping[Side, Days]) -> str:
    said = [
        f"{shown(days.median)} working days on {label(side).lower()}" for side, days in sides.items() if days.median is not None
    ]
    return f"Half of the alerts are resolved within {listed(said)}" if said else "No alert is resolved yet"


def _rounded(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value, 1)
