"""What is owed: a list for each side."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from services.commitments.actions import drafts as actions
from services.commitments.pages import words
from services.commitments.pages.registering.assembling import completed
from services.commitments.pages.registering.measuring import measures_of
from services.commitments.pages.registering.steps import obligation_of, place, place_of
from services.commitments.pages.routing import Manager, pages
from shared.api import Now, Tx
from shared.obligations import Side
from shared.pages.site import redirect


@pages.router.get("/registering/{draft_id:uuid}/obligations")
async def list_obligations(
    request: Request, draft_id: UUID, tx: Tx, visitor: Manager, side: Side = Side.CORE_SERVICE
) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    done = completed(draft)
    owed = [one for one in draft.content.obligations if one.side is side]
    measures = await measures_of(tx, visitor.caller.organisation_id, owed)
    core = side is Side.CORE_SERVICE
    return pages.show(
        request,
        "register_obligations.jinja",
        side=side,
        side_name=words.SIDES[side],
        owed=[(one, measures[one.id], str(one.id) in done) for one in owed],
        left_out=[id for id in draft.content.kpi_ids if id not in {one.kpi_id for one in draft.content.obligations}],
        draft=draft,
        place=place,
        place_of=place_of,
        next=place(draft, f"obligations?side={Side.SOCIAL_VALUE}") if core else place(draft, "check"),
        back={"href": place(draft, "places"), "text": "Back to where it delivers"}
        if core
        else {"href": place(draft, f"obligations?side={Side.CORE_SERVICE}"), "text": "Back to core service obligations"},
    )


@pages.router.post("/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/remove")
async def remove_obligation(draft_id: UUID, obligation_id: UUID, tx: Tx, now: Now, visitor: Manager) -> Response:
    draft = await actions.read(tx, draft_id, by=visitor.caller)
    gone = obligation_of(draft, obligation_id)
    await actions.change(
        tx,
        draft_id,
        lambda content: {"obligations": [one for one in content.obligations if one.id != obligation_id]},
        by=visitor.caller,
        at=now,
    )
    return redirect(place(draft, f"obligations?side={gone.side}"))
