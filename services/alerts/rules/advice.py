"""What to do next about an alert, for whoever reads it. The same for either side of a contract."""

from __future__ import annotations

from services.alerts.models.alerts import Alert
from shared.ratings import AlertKind, AlertStatus, EscalationLevel

_BUYER = {
    AlertKind.SHORTFALL: "Ask the supplier what stood in the way, and agree a recovery plan with a date.",
    AlertKind.STORY_NOT_MET: "Say to the supplier what the promise asks for, and agree a recovery plan with a date.",
    AlertKind.LATE_RETURN: "Ask the supplier for the return. The alert ends by itself when the return is submitted.",
    AlertKind.LATE_REVIEW: "Review the return. The alert ends by itself when you have.",
    AlertKind.MISSING_EVIDENCE: "Ask the supplier to add the evidence to the line, or add it yourself. "
    "The alert ends by itself when it is added.",
    AlertKind.FORECAST: "Ask the supplier how the coming quarters will make up for it, before it becomes a shortfall.",
    AlertKind.UNLIKELY_FIGURE: "Read the reason that the supplier gave, and compare the figure with its evidence. "
    "If it is right, resolve the alert and say why. If it is wrong, open the line and restate it, or ask the supplier to.",
    AlertKind.SHARED_EVIDENCE: "Ask the supplier how much of the evidence belongs to this contract. "
    "If it serves both rightly, resolve the alert and say why.",
}
_SUPPLIER = {
    AlertKind.SHORTFALL: "Propose a recovery plan with a date. If a figure is wrong, open the line and ask for a change of it. "
    "If the alert is wrong for another reason, dispute it and say why.",
    AlertKind.STORY_NOT_MET: "Propose a recovery plan with a date. If the story does meet the promise, dispute the alert.",
    AlertKind.LATE_RETURN: "Submit the return. The alert ends by itself when you have.",
    AlertKind.LATE_REVIEW: "Nothing: the review is for the buyer to do.",
    AlertKind.MISSING_EVIDENCE: "Add the evidence to the line. The alert ends by itself when you have.",
    AlertKind.FORECAST: "Propose a recovery plan for the coming quarters, before it becomes a shortfall.",
    AlertKind.UNLIKELY_FIGURE: "If the figure is wrong, open the line and ask for a change of it. "
    "If it is right, the reason that you gave stands beside it: be ready to explain it.",
    AlertKind.SHARED_EVIDENCE: "Say in a dispute which part of the evidence belongs to this contract.",
}


_ICB = "Ask the buyer what stands in the way, and leave a note of it. The alert stays with the buyer to work on."


def what_to_do(
    alert: Alert,
    *,
    as_buyer: bool,
    as_supplier: bool,
    as_icb: bool = False,
    plan_waits: bool = False,
    dispute_waits: bool = False,
) -> list[str]:
    """Empty for whoever only looks on."""
    if alert.resolved:
        return ["Nothing: the alert is resolved. It is raised again if a later quarter falls short, or if it becomes graver."]
    if as_buyer:
        return _of_buyer(alert, plan_waits, dispute_waits)
    if as_supplier:
        return _of_supplier(alert, plan_waits, dispute_waits)
    return [_ICB] if as_icb and alert.level is EscalationLevel.ICB else []


def _of_buyer(alert: Alert, plan_waits: bool, dispute_waits: bool) -> list[str]:
    found = []
    if dispute_waits:
        found.append("Answer the dispute. The clock goes on until you do.")
    if plan_waits:
        found.append("Agree to the recovery plan that the supplier proposes, or decline it and say why.")
    if alert.status is AlertStatus.RECOVERY_AGREED:
        found.append("Check how the recovery plan goes. If the alert still stands after its date, the clock runs again.")
    if not found:
        if alert.status is AlertStatus.OPEN:
            found.append("Acknowledge the alert, so that others see that somebody has taken it on.")
        found.append(_BUYER[alert.kind])
    return found


def _of_supplier(alert: Alert, plan_waits: bool, dispute_waits: bool) -> list[str]:
    if alert.status is AlertStatus.RECOVERY_AGREED:
        return ["Do what the recovery plan says by its date."]
    waits = [words for words, true in (("your recovery plan", plan_waits), ("your dispute", dispute_waits)) if true]
    return [f"Nothing now: {' and '.join(waits)} waits for the buyer’s answer."] if waits else [_SUPPLIER[alert.kind]]
