"""Pages for the ICB's analyst: the quarter beside its coverage, Partner VCFSE, publications. Figures come from actions alone."""

from services.aggregator.pages import closing, cuts, matrices, measure, partner, publications, quarter, report, whole_history
from services.aggregator.pages.routing import pages

__all__ = ["closing", "cuts", "matrices", "measure", "pages", "partner", "publications", "quarter", "report", "whole_history"]
