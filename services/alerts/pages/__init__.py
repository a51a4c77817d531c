"""What people see and do in a browser: today's work, alerts, how a contract is going, and the parity report."""

from services.alerts.pages import alert, contract, meeting, parity, today, whole_history, working, worklist
from services.alerts.pages.routing import pages

__all__ = ["alert", "contract", "meeting", "pages", "parity", "today", "whole_history", "working", "worklist"]
