"""A supplier that nobody has recorded yet, while a contract is registered: recorded once, and offered where it is known."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ValidationInfo, field_validator

from services.commitments.actions import drafts as actions
from services.commitments.actions.organisations import RecordedAlready, record_supplier
from services.commitments.models.contracts import Part
from services.commitments.models.drafts import Draft
from services.commitments.models.organisations import Name, NewSupplier, Number, Organisation, RegisteredNumber
from services.commitments.models.registers import REGISTERS, as_registered
from services.commitments.pages import words
from services.commitments.pages.registering.parties import with_party
from services.commitments.pages.registering.steps import ids_in, place
from services.commitments.pages.routing import Manager, pages
from services.commitments.store import contracts as store
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import NotFound, ParityError
from shared.obligations import Place, Sector
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor

_SCHEMES = {"company": "GB-COH", "charity": "GB-CHC", "nhs": "GB-NHS", "procurement": "GB-PPON"}
"""By the names of the fields."""
Registered = Annotated[Number | None, Says("", "Enter 200 characters or fewer")]


class _Supplier(BaseModel):
    name: Annotated[Name, Says("Enter the supplier's name", "Name must have 300 characters or fewer")]
    company: Registered = None
    charity: Registered = None
    nhs: Registered = None
    procurement: Registered = None
    sector: Annotated[Sector, Says("Select the sector", "Select the sector")]
    place: Annotated[Place | None, Says("", "Select a place from the list")] = None

    @field_validator(*_SCHEMES)
    @classmethod
    def _as_registered(cls, value: str | None, info: ValidationInfo) -> str | None:
        return value and as_registered(_SCHEMES[str(info.field_name)], value)

    def entered(self) -> dict[str, str]:
        """Numbers by the fields that they were entered in."""
        return {field: number for field in _SCHEMES if (number := getattr(self, field))}


@pages.router.get("/registering/{draft_id:uuid}/supplier")
async def ask_supplier(request: Request, draft_id: UUID, tx: Tx, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    return _page(request, draft, blank(name=str(draft.content.parties.get("find-supplier", "")).strip()))


@pages.router.post("/registering/{draft_id:uuid}/supplier")
async def record(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    if form.get("do") == "use":
        [known] = ids_in([str(form.get("known", ""))]) or [draft_id]
        if await store.missing_organisations(tx, [known], Part.SUPPLIER):
            raise NotFound
        return await _taken_in(tx, draft, known, visitor, now)
    bound: Bound[_Supplier] = bind(_Supplier, form)
    said = bound.value
    if said is None:
        raise Again(_page(request, draft, bound))
    entered = said.entered()
    numbers = tuple(RegisteredNumber(scheme=_SCHEMES[field], id=number) for field, number in entered.items())
    new = NewSupplier(name=said.name, identifiers=numbers, sector=said.sector, place=said.place)
    fields = {str(number): field for number, field in enumerate(entered)}
    try:
        recorded = await record_supplier(tx, new, by=visitor.caller.person_id, at=now)
    except RecordedAlready as error:
        raise Again(_page(request, draft, bound.refused(error, fields), error.organisation)) from None
    except ParityError as error:
        raise Again(_page(request, draft, bound.refused(error, fields))) from None
    return await _taken_in(tx, draft, recorded.organisation_id, visitor, now)


async def _taken_in(conn: Connection, draft: Draft, supplier_id: UUID, visitor: Visitor, now: datetime) -> Response:
    draft = await actions.change(
        conn,
        draft.draft_id,
        lambda content: {"parties": with_party(content.parties, Part.SUPPLIER, str(supplier_id))},
        by=visitor.caller,
        at=now,
    )
    return redirect(place(draft, "parties"))


def _page(request: Request, draft: Draft, form: Bound[Any], known: Organisation | None = None) -> Response:
    return pages.show(
        request,
        "register_supplier.jinja",
        status=422 if form.errors else 200,
        form=form,
        known=known,
        registers={field: REGISTERS[scheme] for field, scheme in _SCHEMES.items()},
        sectors=words.SECTORS,
        places=words.PLACES,
        back={"href": place(draft, "parties"), "text": "Back to who takes part"},
    )
