"""Everything that was done to one contract, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import contracts as actions
from services.commitments.pages.routing import Reader, pages
from shared.api import Tx
from shared.db import Connection
from shared.history import Entry
from shared.origin import link
from shared.pages import downloads
from shared.pages.naming import names_of
from shared.pages.visitors import Visitor
from shared.quarters import Quarter
from shared.spreadsheets import Sheet
from shared.words import day, label, listed

_LONGEST = 300
_HEADINGS = ("When (UK time)", "Who", "What", "Details", "Why")
_DONE = {"recorded": "Registered", "obligations added": "Obligations added", "changed": "Changed", "closed": "Closed early"}


@dataclass(frozen=True, slots=True)
class _Done:
    """One thing that was done, in words."""

    at: datetime
    by: str
    done: str
    told: list[str]
    reason: str | None


@pages.router.get("/contracts/{contract_id:uuid}/history")
async def show_history(request: Request, contract_id: UUID, tx: Tx, visitor: Reader) -> Response:
    """The latest first."""
    contract = await actions.read_contract(tx, contract_id, by=visitor.caller)
    told = await _entries(request, tx, contract_id, visitor)
    return pages.show(
        request,
        "contract_history.jinja",
        contract=contract,
        entries=told,
        taken=downloads.offered(link("commitments", f"/contracts/{contract_id}/history")),
        back={"href": link("commitments", f"/contracts/{contract_id}"), "text": "Back to what was promised"},
    )


@pages.router.get("/contracts/{contract_id:uuid}/history/download")
async def download_history(request: Request, contract_id: UUID, tx: Tx, visitor: Reader, file: downloads.Taken) -> Response:
    contract = await actions.read_contract(tx, contract_id, by=visitor.caller)
    rows = [
        (downloads.clock(one.at), one.by, one.done, "; ".join(one.told), one.reason)
        for one in await _entries(request, tx, contract_id, visitor)
    ]
    sheet = Sheet("History", _HEADINGS, rows, widths={"When (UK time)": 20, "Who": 30, "Details": 60, "Why": 60})
    return await downloads.table(sheet, f"{contract.reference}-history", file)


async def _entries(request: Request, conn: Connection, contract_id: UUID, visitor: Visitor) -> list[_Done]:
    """The latest first."""
    entries = await actions.history_of(conn, contract_id, by=visitor.caller)
    names = await names_of(request, {entry.person_id for entry in entries})
    return [
        _Done(entry.at, names[entry.person_id], _done(entry), _told(entry), entry.detail.get("reason"))
        for entry in reversed(entries)
    ]


def _done(entry: Entry) -> str:
    return _DONE.get(entry.action, label(entry.action))


def _told(entry: Entry) -> list[str]:
    """What it came to, in phrases."""
    detail = entry.detail
    before, after = detail.get("before") or {}, detail.get("after") or {}
    told = [f"{label(name)}: {_said(before.get(name))} → {_said(value)}" for name, value in after.items() if name != "reason"]
    if "from_quarter" in detail:
        told.append(f"{detail.get('obligation')}, from {Quarter.parse(detail['from_quarter'])} on")
    if isinstance(detail.get("obligations"), list):
        told.append(listed([str(one) for one in detail["obligations"]]))
    if "ends_on" in detail:
        told.append(f"Last day: {_said(detail['ends_on'])}")
    return [one if len(one) <= _LONGEST else one[:_LONGEST] + "…" for one in told]


def _said(value: Any) -> str:
    if value in (None, {}, []):
        return "nothing"
    if isinstance(value, list):
        return listed([f"{one['measure_code']} {one['amount']} until {day(date.fromisoformat(one['to_date']))}" for one in value])
    if isinstance(value, dict):
        return listed([f"{name} {share}" for name, share in value.items()])
    try:
        return day(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)
