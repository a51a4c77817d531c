"""Strong ETags of feeds: made of what was read, so that nothing need be read to answer 304."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

from fastapi import Request, Response

from shared.quarters import Quarter

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The caller has it already (If-None-Match)."}}

_FORM = "1"
"""Of what is sent: raised when the same totals are written otherwise, so that no old ETag fits."""
_MOST_KEPT = 32


class Tag:
    """The ETag of one request's answer. An epoch begins with a restore, after which marks may come again."""

    def __init__(self, request: Request, quarter: Quarter, threshold: int) -> None:
        state = request.app.state
        form = f"{_FORM} {state.runtime.settings.epoch} {threshold}"
        self._asked = f"{form} {quarter.code} {request.url.path}?{request.url.query}"
        self._known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
        if not hasattr(state, "feed_answers"):
            state.feed_answers = OrderedDict()
        self._answers: OrderedDict[str, tuple[bytes, dict[str, str]]] = state.feed_answers

    def answer(self, read: str) -> Response | None:
        """304 where the caller has what would be read; or the answer as it was given lately: it is the same for everybody."""
        etag = self._etag(read)
        if etag in self._known or "*" in self._known:
            return Response(status_code=304, headers={"ETag": etag})
        if etag in self._answers:
            body, headers = self._answers[etag]
            return Response(body, headers=headers)
        return None

    def put(self, response: Response, read: str | None) -> Response:
        """The response with its ETag, kept for whoever asks next; ``read``: None for what has no tag."""
        response.headers["Cache-Control"] = "private, no-cache"
        if read is not None:
            etag = response.headers["ETag"] = self._etag(read)
            self._answers[etag] = bytes(response.body), dict(response.headers)
            while len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)
        return response

    def _etag(self, read: str) -> str:
        return f'"{blake2b(f"{self._asked} {read}".encode(), digest_size=16).hexdigest()}"'
