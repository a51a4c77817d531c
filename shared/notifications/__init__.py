"""Telling people: recorded in the action's transaction, sent afterwards, once unless a process dies midway.

What was in flight when a process died goes out again, with the same Message-ID.
"""

from shared.notifications.carriers import Carrier, Letter, Undeliverable
from shared.notifications.recording import TEMPLATES, Notice, Template, notify, notify_all, notify_roles
from shared.notifications.sending import Notifier, notifier_for

__all__ = [
    "TEMPLATES",
    "Carrier",
    "Letter",
    "Notice",
    "Notifier",
    "Template",
    "Undeliverable",
    "notifier_for",
    "notify",
    "notify_all",
    "notify_roles",
]
