"""The pages of the commitments service: sign-in, people and administration."""

from services.commitments.pages import (
    about,
    account,
    contracts,
    describing,
    forgotten,
    history,
    home,
    keys,
    measures,
    notices,
    obligation_tables,
    organisations,
    people,
    provider,
    registering,
    signing_in,
    varying,
)
from services.commitments.pages.routing import pages

__all__ = [
    "about",
    "account",
    "contracts",
    "describing",
    "forgotten",
    "history",
    "home",
    "keys",
    "measures",
    "notices",
    "obligation_tables",
    "organisations",
    "pages",
    "people",
    "provider",
    "registering",
    "signing_in",
    "varying",
]
