"""What all steps share: where each is, and how what was typed is kept."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.datastructures import FormData

from services.commitments.actions import drafts
from services.commitments.models.drafts import Draft, ObligationDraft, Typed
from services.commitments.pages.registering.forms import OwnPromise, Promise
from shared.db import Connection
from shared.errors import NotFound, TooLarge
from shared.origin import link
from shared.pages.forms import typed_in
from shared.pages.visitors import Visitor

_LARGEST = 200_000


class TooMuchTyped(TooLarge):
    """This is more than a step can keep. Go back and enter less."""


@dataclass(frozen=True)
class Problem:
    """Something to mend before a contract can be registered, and where."""

    text: str
    href: str


class Unfinished(Exception):
    """Not everything is said yet."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def place(draft: Draft, step: str = "") -> str:
    return link("commitments", f"/registering/{draft.draft_id}" + (f"/{step}" if step else ""))


def place_of(draft: Draft, one: ObligationDraft, page: str = "promise") -> str:
    return place(draft, f"obligations/{one.id}/{page}")


def list_of(draft: Draft, one: ObligationDraft) -> str:
    """Where an obligation stands among others; one that is added to a contract stands alone."""
    return place(draft) if draft.content.addition else place(draft, f"obligations?side={one.side}")


def kept(form: FormData) -> Typed:
    """What was typed, as it is stored. Raises TooMuchTyped."""
    typed: Typed = {name: _storable(said) for name, said in typed_in(form).items() if name not in ("key", "do")}
    if sum(len(name) + sum(map(len, said)) for name, said in typed.items()) > _LARGEST:
        raise TooMuchTyped
    return typed


def _storable(said: str | list[str]) -> str | list[str]:
    return said.replace("\0", "") if isinstance(said, str) else [one.replace("\0", "") for one in said]


def ids_in(said: Iterable[str]) -> list[UUID]:
    """Those of these texts that are ids."""
    found = []
    for text in said:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


def comes_back_later(form: FormData) -> bool:
    return form.get("do") == "later"


def promise_form(one: ObligationDraft) -> type[Promise]:
    return Promise if one.measure is not None else OwnPromise


def obligation_of(draft: Draft, obligation_id: UUID) -> ObligationDraft:
    """Raises NotFound."""
    found = draft.content.called(obligation_id)
    if found is None:
        raise NotFound
    return found


async def keep_page(
    conn: Connection, draft_id: UUID, obligation_id: UUID, page: str, typed: Typed, *, by: Visitor, at: datetime
) -> tuple[Draft, ObligationDraft]:
    """Keep what was typed on one page of an obligation. Raises NotFound."""
    draft = await drafts.change(
        conn,
        draft_id,
        lambda content: {
            "obligations": [
                one.model_copy(update={page: typed}) if one.id == obligation_id else one for one in content.obligations
            ]
        },
        by=by.caller,
        at=at,
    )
    return draft, obligation_of(draft, obligation_id)
