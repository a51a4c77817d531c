"""The pages of the commitments service: sign-in, people and administration."""

from services.commitments.pages import home, signing_in
from services.commitments.pages.routing import pages

__all__ = ["home", "pages", "signing_in"]
