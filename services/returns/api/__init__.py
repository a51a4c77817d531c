"""The JSON API of the returns service."""

from services.returns.api import activities, contracts, evidence, lines, restatements, returns, workbooks
from services.returns.api.routing import router

__all__ = ["activities", "contracts", "evidence", "lines", "restatements", "returns", "router", "workbooks"]
