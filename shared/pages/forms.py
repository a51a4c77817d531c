"""Forms: what a person typed, bound to a pydantic model, with one message per field in the page's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData, UploadFile

from shared.errors import ParityError
from shared.pages.dates import PARTS, Part, wrong_with

M = TypeVar("M", bound=BaseModel)

Typed = dict[str, str | list[str]]


@dataclass(frozen=True)
class Says:
    """The messages of a field, as its annotation: ``Annotated[int, Says("Enter the hours", "Hours must be a whole number")]``.

    ``missing`` tells what to do where nothing was typed; ``invalid`` where it cannot be read (left out, the model's own words).
    A date has a name instead, ``Says("Enter the last day", called="Last day")``: its messages say what of it is not right.
    """

    missing: str
    invalid: str = ""
    called: str = ""


@dataclass(frozen=True)
class FormError:
    """``name`` is the field's; empty where the message concerns the whole form."""

    name: str
    text: str
    parts: tuple[Part, ...] = ()
    """Those of a date that are wrong; none where the date is, or the field is none."""


@dataclass(frozen=True)
class Bound(Generic[M]):
    """A form as it was typed, with its value or what is wrong with it."""

    typed: Typed
    value: M | None = None
    errors: tuple[FormError, ...] = ()
    key: str = ""
    """Sent along with a form that creates something, so that a double click creates it once."""

    def error(self, name: str) -> str | None:
        """The one message of a field."""
        return next((error.text for error in self.errors if error.name == name), None)

    def in_error(self, name: str, part: Part) -> bool:
        """Whether this part of a date is wrong."""
        return any(error.name == name and part in (error.parts or PARTS) for error in self.errors)

    def place(self, error: FormError) -> str:
        """The id of the field to mend; of a date, of its first part that is wrong. Empty where it is the whole form."""
        is_date = f"{error.name}-day" in self.typed
        return f"{error.name}-{(error.parts or PARTS)[0]}" if is_date else error.name

    def text(self, name: str) -> str:
        found = self.typed.get(name, "")
        return found if isinstance(found, str) else ", ".join(found)

    def many(self, name: str) -> list[str]:
        found = self.typed.get(name, [])
        return [found] if isinstance(found, str) else found

    def wrong(self, text: str, *, name: str = "") -> Bound[M]:
        """The same form with one more message."""
        return replace(self, value=None, errors=(*self.errors, FormError(name, without_stop(text))))

    def refused(self, error: ParityError, fields: Mapping[str, str] | None = None) -> Bound[M]:
        """The same form with what an action said against it.

        An error's pointer ``/lines/0/figure`` belongs to the field ``figure``, or to what ``fields`` names for it or one of its
        steps; what has no pointer to what it names for "". Of several for one field the first is told.
        """
        where = fields or {}
        found = [FormError(_field(one.pointer, self.typed, where), without_stop(one.detail)) for one in error.errors]
        first = {one.name: one for one in reversed(found)}
        told = tuple(one for one in found if not one.name or one is first[one.name])
        whole = FormError(where.get("", ""), without_stop(error.detail))
        return replace(self, value=None, errors=(*self.errors, *(told or (whole,))))


def blank(**typed: object) -> Bound[Any]:
    """A form before anybody typed; what is given stands in it already."""
    return Bound({name: _text(value) for name, value in typed.items() if value is not None}, key=str(uuid4()))


def bind(model: type[M], form: FormData) -> Bound[M]:
    """What was typed, as ``model``. Blanks count as nothing typed; a date comes as three fields, ``NAME-day`` and so on."""
    return bind_typed(model, typed_in(form))


def bind_typed(model: type[M], typed: Typed) -> Bound[M]:
    """The same of what was typed earlier, and kept."""
    given: dict[str, Any] = {}
    dates: dict[str, FormError] = {}
    for name, field in model.model_fields.items():
        value = _given(name, field, typed)
        if isinstance(value, FormError):
            dates[name] = value
        if value is not None:
            given[name] = value
    key = str(uuid4())
    try:
        return Bound(typed, value=model.model_validate(given), key=key)
    except ValidationError as error:
        messages: dict[str, str] = {}
        for one in error.errors():
            name = str(one["loc"][0]) if one["loc"] else ""
            messages.setdefault(name, _message(model.model_fields.get(name), one["type"], one["msg"]))
        order = ["", *model.model_fields]
        told = sorted(messages.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))
        return Bound(typed, errors=tuple(dates.get(name) or FormError(name, text) for name, text in told), key=key)


def uploads(form: FormData, name: str) -> list[UploadFile]:
    """The files that were chosen for a field; a browser sends an empty one where none was."""
    return [file for file in form.getlist(name) if isinstance(file, UploadFile) and file.filename]


def typed_in(form: FormData) -> Typed:
    """Everything that was typed, by the fields' names."""
    typed: Typed = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or name == "csrf":
            continue
        before = typed.get(name)
        if before is None:
            typed[name] = value
        else:
            typed[name] = [*(before if isinstance(before, list) else [before]), value]
    return typed


def _given(name: str, field: FieldInfo, typed: Typed) -> str | list[str] | FormError | None:
    """What was typed for a field; for a date that is none, what is wrong with it, which no field takes."""
    if _holds(field.annotation, date) and name not in typed:
        parts: dict[Part, str] = {part: str(typed.get(f"{name}-{part}", "")).strip() for part in PARTS}
        if not any(parts.values()):
            return None
        says = _says(field)
        if wrong := wrong_with(parts, (says and says.called) or "Date"):
            return FormError(name, *wrong)
        return f"{parts['year']}-{parts['month']:0>2}-{parts['day']:0>2}"
    value = typed.get(name)
    if _holds(field.annotation, list, tuple, set, frozenset):
        values = [value] if isinstance(value, str) else value or []
        return [one.strip() for one in values if one.strip()]
    if isinstance(value, list):
        value = value[-1]
    return value.strip() or None if value is not None else None


def _holds(annotation: Any, *kinds: type) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return any(_holds(one, *kinds) for one in get_args(annotation))
    found = origin or annotation
    return isinstance(found, type) and issubclass(found, kinds)


def _message(field: FieldInfo | None, kind: str, said: str) -> str:
    says = field and _says(field)
    own = said.removeprefix("Value error, ")
    if kind in ("value_error", "assertion_error"):
        return own
    if says is None:
        return own
    return says.missing if kind == "missing" else says.invalid or own


def without_stop(text: str) -> str:
    """Messages of forms end without a full stop; those of several sentences keep theirs."""
    return text if ". " in text else text.removesuffix(".")


def _says(field: FieldInfo) -> Says | None:
    return next((one for one in field.metadata if isinstance(one, Says)), None)


def _field(pointer: str, typed: Typed, fields: Mapping[str, str]) -> str:
    if pointer in fields:
        return fields[pointer]
    steps = [step for step in pointer.split("/") if step]
    for step in reversed(steps):
        if step in fields:
            return fields[step]
        if step in typed or f"{step}-day" in typed:
            return step
    return fields.get("", "")


def _text(value: object) -> str | list[str]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return [str(one) for one in value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, (str, int, UUID)) else format(value, "")
