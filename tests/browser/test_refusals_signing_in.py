"""What any page may answer instead of itself, and what the pages of signing in and of administrators refuse."""

from __future__ import annotations

import pytest

from tests.browser.refused import everywhere, signing_in
from tests.browser.refused.in_browsers import Windows, is_said
from tests.browser.refused.refusal import Refusal

REFUSALS = (*everywhere.REFUSALS, *signing_in.REFUSALS)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_what_is_refused_is_said(windows: Windows, refusal: Refusal) -> None:
    await is_said(refusal, windows)
