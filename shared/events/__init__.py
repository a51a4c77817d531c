"""The facts that services tell each other: one module per owner, one class per fact, in the past tense with a version.

Changes are additive. A breaking one is a new version, and the old one is lifted to it on reading, for ever, since the log is
kept for ever. Events hold ids, figures, organisations' names and contracts' titles; never people's names, contact details,
stories or reasons.
"""

from shared.events import alerts, commitments, icb_totals, returns
from shared.events.envelope import EVENTS, Envelope, Event, UnknownEvent

__all__ = ["EVENTS", "Envelope", "Event", "UnknownEvent", "alerts", "commitments", "icb_totals", "returns"]
