"""What happens by the clock."""

from __future__ import annotations

from datetime import time

from services.alerts.actions.parity import keep_parity
from services.alerts.actions.ticking import tick
from shared.schedule import Chore

CHORES = (
    Chore("run-the-escalation-clock", at=time(7, 0), run=tick),
    Chore("count-parity", at=time(7, 0), run=keep_parity),
)
"""After the returns service has decided, in the morning, what is late."""
