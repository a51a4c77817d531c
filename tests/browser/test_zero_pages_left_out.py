"""After all other tests of this folder: somebody has looked at every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.crawling import OPENED, route_of, routes
from tests.browser.looking import EXAMINED

LOOKED_AT_ELSEWHERE = {
    "/commitments/links/{secret:str}": "signs in and leads on; tests/system/test_demonstration.py",
    "/commitments/sign-in/provider": "leads to the provider; tests/keycloak",
    "/commitments/sign-in/provider/answer": "comes from the provider; tests/keycloak",
    "/commitments/sign-out": "tests/commitments/test_pages_signing_in.py",
    "/commitments/notices/{proposal_id:uuid}/dismiss": "tests/commitments/test_pages_contracts_notices.py",
    "/commitments/registering/{draft_id:uuid}/delete": "tests/commitments/test_pages_contracts_registering.py",
    "/returns/activities/{activity_id:uuid}": "tests/returns/test_pages_activities.py",
    "/returns/activities/{activity_id:uuid}/remove": "tests/returns/test_pages_activities.py",
    "/returns/case-studies/download": "a file; tests/returns/test_pages_case_studies.py",
    "/returns/case-studies/{case_study_id:uuid}": "tests/returns/test_pages_case_studies.py",
    "/returns/workbook/saved": "tests/returns/test_pages_workbooks.py",
    "/returns/{return_id:uuid}/workbook/saved": "tests/returns/test_pages_workbooks.py",
}
"""Pages of states that the demonstration and the journeys here do not come to: where their words are tested."""


def test_no_page_was_left_out(request: pytest.FixtureRequest) -> None:
    here = Path(__file__).parent
    run = {item.path for item in request.session.items}
    if not run.issuperset(here.glob("test_*.py")):
        pytest.skip("only where all tests of pages are run")
    looked_at = OPENED | {route for path in EXAMINED if (route := route_of(path))}
    left_out = {path for path, route in routes() if "GET" in route.methods} - looked_at - set(LOOKED_AT_ELSEWHERE)
    assert not left_out, "\n".join(sorted(left_out))
