"""A link to set a password, for who asks for one and can read the mail of an address that is known."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import structlog
from fastapi import Request, Response
from pydantic import BaseModel
from starlette.background import BackgroundTask

from services.commitments.actions import signing_in as actions
from services.commitments.pages.routing import pages
from services.commitments.pages.signing_in import Plain, address_of, must_use_passwords
from shared.api import Now
from shared.errors import NotFound
from shared.identity import attempts
from shared.identity.people import Person
from shared.ids import new_id
from shared.notifications.carriers import Letter, carrier_for
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.site import Form
from shared.service import Runtime
from shared.settings import Settings

logger = structlog.get_logger()
_MOST = 3

_SUBJECT = "Set your password for Parity"
_BODY = """Hello {name},

open this link to set your password:

{url}

It works once, within three days. If you did not expect it, do nothing: your password stays as it is.
"""


class Forgotten(BaseModel):
    email: Annotated[str, Says("Enter your email address", "Enter your email address"), Plain]


@pages.router.get("/password/forgotten")
async def ask(request: Request) -> Response:
    _must_send_mail(request)
    return pages.show(request, "forgotten.jinja", form=blank())


@pages.router.post("/password/forgotten")
async def send(request: Request, now: Now, form: Form) -> Response:
    """The same answer for every address; the letter goes out afterwards, so that the time tells nothing either."""
    _must_send_mail(request)
    bound: Bound[Forgotten] = bind(Forgotten, form)
    if bound.value is None:
        raise pages.again(request, "forgotten.jinja", form=bound)
    runtime = request.app.state.runtime
    email = bound.value.email
    try:
        await attempts.count(runtime.identity, f"address {address_of(request)}", most=attempts.PER_ADDRESS)
        await attempts.count(runtime.identity, f"forgotten {email.lower()}", most=_MOST)
    except attempts.TooManyAttempts as error:
        raise pages.again(request, "forgotten.jinja", form=bound.wrong(error.detail, name="email")) from None
    response = pages.show(request, "forgotten_sent.jinja", email=email)
    response.background = BackgroundTask(_send_if_known, runtime, email, now)
    return response


async def send_link(settings: Settings, person: Person, secret: str) -> None:
    """Send a link to its person. Raises whatever the carrier does; see shared.notifications."""
    words = {"name": person.name, "url": link_to(settings, secret)}
    await carrier_for(settings).send(Letter(str(new_id()), person.name, person.email, _SUBJECT, _BODY.format_map(words)))


def link_to(settings: Settings, secret: str) -> str:
    return settings.public_url.rstrip("/") + link("commitments", f"/links/{secret}")


async def _send_if_known(runtime: Runtime, email: str, now: datetime) -> None:
    try:
        async with runtime.identity.acquire() as conn, conn.transaction():
            made = await actions.make_link_for(conn, email, at=now)
            if made is not None:
                await send_link(runtime.settings, *made)
    except Exception as error:
        logger.error("link not sent", error=type(error).__name__)


def _must_send_mail(request: Request) -> None:
    must_use_passwords(request)
    if not request.app.state.runtime.settings.sends_mail:
        raise NotFound("This deployment sends no mail. Ask your administrator for a link to set your password.")
