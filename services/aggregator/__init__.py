"""The aggregator: what the region delivered in a quarter, for the Integrated Care Board.

It owns the quarterly totals with their coverage, the publications of closed quarters, and what counts as a restatement.
It tells ``quarter.published`` and ``total.published`` (topic ``icb-totals``).
It listens to ``returns`` (what is due, what was approved) and ``commitments`` (names, settings, measures, pledges).

Totals come from approved lines alone. The ledger keeps every fact as it was heard; totals are the sum of the newest facts, kept
up to date by the difference between a fact and the one it replaces, so that hearing it again changes nothing.
"""
