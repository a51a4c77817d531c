"""``parity doctor``: looks at everything a deployment stands on, and says what is wrong and how to mend it."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deploy.cli import places
from deploy.cli.output import Json, result
from deploy.cli.places import Data

if TYPE_CHECKING:
    from deploy.cli.examination import Finding


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(data: Data = None, as_json: Json = False) -> None:
    """Check settings, databases, event log and clock. Exit code 1 where something is wrong."""
    findings = asyncio.run(_examine(data))
    lines = []
    for finding in findings:
        lines.append(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.what}: {finding.found}")
        if finding.mend:
            lines.append(f"       {finding.mend}")
    result([dataclasses.asdict(finding) for finding in findings], as_json=as_json, text="\n".join(lines))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


async def _examine(data: Path | None) -> list[Finding]:
    from deploy.cli.examination import examine

    async with places.settings(data) as settings_of:
        return await examine(settings_of)
