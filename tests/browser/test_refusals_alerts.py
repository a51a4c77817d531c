"""What the pages of alerts and of the ICB refuse."""

from __future__ import annotations

import pytest

from tests.browser.refused import aggregator, alerts
from tests.browser.refused.in_browsers import Windows, is_said
from tests.browser.refused.refusal import Refusal

REFUSALS = (*alerts.REFUSALS, *aggregator.REFUSALS)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_what_is_refused_is_said(windows: Windows, refusal: Refusal) -> None:
    await is_said(refusal, windows)
