"""The event spine: how a service tells what happened and hears what others told, exactly once in effect.

Telling: ``publish`` in the action's transaction. Hearing: ``Handlers`` with one function that applies a batch.
"""

from shared.spine.handlers import Handlers, Received
from shared.spine.outbox import EventTooLarge, publish, publish_each

__all__ = ["EventTooLarge", "Handlers", "Received", "publish", "publish_each"]
