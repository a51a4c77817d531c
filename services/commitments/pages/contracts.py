"""Contracts: a list to search, and what one contract promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.commitments.actions import contracts as actions
from services.commitments.actions.people import cannot_open_alerts
from services.commitments.models.contracts import Contract, ContractSummary
from services.commitments.pages import words
from services.commitments.pages.routing import Cursor, Reader, Supplier, pages
from services.commitments.rules.contracts import targets_in_force
from services.commitments.store import contracts as store
from services.commitments.store import drafts as draft_store
from shared.access import SUPPLIER, Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.obligations import ContractForm
from shared.origin import link
from shared.pages import downloads
from shared.pages.downloads import TableForm, Taken
from shared.pages.forms import blank
from shared.pages.naming import names_of
from shared.pages.visitors import Visitor
from shared.quarters import Quarter, local_date
from shared.spreadsheets import Sheet
from shared.viewer import Viewer
from shared.words import label

_PAGE = 25
_HEADINGS = ("Reference", "Title", "Kind", "Buyer", "Supplier", "Starts on", "Ends on", "Value", "Currency")
_WIDTHS = {"Title": 50, "Buyer": 36, "Supplier": 36}
_OWED = ("Obligation", "Side", "Measure code", "Measure", "What is promised", "Rated", "Unit")
_NOT_SUPPLYING = (Role.CONTRACT_MANAGER, Role.ICB_ANALYST)
_WHEN = {"running": "Running now", "to-come": "Not started yet", "over": "Over"}


@dataclass(frozen=True)
class _Narrowed:
    """What the list was narrowed to, as it was typed."""

    q: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = ""
    when: Annotated[str, Query(max_length=20)] = ""
    form: Annotated[str, Query(max_length=20)] = ""

    def asked(self, today: date) -> dict[str, Any]:
        """For the store; words that mean nothing narrow nothing."""
        return {
            "words": self.q.strip() or None,
            "running_on": today if self.when == "running" else None,
            "starts_after": today if self.when == "to-come" else None,
            "ended_before": today if self.when == "over" else None,
            "form": ContractForm(self.form) if self.form in list(ContractForm) else None,
        }

    def said(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}


@pages.router.get("/contracts")
async def list_contracts(
    request: Request, tx: Tx, now: Now, visitor: Reader, narrowed: Annotated[_Narrowed, Depends()], cursor: Cursor = None
) -> Response:
    """The contracts that the visitor may see, the latest recorded first. A supplier who buys too sees those it buys here."""
    return await _show(request, tx, now, visitor, narrowed, cursor, supplies=not visitor.has(*_NOT_SUPPLYING))


@pages.router.get("/contracts/yours")
async def list_supplied_contracts(
    request: Request, tx: Tx, now: Now, visitor: Supplier, narrowed: Annotated[_Narrowed, Depends()], cursor: Cursor = None
) -> Response:
    """Those that the visitor's organisation supplies."""
    return await _show(request, tx, now, visitor, narrowed, cursor, supplies=True)


@pages.router.get("/contracts/download")
async def download_contracts(
    tx: Tx, now: Now, visitor: Reader, narrowed: Annotated[_Narrowed, Depends()], file: Taken
) -> Response:
    """The whole list as it was narrowed."""
    return await _taken(tx, now, visitor, narrowed, file, supplies=not visitor.has(*_NOT_SUPPLYING))


@pages.router.get("/contracts/yours/download")
async def download_supplied_contracts(
    tx: Tx, now: Now, visitor: Supplier, narrowed: Annotated[_Narrowed, Depends()], file: Taken
) -> Response:
    return await _taken(tx, now, visitor, narrowed, file, supplies=True)


async def _taken(
    conn: Connection, now: datetime, visitor: Visitor, narrowed: _Narrowed, form: TableForm, *, supplies: bool
) -> Response:
    viewer = Viewer.of(visitor.caller, acting_as=SUPPLIER if supplies else _NOT_SUPPLYING)
    asked = narrowed.asked(local_date(now))
    found: list[ContractSummary] = await downloads.whole(
        lambda last, limit: store.page(conn, viewer, **asked, after=last.contract_id if last else None, limit=limit)
    )
    rows = [
        (
            one.reference,
            one.title,
            label(one.form),
            one.lead_buyer,
            one.lead_supplier,
            one.starts_on,
            one.ends_on,
            one.value,
            one.currency,
        )
        for one in found
    ]
    return await downloads.table(Sheet("Contracts", _HEADINGS, rows, widths=_WIDTHS), "contracts", form)


async def _show(
    request: Request,
    conn: Connection,
    now: datetime,
    visitor: Visitor,
    narrowed: _Narrowed,
    cursor: str | None,
    *,
    supplies: bool,
) -> Response:
    path = link("commitments", "/contracts/yours" if supplies else "/contracts")
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    viewer = Viewer.of(visitor.caller, acting_as=SUPPLIER if supplies else _NOT_SUPPLYING)
    found = await store.page(conn, viewer, **narrowed.asked(local_date(now)), after=after, limit=_PAGE + 1)
    shown, more = paged(found, _PAGE, lambda one: (one.contract_id,))
    registers = visitor.has(Role.CONTRACT_MANAGER) and not supplies
    return pages.show(
        request,
        "contracts.jinja",
        contracts=shown,
        next=f"{path}?{urlencode({**narrowed.said(), 'cursor': more})}" if more else "",
        form=blank(**vars(narrowed)),
        narrowed=bool(narrowed.said()),
        whens=[{"value": value, "text": text} for value, text in _WHEN.items()],
        forms=words.labels(ContractForm),
        path=path,
        taken=downloads.offered(path, **narrowed.said()),
        supplies=supplies,
        registers=registers,
        begun=await draft_store.count(conn, visitor.caller.person_id) if registers else 0,
        today=local_date(now),
        now=now,
    )


@pages.router.get("/contracts/{contract_id:uuid}")
async def show_promises(
    request: Request,
    contract_id: UUID,
    tx: Tx,
    now: Now,
    visitor: Reader,
    registered: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """What was promised: a tab beside how it is going and what was reported."""
    contract = await actions.read_contract(tx, contract_id, by=visitor.caller)
    own = visitor.caller.organisation_id in {buyer.organisation_id for buyer in contract.buyers}
    owners = {one.owner_id for one in contract.obligations if one.owner_id}
    people = owners | {version.recorded_by for one in contract.obligations for version in one.versions}
    return pages.show(
        request,
        "promises.jinja",
        contract=contract,
        parent=await _parent(tx, contract.parent_id, visitor),
        targets=targets_in_force,
        words=words,
        names=await names_of(request, people),
        cannot_open=await cannot_open_alerts(request.app.state.runtime.identity, owners),
        changes=visitor.has(Role.CONTRACT_MANAGER) and own,
        back=await _back(tx, contract_id, visitor),
        over=contract.ends_on < local_date(now),
        taken=downloads.offered(link("commitments", f"/contracts/{contract_id}")),
        this_quarter=Quarter.of(local_date(now)),
        registered=bool(registered),
        now=now,
    )


@pages.router.get("/contracts/{contract_id:uuid}/download")
async def download_promises(contract_id: UUID, tx: Tx, visitor: Reader, file: Taken) -> Response:
    """What is owed, with the target of every quarter in force."""
    contract = await actions.read_contract(tx, contract_id, by=visitor.caller)
    owed = [(one, {each.quarter: each.target for each in targets_in_force(one)}) for one in contract.obligations]
    quarters = sorted({quarter for _, targets in owed for quarter in targets})
    rows = [
        (
            *(one.reference, words.SIDES[one.side], one.newest.terms.measure.code, one.newest.terms.measure.label),
            *(one.newest.wording, words.basis(one.newest.terms), one.newest.terms.measure.unit),
            *(targets.get(quarter) for quarter in quarters),
        )
        for one, targets in owed
    ]
    headings = (*_OWED, *(f"Target {quarter}" for quarter in quarters))
    sheet = Sheet("What is owed", headings, rows, widths={"Measure": 40, "What is promised": 60, "Rated": 30})
    return await downloads.table(sheet, f"{contract.reference}-what-is-owed", file)


async def _back(conn: Connection, contract_id: UUID, visitor: Visitor) -> dict[str, str]:
    """To the list that the contract stands in."""
    bought = await store.sees(conn, Viewer.of(visitor.caller, acting_as=_NOT_SUPPLYING), contract_id)
    return {"href": link("commitments", "/contracts" if bought else "/contracts/yours"), "text": "Back to contracts"}


async def _parent(conn: Connection, parent_id: UUID | None, visitor: Visitor) -> Contract | None:
    """The framework or lot above, where the visitor may see it too."""
    if parent_id is None or not await store.sees(conn, Viewer.of(visitor.caller), parent_id):
        return None
    return await store.find(conn, parent_id)
