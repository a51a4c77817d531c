"""What any page may answer instead of itself, and the forms that refuse nothing."""

from __future__ import annotations

from tests.browser.refused.refusal import Refusal

REFUSALS = (
    Refusal("", "nobody", ("/commitments/nowhere",), "", "Page not found", status=404),
    Refusal("", "nobody", ("/nowhere/at/all",), "", "Page not found", status=404),
    Refusal("", "supplier", ("/commitments/people",), "", "Your role does not include this page", status=403),
    Refusal("", "contract manager", ("/returns/01a20946-0000-7000-8000-000000000000",), "", "Page not found", status=404),
    Refusal("", "ICB analyst", ("/icb/?quarter=never",), "", "Some of what you sent is not right", status=422),
    Refusal(
        "/alerts/{alert_id:uuid}/resolve",
        "contract manager",
        ("Alerts", "C2 Complaints", "Resolve it"),
        "Resolve the alert",
        "This page was opened in an earlier session",
        {"csrf": "of another session", "reason": "The rota\nis full again."},
        status=403,
    ),
)

REFUSE_NOTHING = {
    "/commitments/account/sessions/end": "a session that is over already stays over",
    "/commitments/account/sessions/end-others": "there is nothing to enter",
    "/commitments/notices/{proposal_id:uuid}/register": "leads to the steps, which refuse by themselves",
    "/commitments/people/{person_id:uuid}/keys/{key_id:uuid}/revoke": "a key that is revoked already stays revoked",
    "/commitments/people/{person_id:uuid}/link": "there is nothing to enter; without mail the link is shown",
    "/commitments/people/{person_id:uuid}/second-step/off": "where it is off already it stays off",
    "/commitments/registering/{draft_id:uuid}/delete": "what was deleted already is a page not found",
    "/commitments/registering/{draft_id:uuid}/obligations/{obligation_id:uuid}/remove": "what is gone is a page not found",
    "/commitments/registering/{draft_id:uuid}/put-back": "puts back what the notice says, and nothing else",
    "/commitments/password/forgotten": "only where mail is sent: test_signing_in.py",
    "/returns/activities/{activity_id:uuid}/remove": "one that stands behind a figure is shown again, which says so",
    "/returns/case-studies/{case_study_id:uuid}/remove": "there is nothing to enter",
    "/returns/{return_id:uuid}/check/tell-certifiers": "what is still missing stands on the page of the button",
    "/returns/lines/{line_id:uuid}/ask-to-restate/withdraw": "what is settled already stays settled",
    "/returns/evidence/{evidence_id:uuid}/remove": "a file of an activity that is submitted shows no button",
}
"""The other routes of forms, and why none of their answers is a form with an error."""
