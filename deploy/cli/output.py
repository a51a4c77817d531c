"""What a command says: results to stdout (pure JSON with --json), everything else to stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

_LINE_SECONDS = 5.0

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]


def result(value: Any, *, as_json: bool, text: str) -> None:
    """``value`` as JSON, or ``text`` for people."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str) if as_json else text)


def say(text: str) -> None:
    typer.echo(text, err=True)


def fail(sentence: str, code: int = 1) -> NoReturn:
    say(sentence)
    sys.exit(code)


Tell = Callable[[int, int | None, str], None]
"""Told how much is done, of how much, and what is being done now."""


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """A progress bar on stderr; where that is no terminal, a line now and then."""
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, total: int | None, now: str) -> None:
            bar.update(task, completed=done, total=total, description=now or what)

        yield tell


def _lines(what: str) -> Tell:
    said = time.monotonic()

    def tell(done: int, total: int | None, now: str) -> None:
        nonlocal said
        if time.monotonic() > said + _LINE_SECONDS:
            said = time.monotonic()
            say(f"{now or what}: {done}{f' of {total}' if total else ''}")

    return tell
