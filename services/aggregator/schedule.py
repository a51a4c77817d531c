"""What happens by the clock."""

from __future__ import annotations

from datetime import time

from services.aggregator.actions.keeping import keep_days
from shared.schedule import Chore

CHORES = (Chore("keep-totals-of-ended-days", at=time(1, 0), run=keep_days),)
"""An hour after midnight: nothing that was heard on the day is still being applied."""
