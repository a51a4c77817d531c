"""How a contract is going: quarter by quarter, core service and social value beside each other on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from fastapi import Request, Response

from services.alerts.actions.going import Going, going
from services.alerts.pages.routing import Reader, pages
from services.alerts.pages.rows import alert_rows
from services.alerts.rules.viewing import eyes, is_buyer, is_supplier
from services.alerts.rules.words import target_of, why_rated
from services.alerts.store import ratings, worklist
from shared.api import Now, Tx
from shared.charts import Chart, Series, lines
from shared.db import Connection
from shared.errors import NotFound
from shared.obligations import Side, plain
from shared.origin import link
from shared.pages.downloads import ChartForm, TableForm, file, of_page, offered, table
from shared.pages.forms import blank
from shared.quarters import Quarter, QuarterCode, local_date
from shared.ratings import Compliance, rounded, shown_percent
from shared.spreadsheets import Sheet
from shared.words import label, listed, quantity

_MOST_ALERTS = 20
_HEADINGS = ("Quarter", "Reference", "Obligation", "Side", "Unit", "Target", "Delivered", "Rating", "Incomplete", "Why")


class NothingRated(NotFound):
    """Nothing of this contract is rated yet."""


@dataclass(frozen=True, slots=True)
class QuarterRow:
    """One quarter in the table beside the chart."""

    quarter: Quarter
    found: Compliance
    return_href: str
    return_status: str


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """One obligation in the chosen quarter; ``year``: its ratings in the quarters of that year."""

    reference: str
    label: str
    side: str
    target: str
    delivered: str
    why: str
    rating: ratings.Class
    year: Sequence[ratings.Class | None]


@pages.router.get("/contracts/{contract_id:uuid}")
async def show_contract(
    request: Request, contract_id: UUID, tx: Tx, now: Now, visitor: Reader, quarter: QuarterCode | None = None
) -> Response:
    found = await going(tx, eyes(visitor.caller), contract_id)
    chosen = quarter or _latest(found)
    as_buyer = is_buyer(visitor.caller, found.contract.buyer_ids)
    supplies = not as_buyer and is_supplier(visitor.caller, found.contract.supplier_ids)
    wanted = worklist.WorkFilter(contract_id=contract_id)
    alerts = await worklist.in_line(tx, eyes(visitor.caller), wanted, limit=_MOST_ALERTS + 1)
    year = _year_of(chosen) if chosen else []
    chart = _chart(found)
    return pages.show(
        request,
        "contract_overview.jinja",
        contract=found.contract,
        form=blank(quarter=chosen.code if chosen else None),
        quarters=[{"value": one.code, "text": f"{one}"} for one in reversed(found.quarters)],
        chosen=chosen,
        year=year,
        compliance=found.compliance(chosen) if chosen else None,
        obligations=await _obligations(tx, found, chosen, year) if chosen else [],
        rows=[_row(found, one) for one in reversed(found.quarters)],
        picture=await chart.picture() if chart else None,
        alerts=await alert_rows(tx, alerts[:_MOST_ALERTS], visitor.caller, local_date(now)),
        more_alerts=len(alerts) > _MOST_ALERTS,
        taken={
            "ratings": of_page(link("alerts", f"/contracts/{contract_id}/ratings")),
            "quarters": of_page(link("alerts", f"/contracts/{contract_id}/quarters")),
            "alerts": offered(link("alerts", ""), contract_id=contract_id),
        },
        as_buyer=as_buyer,
        party=as_buyer or supplies,
        back={"href": link("commitments", "/contracts/yours" if supplies else "/contracts"), "text": "Back to contracts"},
        now=now,
    )


@pages.router.get("/contracts/{contract_id:uuid}/ratings.{form}")
async def download_ratings(contract_id: UUID, form: TableForm, tx: Tx, visitor: Reader) -> Response:
    """Every rating of the contract with its figures."""
    found = await going(tx, eyes(visitor.caller), contract_id)
    rows = []
    for rating in await ratings.ratings_of_contract(tx, contract_id, None):
        obligation = found.obligations[rating.obligation_id]
        rows.append(
            (
                *(str(rating.quarter), obligation.reference, obligation.label, label(obligation.side), obligation.unit),
                *(_bare(rating.target), _bare(rating.delivered), label(rating.rating)),
                *("yes" if rating.incomplete else "no", why_rated(rating)),
            )
        )
    return await table(Sheet("Ratings", _HEADINGS, rows), f"{found.contract.reference}-ratings", form)


@pages.router.get("/contracts/{contract_id:uuid}/quarters.{form}")
async def download_quarters(contract_id: UUID, form: TableForm, tx: Tx, visitor: Reader) -> Response:
    """Compliance and its parts, quarter by quarter."""
    found = await going(tx, eyes(visitor.caller), contract_id)
    headings = ["Quarter"]
    for side in Side:
        headings += [f"{label(side)} {what}" for what in ("score (%)", "rated", "incomplete", "other")]
    rows = []
    for row in (_row(found, quarter) for quarter in reversed(found.quarters)):
        parts = [row.found.parts[side] for side in Side]
        counts = [value for part in parts for value in (_percent(part.score), part.rated, part.incomplete, part.other)]
        rows.append((str(row.quarter), *counts, _percent(row.found.score), row.return_status))
    return await table(
        Sheet("Quarters", (*headings, "Compliance (%)", "Return"), rows), f"{found.contract.reference}-quarters", form
    )


@pages.router.get("/contracts/{contract_id:uuid}/compliance.{form}")
async def download_chart(contract_id: UUID, form: ChartForm, tx: Tx, visitor: Reader) -> Response:
    found = await going(tx, eyes(visitor.caller), contract_id)
    chart = _chart(found)
    if chart is None:
        raise NothingRated
    drawn = (await chart.svg()).encode() if form is ChartForm.SVG else await chart.png()
    return file(drawn, f"{found.contract.reference}-compliance", form)


def _latest(found: Going) -> Quarter | None:
    rated = [quarter for _, quarter in found.classes]
    return max(rated or found.returns, default=None)


def _year_of(quarter: Quarter) -> list[Quarter]:
    return [quarter.first_of_year.plus(n) for n in range(4)]


async def _obligations(conn: Connection, found: Going, chosen: Quarter, year: Sequence[Quarter]) -> list[ObligationRow]:
    """In the order of their references, whichever side they are on."""
    return [
        ObligationRow(
            reference=obligation.reference,
            label=obligation.label,
            side=label(obligation.side),
            target=target_of(rating, obligation.unit),
            delivered=quantity(rating.delivered, obligation.unit) if rating.delivered is not None else "",
            why=why_rated(rating),
            rating=found.classes[rating.obligation_id, chosen],
            year=[found.classes.get((rating.obligation_id, one)) for one in year],
        )
        for rating in await ratings.ratings_of_contract(conn, found.contract.contract_id, chosen)
        for obligation in [found.obligations[rating.obligation_id]]
    ]


def _row(found: Going, quarter: Quarter) -> QuarterRow:
    filed = found.returns.get(quarter)
    href = link("returns", f"/{filed.return_id}") if filed else ""
    return QuarterRow(quarter, found.compliance(quarter), href, label(filed.status) if filed else "")


def _chart(found: Going) -> Chart | None:
    """None while nothing is rated."""
    scores = [(quarter, found.compliance(quarter)) for quarter in found.quarters]
    last = next((one for one in reversed(scores) if one[1].score is not None), None)
    if last is None:
        return None
    said = [
        f"{label(side)} {'is not rated' if part.score is None else f'scores {shown_percent(100 * part.score)}'}"
        for side, part in last[1].parts.items()
    ]
    return lines(
        f"{listed(said)} at the end of {last[0]}",
        "Score of each side, 0 % to 100 %: good counts 1, approaching target 0.8, requires improvement 0.5, inadequate 0",
        [str(quarter) for quarter, _ in scores],
        [Series(label(side), tuple(_percent(score.parts[side].score) for _, score in scores)) for side in last[1].parts],
        unit="%",
        top=Decimal(100),
    )


def _bare(value: Decimal | None) -> Decimal | None:
    """Without the zeros that a column adds."""
    return None if value is None else Decimal(plain(value))


def _percent(score: Fraction | None) -> Decimal | None:
    return None if score is None else rounded(100 * score, 1)
