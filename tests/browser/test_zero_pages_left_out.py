"""After all other tests of this folder: somebody has looked at every page."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.browser.conftest import file_of
from tests.browser.crawling import route_of, routes

NO_PAGES = {
    "/commitments/links/{secret:str}": "signs in and leads on; as a page that sets a password: test_signing_in.py",
    "/commitments/sign-in/provider": "leads to the provider; tests/keycloak",
    "/commitments/sign-in/provider/answer": "comes from the provider; tests/keycloak",
    "/commitments/registering/{draft_id:uuid}/obligations/template": "a file: test_pages_contracts_spreadsheet.py",
    "/returns/activities/download": "a file; tests/returns/test_pages_activities.py",
    "/returns/case-studies/download": "a file; tests/returns/test_pages_case_studies.py",
    "/returns/case-studies/marked/download": "a file; tests/returns/test_pages_case_studies.py",
}
"""Routes that lead elsewhere, or answer with a file to which no link of the demonstration leads."""
_PATIENCE = 900.0
"""Seconds that other processes may need for the rest of this folder, after all else."""


def test_no_page_was_left_out(request: pytest.FixtureRequest, looked_at: Path) -> None:
    here = Path(__file__).parent
    others = [item for item in request.session.items if item.path.parent == here and item is not request.node]
    if not {item.path for item in others}.issuperset(set(here.glob("test_*.py")) - {Path(__file__)}):
        pytest.skip("only where all tests of pages are run")
    kept = [looked_at / file_of(item) for item in others]
    until = time.monotonic() + (_PATIENCE if "PYTEST_XDIST_WORKER" in os.environ else 0)
    while missing := [path for path in kept if not path.exists()]:
        assert time.monotonic() < until, f"{len(missing)} tests of pages have not run"
        time.sleep(1)
    examined = {path for file in kept for path in file.read_text().splitlines()}
    looked = {route_of(path) or path for path in examined}
    left_out = {path for path, route in routes() if "GET" in route.methods} - looked - set(NO_PAGES)
    assert not left_out, "\n".join(sorted(left_out))
