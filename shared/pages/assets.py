"""Stylesheets, scripts and icons, under /assets of the origin: ours, and the design system's as fetched at build time."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

OURS = Path(__file__).parent / "static"
DESIGN_SYSTEM = Path(__file__).parent / "nhsuk"
"""Made by ``python -m deploy.assets``; not under version control."""


class AssetsMissing(Exception):
    """The pages' stylesheet has not been fetched yet. Run 'make env', or 'python -m deploy.assets'."""


class _Assets(StaticFiles):
    def __init__(self, *folders: Path) -> None:
        super().__init__(directory=folders[0])
        self.all_directories = list(folders)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def assets() -> Mount:
    """Raises AssetsMissing."""
    if not (DESIGN_SYSTEM / "nhsuk-frontend.min.css").is_file():
        raise AssetsMissing(AssetsMissing.__doc__)
    return Mount("/assets", _Assets(OURS, DESIGN_SYSTEM))
