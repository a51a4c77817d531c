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
}


def test_no_page_was_left_out(request: pytest.FixtureRequest) -> None:
    here = Path(__file__).parent
    run = {item.path for item in request.session.items}
    if not run.issuperset(here.glob("test_*.py")):
        pytest.skip("only where all tests of pages are run")
    looked_at = OPENED | {route for path in EXAMINED if (route := route_of(path))}
    left_out = {path for path, route in routes() if "GET" in route.methods} - looked_at - set(LOOKED_AT_ELSEWHERE)
    assert not left_out, "\n".join(sorted(left_out))
