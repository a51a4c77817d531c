"""Errors as application/problem+json (RFC 9457): a stable code, a sentence, a pointer per error; never an exception's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from shared.db import unavailable
from shared.errors import FieldError, NotFound, ParityError, PreconditionFailed
from shared.pages.errors import error_page, not_saved, sign_in, wants_page
from shared.pages.site import Again, FromAnotherSession
from shared.pages.visitors import SessionOver, SignInFirst

logger = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_FORM_ONLY = "Only a form can be sent to this address. Open the page that the form is on, and use its button."
TOO_LARGE = "This request is larger than is accepted. Split it, or send a smaller file."


class ProblemError(BaseModel):
    pointer: str
    """A JSON Pointer into the request's body, ``/query/NAME`` or ``/header/NAME``, or a spreadsheet's cell."""
    detail: str
    code: str


class Problem(BaseModel):
    type: str
    """``urn:parity:problem:`` and the code."""
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemError] = []
    current: dict[str, Any] | None = None
    """With 412: what stands now."""


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    current: BaseModel | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {
        "type": f"urn:parity:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [{"pointer": one.pointer, "detail": one.detail, "code": one.code} for one in errors],
    }
    if current is not None:
        body["current"] = current.model_dump(mode="json")
    return Response(orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses for the OpenAPI description of a route, each with a Problem."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def register(app: FastAPI) -> None:
    """Answer what the app refuses as a problem, or by the page that it brings along. What it did not expect: ``unexpected``."""
    app.add_exception_handler(Again, _again)
    app.add_exception_handler(ParityError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)


def answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    current: BaseModel | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem for a program, a page for a browser."""
    if wants_page(request):
        return error_page(request, status, detail, errors, headers)
    return problem(status, code, detail, errors=errors, current=current, headers=headers)


async def _again(request: Request, error: Exception) -> Response:
    assert isinstance(error, Again)  # noqa: S101
    return error.page


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ParityError)  # noqa: S101
    if isinstance(error, SignInFirst) and wants_page(request):
        return sign_in(error)
    if isinstance(error, SessionOver | FromAnotherSession) and wants_page(request):
        return not_saved(request, error)
    current = error.current if isinstance(error, PreconditionFailed) else None
    return answer(request, error.status, error.code, error.detail, errors=error.errors, current=current, headers=error.headers)


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [FieldError(_pointer(one["loc"]), one["msg"].removeprefix("Value error, "), one["type"]) for one in error.errors()]
    return answer(request, 422, "invalid", "Some of what was sent is not right.", errors=errors)


def _pointer(place: Sequence[str | int]) -> str:
    where, *rest = place or ("body",)
    steps = rest if where == "body" else [where, *rest]
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return too_large(request)
    if status == HTTPStatus.NOT_FOUND:
        return await _refused(request, NotFound())
    code = status.phrase.lower().replace(" ", "-").replace("'", "")
    form_only = status == HTTPStatus.METHOD_NOT_ALLOWED and wants_page(request)
    detail = _FORM_ONLY if form_only else status.description or status.phrase
    return answer(request, status, code, detail, headers=error.headers)


def too_large(request: Request) -> Response:
    return answer(request, 413, "too-large", TOO_LARGE, headers={"Connection": "close"})


def unexpected(request: Request, error: Exception) -> Response:
    """The answer to a defect of ours, or to a database that is away. It is noted, and not told."""
    if unavailable(error):
        logger.warning("unavailable", route=_route(request), error=type(error).__name__)
        detail = "The service is busy or its database is restarting. Try again."
        return answer(request, 503, "unavailable", detail, headers={"Retry-After": "2"})
    logger.error("request failed", route=_route(request), exc_info=error)
    return answer(request, 500, "internal-error", "Something went wrong on our side. It has been noted.")


def _route(request: Request) -> str:
    """As it was declared: the path itself may hold a link's secret."""
    return f"{request.method} {getattr(request.scope.get('route'), 'path', 'unmatched')}"
