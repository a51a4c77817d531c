"""Signing in by the provider: two GET links, since a form may not lead to another host."""

from __future__ import annotations

import structlog
from fastapi import Request, Response

from services.commitments.actions.provider import with_provider
from services.commitments.pages.routing import pages
from services.commitments.pages.signing_in import Next, let_person_in
from services.commitments.rules.provider import claimed
from shared.api import Now, Tx
from shared.errors import NotFound, ParityError
from shared.identity.provider import COOKIE, Provider, provider_for
from shared.identity.transaction import Identity
from shared.origin import link
from shared.pages.visitors import back_to, let_out, visitor_of

logger = structlog.get_logger()
_ANSWER = link("commitments", "/sign-in/provider/answer")


@pages.router.get("/sign-in/provider")
async def go(request: Request, next: Next = None) -> Response:
    public = request.app.state.runtime.settings.public_url.rstrip("/")
    return await _provider(request).go(request, answer_to=public + _ANSWER, next=back_to(next))


@pages.router.get("/sign-in/provider/answer")
async def come_back(request: Request, tx: Tx, identity: Identity, now: Now) -> Response:
    """Whatever does not fit ends on a page that says what to do."""
    runtime = request.app.state.runtime
    try:
        said, id_token, to = await _provider(request).come_back(request)
        person = await with_provider(runtime.identity, tx, identity, claimed(said, runtime.settings), at=now)
    except ParityError as error:
        logger.warning("sign-in by the provider refused", code=error.code, reason=type(error.__cause__).__name__)
        page = pages.again(request, "sign_in_refused.jinja", status=error.status, detail=error.detail, errors=error.errors)
        let_out(page.page, name=COOKIE)
        if await visitor_of(request) is None:
            let_out(page.page)  # of the session before, by which the provider would be asked again
        raise page from None
    response = await let_person_in(request, identity, person, way="provider", to=to, now=now, id_token=id_token)
    let_out(response, name=COOKIE)
    return response


def _provider(request: Request) -> Provider:
    found = provider_for(request.app.state.runtime.settings)
    if found is None:
        raise NotFound
    return found
