"""Documents for print: one typst template, the data beside it, a tagged PDF (PDF/UA-1) that a screen reader can read too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import typst
from pydantic import BaseModel

_ACCESSIBLE: Final = "ua-1"


async def pdf(template: Path, data: BaseModel | Mapping[str, Any], images: Mapping[str, bytes] | None = None) -> bytes:
    """Print ``data`` by ``template``, which reads it with ``json(bytes(sys.inputs.data))`` and sets title and language.

    ``images``: what the template asks for by ``image("name.svg", alt: …)``. The fonts are typst's own, so that the same data
    gives the same pages on every machine.
    """
    said = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    files = {"main.typ": await asyncio.to_thread(template.read_bytes), **(images or {})}
    return await asyncio.to_thread(_compile, files, orjson.dumps(said, default=str).decode())


def _compile(files: dict[str, bytes], data: str) -> bytes:
    folder: Any = files  # its stub does not know that files can be given as they are
    made: bytes = typst.compile(
        folder, format="pdf", sys_inputs={"data": data}, pdf_standards=_ACCESSIBLE, ignore_system_fonts=True
    )
    return made
