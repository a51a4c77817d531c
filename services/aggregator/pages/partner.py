"""Partner VCFSE: what organisations pledged beside what was delivered, for the region and per organisation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fastapi import Request, Response

from services.aggregator.actions import reading
from services.aggregator.models.pledges import PartnerReport, PledgeProgress
from services.aggregator.pages.asking import AskedYear
from services.aggregator.pages.downloads import chart_file, table_file, table_named
from services.aggregator.pages.drawings import Drawing, framed, of_pledges
from services.aggregator.pages.routing import Analyst, WantedYear, pages
from services.aggregator.pages.tables import Cell, Column, Row, Table, nothing, number, text
from services.aggregator.store import totals
from shared.api import Now, Tx
from shared.db import Connection
from shared.pages.downloads import ChartForm, TableForm
from shared.quarters import Quarter
from shared.words import quantity

ROOM = "/partner-vcfse"


@pages.router.get("/partner-vcfse")
async def partner_vcfse(visitor: Analyst, request: Request, tx: Tx, now: Now, asked: WantedYear) -> Response:
    report = await report_of(tx, asked)
    known = {Quarter(quarter).financial_year for quarter in await totals.quarters(tx)}
    return pages.show(
        request,
        "partner_vcfse.jinja",
        now=now,
        asked=asked,
        years=sorted({*known, asked.year}, reverse=True),
        warnings=[warning for progress in report.region for warning in progress.warnings],
        region=region_table(asked, report),
        organisations=organisations_table(asked, report),
        charts=[chart for chart in [await framed(drawing) for drawing in drawings(asked, report)] if chart],
    )


@pages.router.get("/partner-vcfse/tables/{name:str}.{form:str}")
async def download_table(visitor: Analyst, name: str, form: TableForm, tx: Tx, asked: WantedYear) -> Response:
    make = table_named({"region": region_table, "organisations": organisations_table}, name)
    return table_file(make(asked, await report_of(tx, asked)), form)


@pages.router.get("/partner-vcfse/charts/{name:str}.{form:str}")
async def download_chart(visitor: Analyst, name: str, form: ChartForm, tx: Tx, asked: WantedYear) -> Response:
    """``name``: the measure's code."""
    found = {drawing.name: drawing for drawing in drawings(asked, await report_of(tx, asked)) if drawing}
    return await chart_file(table_named(found, name), form)


async def report_of(conn: Connection, asked: AskedYear) -> PartnerReport:
    return await reading.partner_vcfse(conn, asked.year, as_of=asked.as_of)


def drawings(asked: AskedYear, report: PartnerReport) -> list[Drawing | None]:
    return [of_pledges(asked, progress, ROOM) for progress in report.region]


def region_table(asked: AskedYear, report: PartnerReport) -> Table:
    caption = "The region: baseline, target and what was delivered so far"
    return _table("region", caption, asked, report.region, by_organisation=False)


def organisations_table(asked: AskedYear, report: PartnerReport) -> Table:
    caption = "Each organisation: baseline, target and what was delivered so far"
    return _table("organisations", caption, asked, report.organisations, by_organisation=True)


def _table(name: str, caption: str, asked: AskedYear, found: Sequence[PledgeProgress], *, by_organisation: bool) -> Table:
    return Table(
        name,
        caption,
        (
            *([Column("Organisation", only="file")] if by_organisation else []),
            Column("Code"),
            Column("Measure"),
            Column("Unit", only="file"),
            Column("Baseline", numeric=True),
            Column("Target", numeric=True),
            Column("Delivered so far", numeric=True),
            Column("Of which its contracts" if by_organisation else "Of which contracts", numeric=True),
            Column("Due", numeric=True),
            Column("Received", numeric=True),
            Column("Approved", numeric=True),
            Column("Warning", only="file"),
        ),
        tuple(_row(one, by_organisation=by_organisation) for one in found),
        asked,
        ROOM,
        empty="No organisation has pledged anything for this year. A pledge is recorded like a contract between it and the ICB.",
        notes=("What contracts delivered stands within the pledges, and is never added to them.",),
    )


def _row(one: PledgeProgress, *, by_organisation: bool) -> Row:
    def amount(value: Decimal | None) -> Cell:
        return nothing() if value is None else Cell(quantity(value, one.unit), value)

    return Row(
        (
            *([text(one.organisation)] if by_organisation else []),
            text(one.measure_code),
            text(one.measure),
            text(one.unit),
            *(amount(value) for value in (one.baseline, one.target, one.delivered, one.of_which_contracts)),
            *(number(count) for count in (one.coverage.due, one.coverage.received, one.coverage.approved)),
            text(" ".join(one.warnings)),
        ),
        group=one.organisation if by_organisation else "",
    )
