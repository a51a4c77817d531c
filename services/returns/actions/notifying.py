"""Whom a return's steps are told by mail: references and dates only, never what somebody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.returns.models.returns import QuarterlyReturn
from shared.access import SUPPLIER, Role
from shared.db import Connection
from shared.notifications import TEMPLATES, Template, notify_roles
from shared.obligations import Share

DUE_SOON, OVERDUE, CHANGES_WANTED = "return-due-soon", "return-overdue", "return-changes-requested"
ANSWER_DUE_SOON = "return-answer-due-soon"
READY = "return-ready"
SUBMITTED, REVIEW_OVERDUE = "return-submitted", "return-review-overdue"
RESTATEMENT_ASKED, RESTATEMENT_REQUESTED = "return-restatement-asked", "return-restatement-requested"
FIGURE_CONFIRMED = "return-figure-confirmed"
RESTATEMENT_ANSWERED, RESTATED = "return-restatement-answered", "return-restated"

_ABOUT = "{reference} {title}, {quarter}"

TEMPLATES |= {
    DUE_SOON: Template(
        f"Return due on {{due_on}}: {_ABOUT}",
        f"Dear {{name}},\n\nThe quarterly return of {_ABOUT} is due on {{due_on}} and has not been submitted yet.\n",
    ),
    OVERDUE: Template(
        f"Return overdue: {_ABOUT}",
        f"Dear {{name}},\n\nThe quarterly return of {_ABOUT} was due on {{due_on}} and has not been submitted.\n",
    ),
    CHANGES_WANTED: Template(
        f"Changes requested: {_ABOUT}",
        f"Dear {{name}},\n\nThe reviewer asks for changes to the quarterly return of {_ABOUT}. Its lines say which, and "
        "the return says by when it is to be sent again.\n",
    ),
    ANSWER_DUE_SOON: Template(
        f"Return to be sent again by {{answer_due_on}}: {_ABOUT}",
        f"Dear {{name}},\n\nThe reviewer asked for changes to the quarterly return of {_ABOUT}. "
        "It has not been sent again yet; that is due on {answer_due_on}.\n",
    ),
    READY: Template(
        f"Return ready to certify: {_ABOUT}",
        f"Dear {{name}},\n\nEvery line of the quarterly return of {_ABOUT} is completed. Please check, certify and submit it.\n",
    ),
    SUBMITTED: Template(
        f"Return submitted: {_ABOUT}",
        f"Dear {{name}},\n\nThe quarterly return of {_ABOUT} was submitted. Its review is due on {{review_due_on}}.\n",
    ),
    RESTATEMENT_ASKED: Template(
        f"Please look at an approved line again: {_ABOUT}",
        f"Dear {{name}},\n\nThe reviewer asks you to look again at an approved line of the return of {_ABOUT}. It says why.\n",
    ),
    FIGURE_CONFIRMED: Template(
        f"An approved line was looked at again: {_ABOUT}",
        f"Dear {{name}},\n\nYou asked the supplier to look again at an approved line of the return of {_ABOUT}. "
        "The supplier answers that the figure is right. The line says why.\n",
    ),
    RESTATEMENT_REQUESTED: Template(
        f"A change of an approved line is asked for: {_ABOUT}",
        f"Dear {{name}},\n\nThe supplier asks for a change of an approved line of the return of {_ABOUT}. Please answer.\n",
    ),
    RESTATEMENT_ANSWERED: Template(
        f"Your request to change an approved line is answered: {_ABOUT}",
        f"Dear {{name}},\n\nThe reviewer answered your request to change an approved line of the return of {_ABOUT}.\n",
    ),
    RESTATED: Template(
        f"An approved line was restated: {_ABOUT}",
        f"Dear {{name}},\n\nThe reviewer restated an approved line of the return of {_ABOUT}. It says why.\n",
    ),
    REVIEW_OVERDUE: Template(
        f"Review overdue: {_ABOUT}",
        f"Dear {{name}},\n\nThe quarterly return of {_ABOUT} was to be reviewed by {{review_due_on}}, and no line of it was.\n",
    ),
}


async def tell_suppliers(conn: Connection, filed: QuarterlyReturn, template: str, occasion: object, *, at: datetime) -> None:
    """``occasion`` tells one time from another, so that each is told once."""
    await _tell(conn, filed, filed.contract.suppliers, SUPPLIER, template, occasion, at=at)


async def tell_certifiers(conn: Connection, filed: QuarterlyReturn, template: str, occasion: object, *, at: datetime) -> None:
    await _tell(conn, filed, filed.contract.suppliers, (Role.SUPPLIER_CERTIFIER,), template, occasion, at=at)


async def tell_buyers(conn: Connection, filed: QuarterlyReturn, template: str, occasion: object, *, at: datetime) -> None:
    await _tell(conn, filed, filed.contract.buyers, (Role.CONTRACT_MANAGER,), template, occasion, at=at)


async def _tell(
    conn: Connection,
    filed: QuarterlyReturn,
    parties: Sequence[Share],
    roles: Sequence[Role],
    template: str,
    occasion: object,
    *,
    at: datetime,
) -> None:
    await notify_roles(
        conn,
        at=at,
        key=f"{template}/{filed.return_id}/{occasion}",
        organisation_ids=[party.organisation_id for party in parties],
        roles=roles,
        template=template,
        data=_data(filed),
    )


def _data(filed: QuarterlyReturn) -> dict[str, str]:
    return {
        "reference": filed.contract.reference,
        "title": filed.contract.title,
        "quarter": str(filed.quarter),
        "due_on": _day(filed.due_on),
        "review_due_on": _day(filed.review_due_on) if filed.review_due_on is not None else "",
        "answer_due_on": _day(filed.answer_due_on) if filed.answer_due_on is not None else "",
    }


def _day(day: date) -> str:
    """As people say it: 3 July 2026."""
    return f"{day.day} {day:%B %Y}"
