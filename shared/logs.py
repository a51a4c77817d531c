"""Logs: one JSON object a line in production, plain lines for people; never a variable's value, which may be personal."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog


def configure(*, as_json: bool) -> None:
    """Call once, when a process starts."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _where_it_was_raised,
    ]
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=last)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    if as_json:
        sys.excepthook = _ended


def _where_it_was_raised(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception by its kind and the lines of code it passed. Its own words stay out: a database's quote the row at fault."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if given and error is not None:
        event["exception"] = _without_words(error)
    return event


def _without_words(error: BaseException) -> str:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [cause] if cause is not None else []
    within = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    of_the_schema = getattr(error, "constraint_name", None) or getattr(error, "sqlstate", None)
    kind = f"{type(error).__qualname__} ({of_the_schema})" if of_the_schema else type(error).__qualname__
    return "\n".join([*map(_without_words, (*before, *within)), *traceback.format_tb(error.__traceback__), kind])


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last line of a process that a defect ends."""
    structlog.get_logger().critical("ended by a defect", exc_info=error)
