"""Alerts: rates every obligation at the end of every quarter, and sees that what is short, late or doubtful is answered.

Owns: ratings, alerts, recovery plans, disputes, the escalation clock.
Tells: ``obligation.rated.v1``, ``alert.*.v1`` and ``recovery.agreed.v1`` on ``alerts``.
Listens to: ``commitments`` (who takes part, what is owed later) and ``returns`` (what is due, late and approved).

What it derives follows from the set of facts, in whatever order they were heard; nothing in it asks for an obligation's side.
"""
