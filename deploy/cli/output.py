"""What a command says: results to stdout (pure JSON with --json), everything else to stderr."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, NoReturn

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]


def result(value: Any, *, as_json: bool, text: str) -> None:
    """``value`` as JSON, or ``text`` for people."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str) if as_json else text)


def say(text: str) -> None:
    typer.echo(text, err=True)


def fail(sentence: str, code: int = 1) -> NoReturn:
    say(sentence)
    sys.exit(code)


def progress() -> Any:
    """A progress bar on stderr: ``with progress() as bar: task = bar.add_task(…)``; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
