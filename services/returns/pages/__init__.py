"""The pages of returns: for suppliers, who fill them, and for contract managers, who review them."""

from services.returns.pages import (
    activities,
    activity_lists,
    case_studies,
    certifying,
    evidence,
    history,
    lines,
    listing,
    restating,
    reviewing,
    task_list,
    whole_history,
    workbooks,
)
from services.returns.pages.routing import pages

__all__ = [
    "activities",
    "activity_lists",
    "case_studies",
    "certifying",
    "evidence",
    "history",
    "lines",
    "listing",
    "pages",
    "restating",
    "reviewing",
    "task_list",
    "whole_history",
    "workbooks",
]
