"""The charts of the pages: like tables, each has a stable name, a room and the figures it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.aggregator.models.coverage import ReturnsCoverage
from services.aggregator.models.pledges import PledgeProgress
from services.aggregator.models.publications import Bridge
from services.aggregator.models.totals import Total
from services.aggregator.pages.amounts import drawn, drawn_unit, said, step_said
from services.aggregator.pages.asking import About, Asked
from shared import charts
from shared.charts import Chart, Picture, Series
from shared.obligations import Kind
from shared.quarters import Quarter
from shared.words import listed, quantity


@dataclass(frozen=True)
class Drawing:
    name: str
    chart: Chart
    asked: About
    room: str = ""

    def href(self, form: str) -> str:
        return self.asked.link(f"{self.room}/charts/{self.name}.{form}")

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.asked.file_name}"


@dataclass(frozen=True)
class Framed:
    """A drawing as a page shows it."""

    picture: Picture
    svg_href: str
    png_href: str


async def framed(drawing: Drawing | None) -> Framed | None:
    if drawing is None:
        return None
    return Framed(await drawing.chart.picture(), drawing.href("svg"), drawing.href("png"))


def of_coverage(asked: Asked, returns: dict[bool, ReturnsCoverage]) -> Drawing | None:
    contracts = returns[False]
    if not contracts.due:
        return None
    series = [
        Series(name, tuple(Decimal(count) for count in (each.due, each.received, each.approved)))
        for name, each in (("Contracts", contracts), ("Partner VCFSE pledges", returns[True]))
        if each.due
    ]
    headline = f"{contracts.received:,} of {contracts.due:,} returns have been received, and {contracts.approved:,} are approved"
    chart = charts.bars(headline, _subtitle("Returns", asked), ["Due", "Received", "Approved"], series, unit="")
    return Drawing("coverage", chart, asked)


def of_quarters(asked: Asked, quarters: Sequence[Quarter], totals: Sequence[Total | None], room: str) -> Drawing | None:
    """One measure in the region over consecutive quarters, the last of which is the quarter."""
    known = [total for total in totals if total is not None]
    values = tuple(None if total is None else drawn(total) for total in totals)
    if not any(value is not None for value in values):
        return None
    names = [str(quarter) for quarter in quarters]
    headline = _trend(totals, values)
    what = f"{known[-1].measure}, {_unit(known[-1])} in each quarter"
    chart = charts.bars(headline, _subtitle(what, asked), names, [Series("Total", values)], unit=drawn_unit(known[-1]))
    return Drawing("quarters", chart, asked, room)


def of_members(name: str, asked: Asked, members: Sequence[tuple[str, Total | None]], room: str) -> Drawing | None:
    """One measure over places, buyers or sectors. What is hidden is not drawn, and the subtitle says so."""
    values = tuple(None if total is None else drawn(total) for _, total in members)
    found = [(value, whose, total) for value, (whose, total) in zip(values, members, strict=True) if value is not None and total]
    if not found:
        return None
    most, _, highest = max(found, key=lambda each: each[0])
    # Nobody learns more from a headline than from the bars: it speaks of what is drawn alone.
    whose = listed([member for value, member, _ in found if value == most])
    headline = f"{whose}: {said(highest)}" if len(found) == 1 else f"Highest: {whose}, {quantity(most, drawn_unit(highest))}"
    hidden = any(total is not None and total.hidden for _, total in members)
    what = f"{highest.measure}, {_unit(highest)}{'. Small numbers are hidden' if hidden else ''}"
    names = [member for member, _ in members]
    chart = charts.bars(headline, _subtitle(what, asked), names, [Series("Total", values)], unit=drawn_unit(highest))
    return Drawing(name, chart, asked, room)


def of_bridge(asked: Asked, bridge: Bridge, steps: Sequence[tuple[str, Decimal | None]], room: str) -> Drawing | None:
    """``steps`` in words with what each moves; no chart where one of them is hidden or unknown."""
    ratio = bridge.kind in (Kind.RATIO, Kind.FLAG)
    before, after = ((end.percent if ratio else end.value) for end in (bridge.before, bridge.after))
    moved = [(words, move) for words, move in steps if move is not None]
    if before is None or after is None or len(moved) < len(steps) or not (bridge.before.members or bridge.after.members):
        return None
    unit = "%" if ratio else bridge.unit
    headline = f"From {quantity(before, unit)} to {quantity(after, unit)}"
    if any(move for _, move in moved):
        words, most = max(moved, key=lambda each: abs(each[1]))
        headline += f": the largest step is {step_said(most, unit)}, {words[0].lower()}{words[1:]}"
    what = f"{bridge.measure}, {'percentage points' if ratio else unit}"
    ends = (str(bridge.before.quarter), before), (str(bridge.after.quarter), after)
    chart = charts.bridge(headline, _subtitle(what, asked), ends[0], moved, ends[1], unit=unit)
    return Drawing("bridge", chart, asked, room)


def of_pledges(asked: About, region: PledgeProgress, room: str) -> Drawing | None:
    """One Partner VCFSE measure in the region: where it began, where it is to go, how far it has come."""
    known = [("Baseline", region.baseline), ("Target", region.target), ("Delivered so far", region.delivered)]
    if all(amount is None for _, amount in known):
        return None
    unit = region.unit
    delivered = "Nothing is approved yet" if region.delivered is None else f"{quantity(region.delivered, unit)} delivered so far"
    target = "no target is set" if region.target is None else f"the target for the year is {quantity(region.target, unit)}"
    series = [Series("Region", tuple(amount for _, amount in known))]
    what = f"{region.measure_code} {region.measure}, {'pounds' if unit == 'GBP' else unit}"
    chart = charts.bars(f"{delivered}; {target}", _subtitle(what, asked), [words for words, _ in known], series, unit=unit)
    return Drawing(region.measure_code, chart, asked, room)


def _trend(totals: Sequence[Total | None], values: Sequence[Decimal | None]) -> str:
    last, value, before = totals[-1], values[-1], values[-2]
    if last is None or value is None:
        return "Nothing is approved for this quarter yet"
    if before is None:
        return f"{said(last)} this quarter; nothing is approved for the quarter before"
    than = "the same as" if value == before else "more than" if value > before else "less than"
    return f"{said(last)} this quarter, {than} in the quarter before"


def _unit(total: Total) -> str:
    match total.kind:
        case Kind.RATIO:
            return "%"
        case Kind.FLAG:
            return "% that said yes"
        case _:
            return "pounds" if total.unit == "GBP" else total.unit


def _subtitle(what: str, asked: About) -> str:
    return f"{what}. {asked.period[0]}. {asked.standing}"
