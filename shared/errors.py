"""What goes wrong by a caller's doing. The class's docstring is the sentence that the caller reads; its name is the code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel


@dataclass(frozen=True)
class FieldError:
    """One thing to mend. ``pointer`` is a JSON Pointer (RFC 6901) into the request, or a spreadsheet's cell."""

    pointer: str
    detail: str
    code: str = "invalid"


class ParityError(Exception):
    """Something is wrong with this request."""

    status: ClassVar[int] = 400

    def __init__(self, detail: str | None = None, *, errors: Sequence[FieldError] = (), headers: dict[str, str] | None = None):
        self.detail = detail or (type(self).__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
        self.errors = tuple(errors)
        self.headers = headers or {}
        super().__init__(self.detail)

    @property
    def code(self) -> str:
        """The class's name in kebab case: ``quarter-not-over``."""
        return code_of(type(self))


def code_of(kind: type[ParityError]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


class BadRequest(ParityError):
    """The request cannot be understood."""


class Unauthorised(ParityError):
    """Send a valid API key as a bearer token."""

    status = 401


class Forbidden(ParityError):
    """You are not allowed to do this."""

    status = 403


class NotFound(ParityError):
    """There is nothing here, or nothing that you may see."""

    status = 404


class Conflict(ParityError):
    """This does not fit what is recorded."""

    status = 409


class PreconditionFailed(ParityError):
    """This has changed since you read it. Read it again, then send your change with the new ETag."""

    status = 412

    def __init__(self, detail: str | None = None, *, current: BaseModel | None = None) -> None:
        """``current`` is what stands now: it goes into the answer, so that a client can show both and nobody types twice."""
        super().__init__(detail)
        self.current = current


class TooLarge(ParityError):
    """This is larger than is accepted."""

    status = 413


class Unsupported(ParityError):
    """This kind of file or content is not accepted."""

    status = 415


class Invalid(ParityError):
    """Some of what was sent is not right."""

    status = 422


class Unavailable(ParityError):
    """Something that this needs does not answer. Try again later."""

    status = 503


class PreconditionRequired(ParityError):
    """Send If-Match with the ETag of what you read, so that nobody's change is lost."""

    status = 428
