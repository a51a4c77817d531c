"""The last step of a return: certify and submit it, and what happens next."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from services.returns.actions import filing, reading
from services.returns.models.content import OptionalText
from services.returns.models.decisions import Certification
from services.returns.models.views import ReturnView
from services.returns.pages import words
from services.returns.pages.routing import Certifier, Party, Version, pages
from services.returns.rules.deadlines import Deadlines
from services.returns.rules.lifecycle import with_supplier
from services.returns.rules.reviewing import NotComplete, submits_on_behalf
from shared.api import Now, Tx
from shared.errors import ParityError, PreconditionFailed
from shared.origin import link
from shared.pages.forms import Bound, Says, bind, blank
from shared.pages.naming import names_of
from shared.pages.site import Again, Form, redirect
from shared.pages.visitors import Visitor


class Certified(BaseModel):
    """The two statements, as the form sends them."""

    version: Version
    only_this_contract_and_period: Annotated[
        bool, Says("Select the statement on this contract and quarter, or go back and correct the return")
    ]
    only_what_was_promised: Annotated[bool, Says("Select the statement on what was promised, or go back and correct the return")]
    on_behalf_because: Annotated[OptionalText, Says("", "Reason must be 4,000 characters or fewer")] = None


@pages.router.get("/{return_id:uuid}/certify")
async def ask(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Certifier) -> Response:
    filed = await reading.read_return(tx, return_id, by=visitor.caller, at=now)
    waiting = [line for line in filed.lines if with_supplier(line.status)]
    if not waiting or any(line.missing for line in waiting):
        return redirect(link("returns", f"/{return_id}/check"))
    return _page(request, filed, visitor, form=blank(version=filed.version), now=now)


@pages.router.post("/{return_id:uuid}/certify")
async def submit(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Certifier, form: Form) -> Response:
    bound: Bound[Certified] = bind(Certified, form)
    filed = await reading.read_return(tx, return_id, by=visitor.caller, at=now)
    if bound.value is None:
        raise _again(request, filed, visitor, bound, now)
    given = bound.value
    certification = Certification.model_validate(given.model_dump(exclude={"version"}))
    deadlines = Deadlines.of(request.app.state.runtime.settings)
    try:
        await filing.submit(tx, return_id, certification, deadlines, by=visitor.caller, at=now, version=given.version)
    except PreconditionFailed:
        changed = "The return has changed since you opened this page. Check it again before you submit it"
        raise _again(request, filed, visitor, bound.wrong(changed), now) from None
    except NotComplete:
        return redirect(link("returns", f"/{return_id}/check"))
    except ParityError as error:
        raise _again(request, filed, visitor, bound.refused(error), now) from None
    return redirect(link("returns", f"/{return_id}/submitted"))


@pages.router.get("/{return_id:uuid}/submitted")
async def confirm(request: Request, return_id: UUID, tx: Tx, now: Now, visitor: Party) -> Response:
    filed = await reading.read_return(tx, return_id, by=visitor.caller, at=now)
    if filed.submitted_at is None:
        return redirect(link("returns", f"/{return_id}"))
    names = await names_of(request, [filed.submitted_by] if filed.submitted_by else [])
    return pages.show(request, "submitted.jinja", filed=filed, names=names, words=words, now=now)


def _page(request: Request, filed: ReturnView, visitor: Visitor, **context: Any) -> Response:
    return pages.show(request, "certify.jinja", **_context(filed, visitor), **context)


def _again(request: Request, filed: ReturnView, visitor: Visitor, form: Bound[Certified], now: datetime) -> Again:
    # The version is that of what was checked, however often the page is shown again.
    return pages.again(request, "certify.jinja", **_context(filed, visitor), form=form, now=now)


def _context(filed: ReturnView, visitor: Visitor) -> dict[str, Any]:
    return {"filed": filed, "on_behalf": submits_on_behalf(filed, visitor.caller), "words": words}
