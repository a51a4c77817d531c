"""The JSON API of the commitments service."""

from services.commitments.api import contracts, measures, notices, obligation_tables, organisations, people
from services.commitments.api.routing import router

__all__ = ["contracts", "measures", "notices", "obligation_tables", "organisations", "people", "router"]
