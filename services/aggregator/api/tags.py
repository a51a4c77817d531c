"""Strong ETags of feeds: made of what was read, so that nothing need be read to answer 304."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from fastapi import Request, Response

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The caller has it already (If-None-Match)."}}

_FORM = "1"
"""Of what is sent: raised when the same totals are written otherwise, so that no old ETag fits."""


class Tag:
    """The ETag of one request's answer."""

    def __init__(self, request: Request, threshold: int) -> None:
        self._asked = f"{_FORM} {threshold} {request.url.path}?{request.url.query}"
        known = request.headers.get("If-None-Match", "")
        self._known = {each.strip().removeprefix("W/") for each in known.split(",")}

    def if_known(self, read: str) -> Response | None:
        """304 where the caller has what would be read."""
        etag = self._etag(read)
        return Response(status_code=304, headers={"ETag": etag}) if etag in self._known or "*" in self._known else None

    def put(self, response: Response, read: str | None) -> None:
        response.headers["Cache-Control"] = "private, no-cache"
        if read is not None:
            response.headers["ETag"] = self._etag(read)

    def _etag(self, read: str) -> str:
        return f'"{blake2b(f"{self._asked} {read}".encode(), digest_size=16).hexdigest()}"'
