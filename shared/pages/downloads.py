"""Files that a page offers to keep: named, never shown inside the browser as a page of ours."""

from __future__ import annotations

from enum import StrEnum

from fastapi import Response


class TableForm(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class ChartForm(StrEnum):
    SVG = "svg"
    PNG = "png"


_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def file(content: bytes, name: str, form: str) -> Response:
    """``name`` without its ending, which is ``form``: one of csv, xlsx, svg, png, pdf, docx."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name)
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}.{form}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=_TYPES[form], headers=headers)
