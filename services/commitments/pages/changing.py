"""What all pages share that change a registered contract: whose it is, and what a refused change shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from fastapi import Response

from services.commitments.actions import contracts as actions
from services.commitments.models.contracts import Contract
from shared.db import Connection
from shared.errors import NotFound, ParityError, PreconditionFailed
from shared.origin import link
from shared.pages.forms import Bound
from shared.pages.site import Again
from shared.pages.visitors import Visitor


async def own_contract(conn: Connection, contract_id: UUID, visitor: Visitor) -> Contract:
    """A contract of the visitor's organisation as a buyer. Raises NotFound."""
    contract = await actions.read_contract(conn, contract_id, by=visitor.caller)
    if visitor.caller.organisation_id not in {buyer.organisation_id for buyer in contract.buyers}:
        raise NotFound
    return contract


def place_of(contract: Contract) -> str:
    return link("commitments", f"/contracts/{contract.contract_id}")


def back_to(contract: Contract) -> dict[str, str]:
    return {"href": place_of(contract), "text": "Back to the contract"}


@contextmanager
def shown_again(
    contract: Contract,
    form: Bound[Any],
    page: Callable[[Contract, Bound[Any]], Response],
    fields: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A change that is refused shows its page again, with what was typed and the contract as it stands now.

    ``fields``: where a part of the action's input was typed, as ``Bound.refused`` takes it.
    """
    try:
        yield
    except PreconditionFailed as error:
        wrong = form.wrong("Somebody changed this contract meanwhile. Look at what stands now, then go on")
        raise Again(page(error.current if isinstance(error.current, Contract) else contract, wrong)) from None
    except ParityError as error:
        raise Again(page(contract, form.refused(error, fields))) from None
