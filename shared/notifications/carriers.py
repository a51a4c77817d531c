"""Ways for a letter to reach a person: a log, SMTP, GOV.UK Notify."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr
from typing import Protocol

import aiosmtplib
import structlog
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from shared.settings import Settings

logger = structlog.get_logger()


@dataclass(frozen=True)
class Letter:
    """What goes to one person. ``message_id`` stays the same however often it is tried."""

    message_id: str
    name: str
    address: str
    subject: str
    body: str


class Undeliverable(Exception):
    """The address or the letter is refused for good; trying again does not help."""


class Carrier(Protocol):
    async def send(self, letter: Letter) -> None:
        """Raises Undeliverable; anything else where trying again may help."""


class LogCarrier:
    """Says that a letter would go out, and not to whom: for a machine without mail."""

    async def send(self, letter: Letter) -> None:
        logger.info("notification", message_id=letter.message_id, subject=letter.subject)


class SmtpCarrier:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, letter: Letter) -> None:
        settings = self._settings
        message = EmailMessage()
        message["Message-ID"] = f"<{letter.message_id}@{settings.mail_from.partition('@')[2]}>"
        message["From"] = settings.mail_from
        message["To"] = formataddr((letter.name, letter.address))
        message["Subject"] = letter.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        try:
            await aiosmtplib.send(
                message,
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user,
                password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
                use_tls=settings.smtp_tls,
                timeout=20,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if any(refused.code >= 500 for refused in error.recipients):
                raise Undeliverable("the recipient was refused") from error
            raise
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= 500:
                raise Undeliverable(f"refused with {error.code}") from error
            raise


class GovukNotifyCarrier:
    """One template of the Notify account takes everything: its subject is ((subject)), its body ((body))."""

    def __init__(self, settings: Settings) -> None:
        if settings.govuk_notify_key is None or settings.govuk_notify_template is None:
            raise ValueError("PARITY_GOVUK_NOTIFY_KEY and PARITY_GOVUK_NOTIFY_TEMPLATE are needed")
        self._client = NotificationsAPIClient(  # type: ignore[no-untyped-call]
            settings.govuk_notify_key.get_secret_value(), base_url=settings.govuk_notify_url, timeout=20
        )
        self._template = settings.govuk_notify_template

    async def send(self, letter: Letter) -> None:
        try:
            await asyncio.to_thread(
                self._client.send_email_notification,
                email_address=letter.address,
                template_id=self._template,
                personalisation={"subject": letter.subject, "body": letter.body},
                reference=letter.message_id,
            )
        except HTTPError as error:
            if error.status_code == 400:
                raise Undeliverable("GOV.UK Notify refuses the request") from error
            raise


def carrier_for(settings: Settings) -> Carrier:
    match settings.notifications:
        case "smtp":
            return SmtpCarrier(settings)
        case "govuk-notify":
            return GovukNotifyCarrier(settings)
        case _:
            return LogCarrier()
