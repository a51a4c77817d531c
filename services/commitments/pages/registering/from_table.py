"""Many obligations at once, from a spreadsheet: each as if it had been typed page by page, and checked with the others."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Query, Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.actions import obligation_tables
from services.commitments.actions.owing import Days, Ready
from services.commitments.models.drafts import Draft, ObligationDraft, Typed
from services.commitments.pages.obligation_tables import by_row, owners_for, table_file
from services.commitments.pages.registering.assembling import days_in, quarters_in
from services.commitments.pages.registering.forms import BandsTyped
from services.commitments.pages.registering.measures import MOST_OWED, TooManyObligations
from services.commitments.pages.registering.steps import place
from services.commitments.pages.routing import Manager, pages
from services.commitments.rules.obligation_table import Format
from shared.api import Now, Tx
from shared.db import Connection
from shared.errors import FieldError, NotFound, ParityError
from shared.obligations import Side, plain
from shared.pages.forms import Bound, blank, uploads
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor

_HERE = "/registering/{draft_id:uuid}/obligations"


@pages.router.get(_HERE + "/upload")
async def ask_upload(request: Request, draft_id: UUID, tx: Tx, visitor: Manager) -> Response:
    return _page(request, await _draft(tx, draft_id, visitor), blank())


@pages.router.get(_HERE + "/template")
async def download_template(draft_id: UUID, tx: Tx, visitor: Manager, format: Annotated[Format, Query()] = "xlsx") -> Response:
    days = days_in(await _draft(tx, draft_id, visitor))
    if days is None:
        raise NotFound
    content = await obligation_tables.template_for(tx, visitor.caller.organisation_id, Days(*days), format)
    return table_file(content, format)


@pages.router.post(_HERE + "/upload")
async def upload(request: Request, draft_id: UUID, tx: Tx, now: Now, visitor: Manager, form: Form) -> Response:
    """Every row becomes an obligation of the draft, or none does and each cell at fault is named."""
    draft = await _draft(tx, draft_id, visitor)
    days, files = days_in(draft), uploads(form, "file")
    if days is None:
        raise Again(_page(request, draft, blank().wrong("Enter the first and last day of the contract first")))
    if not files:
        raise Again(_page(request, draft, blank().wrong("Select the filled spreadsheet", name="file")))
    before = draft.content.obligations
    taken = {str(one.promise.get("reference")) for one in before}
    content, owners, by = await files[0].read(), await owners_for(request, visitor), visitor.caller
    read = partial(obligation_tables.prepare_table, tx, content, Days(*days), taken, owners=owners, by=by, at=now)
    try:
        found = await actions.rehearse(tx, read)
        if len(before) + len(found) > MOST_OWED:
            raise TooManyObligations
    except ParityError as error:
        raise Again(_page(request, draft, blank().wrong(error.detail, name="file"), error.errors)) from None
    owed = [_as_typed(one) for one in found]
    await actions.change(tx, draft_id, lambda content: {"obligations": [*content.obligations, *owed]}, by=by, at=now)
    sides = {one.side for one in owed}
    return redirect(place(draft, f"obligations?side={Side.CORE_SERVICE if Side.CORE_SERVICE in sides else Side.SOCIAL_VALUE}"))


async def _draft(conn: Connection, draft_id: UUID, visitor: Visitor) -> Draft:
    """Of a contract. Raises NotFound, also for what is added to one: that is one obligation."""
    draft = await actions.read(conn, draft_id, by=visitor.caller)
    if draft.content.addition is not None:
        raise NotFound
    return draft


def _as_typed(ready: Ready) -> ObligationDraft:
    """What would have been typed on the three pages of an obligation."""
    new, terms = ready.new, ready.version.terms
    own, bands = new.own_measure, BandsTyped.of(terms.bands) if terms.bands else None
    promise: Typed = {
        "reference": new.reference,
        "wording": new.wording,
        "owner_id": str(new.owner_id or ""),
        "frequency": new.frequency.value,
        "evidence_required": "yes" if new.evidence_required else "no",
        "method_statement": new.method_statement or "",
        "relevant": new.relevant or "",
        "proportionate": new.proportionate or "",
        "additional": new.additional or "",
    }
    if own is not None:
        promise |= {"label": own.label, "code": own.code, "kind": own.kind.value, "unit": own.unit}
        promise["own_direction"] = own.direction.value
    targets: Typed = {
        "basis": terms.basis.value,
        "fte_counting": terms.fte_counting.value,
        "over_time": terms.over_time.value,
    }
    if new.spread is not None:
        targets |= {"how": "spread", "total": plain(new.spread.total), "way": new.spread.way.value}
    else:
        rows = [f"{one.quarter}\t{plain(one.target)}" for one in ready.version.targets]
        targets |= {"how": "table", "table": "\n".join(rows)}
    return ObligationDraft(
        id=uuid4(),
        side=new.side,
        measure=new.measure,
        direction=new.direction if own is None else None,
        promise=promise,
        targets=targets,
        bands={"none": "yes"}
        if bands is None
        else {
            "by": bands.by.value,
            "good": plain(bands.good),
            "approaching": plain(bands.approaching),
            "improvement": plain(bands.improvement),
        },
    )


def _page(request: Request, draft: Draft, form: Bound[Any], errors: tuple[FieldError, ...] = ()) -> Response:
    return pages.show(
        request,
        "obligations_upload.jinja",
        status=422 if form.errors else 200,
        caption="Register a contract",
        quarters=quarters_in(draft),
        form=form,
        cells=by_row(errors),
        draft=draft,
        award=place(draft, "award"),
        download=place(draft, "obligations/template"),
        back={"href": place(draft, f"obligations?side={Side.CORE_SERVICE}"), "text": "Back to the obligations"},
    )
