"""The pages of the commitments service: sign-in, people and administration."""

from services.commitments.pages import (
    about,
    account,
    forgotten,
    history,
    home,
    keys,
    measures,
    organisations,
    people,
    provider,
    signing_in,
)
from services.commitments.pages.routing import pages

__all__ = [
    "about",
    "account",
    "forgotten",
    "history",
    "home",
    "keys",
    "measures",
    "organisations",
    "pages",
    "people",
    "provider",
    "signing_in",
]
