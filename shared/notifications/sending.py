"""Sends what was recorded: claims a notification, sends it, marks it sent, each in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta

import structlog

from shared.db import Pool, Record, no_answer, unavailable
from shared.identity import people
from shared.notifications.addressing import address_next
from shared.notifications.carriers import Carrier, Letter, Undeliverable, carrier_for
from shared.notifications.recording import TEMPLATES
from shared.settings import Settings

logger = structlog.get_logger()

_LOOK_SECONDS = 2.0
_MOST_ATTEMPTS = 8
_IN_FLIGHT = timedelta(minutes=2)
"""After so long without a result a notification is tried again; each attempt waits twice as long as the one before."""


class Notifier:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.trouble: str | None = None
        """Why no letters go out at the moment; None where all is well."""

    async def run(self, pool: Pool, identity: Pool) -> None:
        """For ever. An outage of the database is waited out."""
        while True:
            try:
                while await address_next(pool, identity) or await self.send_next(pool, identity):
                    pass
                self.trouble = None
            except Exception as error:
                if not unavailable(error):
                    raise
                self.trouble = no_answer(error)
                logger.warning("notifications wait", reason=self.trouble)
            await asyncio.sleep(_LOOK_SECONDS)

    async def send_next(self, pool: Pool, identity: Pool) -> bool:
        """Send the oldest that is due. False where none is."""
        claimed = await _claim(pool)
        if claimed is None:
            return False
        try:
            letter = await _letter(claimed, identity)
            await self._carrier.send(letter)
        except Undeliverable as error:
            await _give_up(pool, claimed, str(error))
        except Exception as error:
            if unavailable(error) and not isinstance(error, OSError | TimeoutError):
                raise
            if claimed["attempts"] >= _MOST_ATTEMPTS:
                await _give_up(pool, claimed, f"{type(error).__name__} at every attempt")
            else:
                logger.warning("notification not sent, will be tried again", id=str(claimed["id"]), error=type(error).__name__)
        else:
            await pool.execute("UPDATE notifications SET sent_at = clock_timestamp() WHERE id = $1", claimed["id"])
        return True


def notifier_for(settings: Settings) -> Notifier:
    return Notifier(carrier_for(settings))


async def _claim(pool: Pool) -> Record | None:
    """By the database's clock: a demonstration's stands still, and several replicas send."""
    return await pool.fetchrow(
        """
        UPDATE notifications SET sending_at = clock_timestamp(), attempts = attempts + 1
        WHERE id = (
            SELECT id FROM notifications
            WHERE sent_at IS NULL AND failed IS NULL
              AND (sending_at IS NULL OR sending_at < clock_timestamp() - $1::interval * power(2, attempts - 1))
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING *
        """,
        _IN_FLIGHT,
    )


async def _letter(claimed: Record, identity: Pool) -> Letter:
    """Raises Undeliverable where the person has left."""
    found = await people.find(identity, [claimed["person_id"]])
    if not found:
        raise Undeliverable("the person is no longer with us")
    template = TEMPLATES[claimed["template"]]
    words = defaultdict(str, claimed["data"], name=found[0].name)
    return Letter(
        message_id=str(claimed["id"]),
        name=found[0].name,
        address=found[0].email,
        subject=template.subject.format_map(words),
        body=template.body.format_map(words),
    )


async def _give_up(pool: Pool, claimed: Record, reason: str) -> None:
    logger.error("notification cannot be sent", id=str(claimed["id"]), reason=reason)
    await pool.execute("UPDATE notifications SET failed = $2 WHERE id = $1", claimed["id"], reason)
