"""Registering a contract in steps. Whatever is typed is kept on the server, so that people come back to it, and lose nothing."""

from services.commitments.pages.registering import award, begun, checking, from_notice, measures, obligations, parties

__all__ = ["award", "begun", "checking", "from_notice", "measures", "obligations", "parties"]
