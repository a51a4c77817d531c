"""What the pages of alerts and of the review meeting refuse."""

from __future__ import annotations

from tests.browser.refused.refusal import Ground, Refusal

_MANAGER, _SUPPLIER, _ANALYST = "contract manager", "supplier", "ICB analyst"
_ALERT = ("Alerts", "C2 Complaints")
_WAITING = ("Alerts", "Missing evidence: C3")
_MEETING = ("Contracts", "Catering", "How it is going", "Prepare the review meeting")
_TASK, _MISTAKEN, _TWICE = "Fit a second lift", "Send the menu", "Send the rota"


async def acknowledge(ground: Ground) -> None:
    page = await ground.along(_MANAGER, *_WAITING)
    await (await ground.person(_MANAGER)).submit(page, "Acknowledge")


async def agree_task(ground: Ground, what: str = _TASK) -> None:
    page = await ground.along(_MANAGER, *_MEETING)
    said = {"what": what, "owner": "Tom Adeyemi", "due_on-day": "1", "due_on-month": "2", "due_on-year": "2027"}
    await (await ground.person(_MANAGER)).submit(page, "Save the task", said)


async def finish_task(ground: Ground, what: str = _TASK) -> None:
    page = await ground.along(_MANAGER, *_MEETING)
    await (await ground.person(_MANAGER)).submit(page, f"Mark as done {what}")


async def finish_by_mistake(ground: Ground) -> None:
    await agree_task(ground, _MISTAKEN)
    await finish_task(ground, _MISTAKEN)


async def reopen_task(ground: Ground) -> None:
    page = await ground.along(_MANAGER, *_MEETING)
    await (await ground.person(_MANAGER)).submit(page, f"Not done after all {_MISTAKEN}")


async def agree_twice(ground: Ground) -> None:
    await agree_task(ground, _TWICE)


REFUSALS = (
    Refusal(
        "/alerts/{alert_id:uuid}/acknowledge",
        _MANAGER,
        _WAITING,
        "Acknowledge",
        "Somebody has acknowledged this alert already",
        meanwhile=acknowledge,
    ),
    Refusal(
        "/alerts/{alert_id:uuid}/plan",
        _MANAGER,
        (*_ALERT, "Enter a recovery plan"),
        "Save the plan",
        "Enter the date by which it will be done",
        {"plan": "A second lift is serviced by night."},
    ),
    Refusal(
        "/alerts/{alert_id:uuid}/plan",
        _SUPPLIER,
        (*_ALERT, "Propose a recovery plan"),
        "Propose the plan",
        "Date must be a real date",
        {"due_on-day": "31", "due_on-month": "2", "due_on-year": "2027"},
    ),
    Refusal(
        "/alerts/{alert_id:uuid}/plans/{plan_id:uuid}",
        _MANAGER,
        ("Alerts", "S3 Employees", "Answer the recovery plan"),
        "Send your answer",
        "Enter why you decline the plan",
        {"agreed": ("no",)},
    ),
    Refusal("/alerts/{alert_id:uuid}/dispute", _SUPPLIER, (*_ALERT, "Dispute it"), "Send the dispute", "Enter a reason"),
    Refusal(
        "/alerts/{alert_id:uuid}/disputes/{dispute_id:uuid}",
        _MANAGER,
        ("Alerts", "S1 Hours of support", "Answer the dispute"),
        "Send your answer",
        "Select whether the supplier is right",
    ),
    Refusal("/alerts/{alert_id:uuid}/resolve", _MANAGER, (*_ALERT, "Resolve it"), "Resolve the alert", "Enter a reason"),
    Refusal(
        "/alerts/{alert_id:uuid}/note",
        _ANALYST,
        ("/alerts/?level=icb", ", 2026-27", "Leave a note for the buyer"),
        "Leave the note",
        "Enter your note",
        far=True,
    ),
    Refusal(
        "/alerts/contracts/{contract_id:uuid}/meetings/{quarter}", _MANAGER, _MEETING, "Save the task", "Enter what will be done"
    ),
    Refusal(
        "/alerts/contracts/{contract_id:uuid}/meetings/{quarter}/tasks/{task_id:uuid}/done",
        _MANAGER,
        _MEETING,
        f"Mark as done {_TASK}",
        "Somebody has marked this task as done already",
        prepared=agree_task,
        meanwhile=finish_task,
    ),
    Refusal(
        "/alerts/contracts/{contract_id:uuid}/meetings/{quarter}/tasks/{task_id:uuid}/undo",
        _MANAGER,
        _MEETING,
        f"Not done after all {_MISTAKEN}",
        "Somebody has said already that this task is not done",
        prepared=finish_by_mistake,
        meanwhile=reopen_task,
    ),
    Refusal(
        "/alerts/contracts/{contract_id:uuid}/meetings/{quarter}/tasks/{task_id:uuid}/remove",
        _MANAGER,
        (*_MEETING, f"Remove {_TWICE}"),
        "Remove the task",
        "Enter why it is removed",
        prepared=agree_twice,
    ),
    Refusal("/alerts/", _MANAGER, ("/alerts/?severity=dire",), "", "Select a severity from the list"),
    Refusal(
        "/alerts/parity",
        _MANAGER,
        ("/alerts/parity?first=2026-27-Q2&last=2026-27-Q1",),
        "",
        "There is a problem",
    ),
)
