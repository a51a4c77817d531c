"""Every form of the four services is filled in wrongly by one of test_refusals_….py, or refuses nothing."""

from __future__ import annotations

from tests.browser.crawling import routes
from tests.browser.refused import aggregator, alerts, contracts, everywhere, returns, signing_in
from tests.browser.test_refusals_alerts import REFUSALS as OF_ALERTS
from tests.browser.test_refusals_contracts import REFUSALS as OF_CONTRACTS
from tests.browser.test_refusals_returns import REFUSALS as OF_RETURNS
from tests.browser.test_refusals_signing_in import REFUSALS as OF_SIGNING_IN

REFUSALS = [*OF_SIGNING_IN, *OF_CONTRACTS, *OF_RETURNS, *OF_ALERTS]


def test_every_form_is_refused_or_refuses_nothing() -> None:
    forms = {whole for whole, route in routes() if "POST" in route.methods}
    refused = {refusal.route for refusal in REFUSALS if refusal.button}
    assert refused | everywhere.REFUSE_NOTHING.keys() == forms
    assert not refused & everywhere.REFUSE_NOTHING.keys()


def test_every_table_is_gone_through() -> None:
    tables = (everywhere, signing_in, contracts, returns, alerts, aggregator)
    assert sorted(map(str, REFUSALS)) == sorted(str(refusal) for table in tables for refusal in table.REFUSALS)
