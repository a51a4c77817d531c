"""The catalogue: looked at by administrators and the ICB; loaded, confirmed and deactivated by administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from services.commitments.actions import measures as actions
from services.commitments.models.measures import CatalogueMeasure, Confirmation, Label, MeasureStatus, Unit
from services.commitments.pages.routing import PER_PAGE, Administrator, Cursor, Search, pages, with_query
from services.commitments.rules.measures import COLUMNS, UNITS, CannotReadMeasures, cells_of
from services.commitments.store import measures as store
from shared.access import Role
from shared.api import Now, Tx, decode_cursor, paged
from shared.db import Connection
from shared.errors import FieldError, NotFound, ParityError
from shared.obligations import Text
from shared.origin import link
from shared.pages import downloads
from shared.pages.forms import Bound, Says, bind, blank, uploads
from shared.pages.site import Form, redirect
from shared.pages.visitors import Visitor, admit
from shared.spreadsheets import Sheet

_LIST = link("commitments", "/measures")
_BACK = {"href": _LIST, "text": "Back to measures"}
_LARGEST = 1_000_000
_MOST_ERRORS = 100
_WIDTHS = {"theme": 36, "outcome": 50, "label": 60, "note": 40}

Reader = Annotated[Visitor, admit(Role.ADMINISTRATOR, Role.ICB_ANALYST)]
Framework = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
Code = Annotated[str, Query(max_length=50, pattern=r"^[^\x00]*$")]


class ConfirmForm(BaseModel):
    label: Annotated[Label, Says("Enter the wording", "Wording must have 300 characters or fewer")]
    unit: Annotated[Unit, Says("Enter the unit", "Unit must have 50 characters or fewer")]
    note: Text = ""


class DeactivateForm(BaseModel):
    note: Annotated[Text, Says("Enter why it is no longer to be promised")]


@dataclass(frozen=True)
class _Narrowed:
    """What the catalogue was narrowed to."""

    name: Search = ""
    framework: Framework = ""
    status: MeasureStatus | None = None

    def asked(self) -> dict[str, Any]:
        """For the store."""
        return {"framework": self.framework or None, "status": self.status, "containing": self.name.strip()}


@pages.router.get("/measures")
async def list_measures(
    request: Request, tx: Tx, visitor: Reader, narrowed: Annotated[_Narrowed, Depends()], cursor: Cursor = None
) -> Response:
    after = decode_cursor(cursor, str, str) if cursor else None
    found = await store.measures(tx, **narrowed.asked(), after=after, limit=PER_PAGE + 1)
    shown, more = paged(found, PER_PAGE, lambda one: (one.measure.framework, one.measure.code))
    return pages.show(
        request,
        "measures.jinja",
        measures=[(each, _place_of(each)) for each in shown],
        frameworks=await store.frameworks(tx),
        name=narrowed.name,
        framework=narrowed.framework,
        chosen=narrowed.status,
        statuses=MeasureStatus,
        to_confirm=len(await store.codes_to_confirm(tx)),
        next_href=with_query(_LIST, **vars(narrowed), cursor=more) if more else None,
        taken=downloads.offered(_LIST, **vars(narrowed)),
    )


@pages.router.get("/measures/download")
async def download_measures(
    tx: Tx, visitor: Reader, narrowed: Annotated[_Narrowed, Depends()], file: downloads.Taken
) -> Response:
    """In the columns of a file of measures: what is changed in it can be loaded again."""
    rows = [cells_of(found) for found in await store.measures(tx, **narrowed.asked())]
    return await downloads.table(Sheet("Measures", COLUMNS, rows, widths=_WIDTHS), "measures", file)


@pages.router.get("/measures/load")
async def ask_load(request: Request, visitor: Administrator) -> Response:
    return pages.show(request, "measures_load.jinja", form=blank(), columns=COLUMNS, back=_BACK)


@pages.router.post("/measures/load")
async def load(request: Request, tx: Tx, now: Now, form: Form, visitor: Administrator) -> Response:
    """All of the file, or nothing with every row and column at fault named."""
    said: dict[str, Any] = {"columns": COLUMNS, "back": _BACK}
    files, bound = uploads(form, "file"), blank()
    if not files:
        wrong = bound.wrong("Select a CSV file of measures", name="file")
        raise pages.again(request, "measures_load.jinja", form=wrong, **said)
    content = await files[0].read(_LARGEST + 1)
    if len(content) > _LARGEST:
        wrong = bound.wrong("The selected file must be smaller than 1MB", name="file")
        raise pages.again(request, "measures_load.jinja", form=wrong, **said)
    try:
        rows = actions.read_measures_csv(actions.text_of(content))
        loaded = await actions.load_framework(tx, rows[0].framework, rows, by=visitor.caller.person_id, at=now)
    except CannotReadMeasures as error:
        wrong = bound.wrong(error.detail, name="file")
        wrongs = [_placed(one) for one in error.errors]
        more = max(len(wrongs) - _MOST_ERRORS, 0)
        said |= {"wrongs": wrongs[:_MOST_ERRORS], "more": more}
        raise pages.again(request, "measures_load.jinja", form=wrong, **said) from None
    return redirect(with_query(_LIST, framework=loaded.name))


@pages.router.get("/measures/one")
async def show(request: Request, tx: Tx, visitor: Reader, framework: Framework, code: Code) -> Response:
    found = await _known(tx, framework, code)
    held = blank(label=found.measure.label, unit=found.measure.unit, note=found.note)
    return pages.show(request, "measure.jinja", **_said(found, confirm=held))


@pages.router.post("/measures/confirm")
async def confirm(
    request: Request, tx: Tx, now: Now, form: Form, visitor: Administrator, framework: Framework = "", code: Code = ""
) -> Response:
    found = await _known(tx, framework, code)
    bound: Bound[ConfirmForm] = bind(ConfirmForm, form)
    if bound.value is None:
        raise pages.again(request, "measure.jinja", **_said(found, confirm=bound))
    said = Confirmation(**bound.value.model_dump())
    try:
        await actions.confirm_measure(tx, framework, code, said, by=visitor.caller.person_id, at=now)
    except ParityError as error:
        raise pages.again(request, "measure.jinja", **_said(found, confirm=bound.refused(error))) from None
    return redirect(_place_of(found))


@pages.router.post("/measures/deactivate")
async def deactivate(
    request: Request, tx: Tx, now: Now, form: Form, visitor: Administrator, framework: Framework = "", code: Code = ""
) -> Response:
    found = await _known(tx, framework, code)
    bound: Bound[DeactivateForm] = bind(DeactivateForm, form)
    if bound.value is None:
        raise pages.again(request, "measure.jinja", **_said(found, deactivate=bound))
    try:
        await actions.deactivate_measure(tx, framework, code, bound.value.note, by=visitor.caller.person_id, at=now)
    except ParityError as error:
        raise pages.again(request, "measure.jinja", **_said(found, deactivate=bound.refused(error))) from None
    return redirect(_place_of(found))


async def _known(tx: Connection, framework: str, code: str) -> CatalogueMeasure:
    found = await store.find_measure(tx, code, framework=framework)
    if found is None:
        raise NotFound
    return found


def _said(found: CatalogueMeasure, *, confirm: Bound[Any] | None = None, deactivate: Bound[Any] | None = None) -> dict[str, Any]:
    """``form`` is the one whose errors stand at the top; the other one is as it stands."""
    held = blank(label=found.measure.label, unit=found.measure.unit, note=found.note)
    measure = {"framework": found.measure.framework, "code": found.measure.code}
    return {
        "found": found,
        "form": deactivate or confirm or blank(),
        "confirming": confirm or held,
        "deactivating": deactivate or blank(),
        "unit_is_fixed": found.measure.kind in UNITS,
        "confirm_at": with_query(link("commitments", "/measures/confirm"), **measure),
        "deactivate_at": with_query(link("commitments", "/measures/deactivate"), **measure),
        "back": _BACK,
    }


def _place_of(found: CatalogueMeasure) -> str:
    return with_query(f"{_LIST}/one", framework=found.measure.framework, code=found.measure.code)


def _placed(error: FieldError) -> tuple[str, str, str]:
    """Row, column and what to do."""
    row, _, column = error.pointer.partition(", ")
    return row.removeprefix("row ").capitalize(), column, error.detail
