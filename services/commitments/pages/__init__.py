"""The pages of the commitments service: sign-in, people and administration."""

from services.commitments.pages import account, forgotten, home, provider, signing_in
from services.commitments.pages.routing import pages

__all__ = ["account", "forgotten", "home", "pages", "provider", "signing_in"]
