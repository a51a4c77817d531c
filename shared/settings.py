"""Every setting, read from the environment (``PARITY_…``) and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROLES = ("contract_manager", "supplier_editor", "supplier_certifier", "icb_analyst", "operator", "administrator")
"""As shared.access.Role has them, which stands on what stands on this."""
SERVICES = ("commitments", "returns", "alerts", "aggregator")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PARITY_", extra="ignore")

    deployment: Literal["production", "demonstration"] = "production"
    """A demonstration's clock can be moved on; production refuses it."""
    icb: str = Field(default="cheshire-and-merseyside", pattern=r"^[a-z0-9-]+$")
    """Names the deployment in every event's ``source``."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach the services: used in links of notifications and feeds."""
    organisation_name: str = "Cheshire and Merseyside"
    """Whose service this is, in the header of every page."""
    contact: str = Field(default="", max_length=200)
    """Whom people write to or call where something does not work: an e-mail address or a telephone number, shown as given."""
    brand: Literal["neutral", "nhs"] = "neutral"
    """The NHS logo and colours are for NHS organisations only."""
    log: str = "postgres://"
    """The event log: ``postgres://…`` (a database of its own) or ``kafka://host:port``."""
    epoch: int = Field(default=1, ge=1)
    """Raised by one after a restore, so that topics are filled anew; see docs/operations.md."""
    database_admin: SecretStr | None = None
    """Owner's URL of the server (database ``postgres``), for ``parity migrate`` only."""
    database_identity: SecretStr = SecretStr("")
    """The identity database, as the service's own role sees it."""
    database_commitments: SecretStr = SecretStr("")
    database_returns: SecretStr = SecretStr("")
    database_alerts: SecretStr = SecretStr("")
    database_aggregator: SecretStr = SecretStr("")
    database_direct: SecretStr | None = None
    """Behind a pooler in transaction mode: this service's own database without the pooler, for locks and LISTEN."""
    pool_size: int = Field(default=10, ge=2, le=200)
    statement_cache_size: int = Field(default=1024, ge=0)
    """0 behind a pooler in transaction mode."""

    return_due_working_days: int = Field(default=20, ge=1)
    review_due_working_days: int = Field(default=15, ge=1)
    answer_due_working_days: int = Field(default=10, ge=1)
    """So long a supplier has to send a return again after a reviewer asked for changes."""
    reminder_working_days: int = Field(default=5, ge=1)
    """A reminder goes out this many working days before a return is due, or is to be sent again."""
    small_number_threshold: int = Field(default=5, ge=0)
    """Values above 0 and below this are hidden for measures that suppress small numbers."""

    evidence: str = "file://.parity/evidence"
    """Where evidence is kept: ``file://FOLDER`` or ``s3://BUCKET`` (then with the usual AWS_… variables)."""
    evidence_max_bytes: int = Field(default=20 * 1024 * 1024, ge=1)
    upload_max_bytes: int = Field(default=25 * 1024 * 1024, ge=1)
    """The largest request body that is read; more answers 413."""

    notifications: Literal["log", "smtp", "govuk-notify"] = "log"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: bool = False
    mail_from: str = "parity@localhost"
    govuk_notify_key: SecretStr | None = None
    govuk_notify_template: str | None = None
    govuk_notify_url: str = "https://api.notifications.service.gov.uk"

    proxies: str = "127.0.0.1"
    """Addresses of proxies that are believed whom they speak for (X-Forwarded-For); * where they alone reach a service."""
    password_sign_in: bool = True
    """False where everybody signs in by the provider."""
    oidc_issuer: str | None = None
    """An OpenID Connect provider by which people sign in too: its issuer's URL."""
    oidc_name: str = "your organisation"
    """The provider, as people know it."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_session_minutes: int = Field(default=60, ge=5, le=720)
    """After so long the provider is asked again whether the person is still theirs."""
    oidc_trust_email: bool = False
    """The provider's addresses are its own, though it does not say email_verified."""
    oidc_roles_claim: str = "groups"
    oidc_roles: str = ""
    """Which group holds which role: ``GROUP=contract_manager,OTHER=icb_analyst``. Empty: roles are given in Parity."""
    oidc_organisation_claim: str = "organisation"
    """Holds the identifier of the person's organisation, such as GB-NHS-QYG."""

    chore_seconds: float = Field(default=30, gt=0)
    """How often the scheduler looks for chores that are due."""
    trace_sample: float = Field(default=0.0, ge=0, le=1)
    """Share of requests that are traced; exporters are set by the usual OTEL_… variables."""

    @field_validator("oidc_roles")
    @classmethod
    def _known_roles(cls, value: str) -> str:
        for each in filter(None, value.split(",")):
            group, _, role = each.partition("=")
            if not group.strip() or role.strip() not in ROLES:
                raise ValueError(f"PARITY_OIDC_ROLES is GROUP=ROLE,GROUP=ROLE; roles are {', '.join(ROLES)}")
        return value

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("PARITY_OIDC_ISSUER needs PARITY_OIDC_CLIENT_ID and PARITY_OIDC_CLIENT_SECRET")
        if not self.oidc_issuer and not self.password_sign_in:
            raise ValueError("without PARITY_OIDC_ISSUER people sign in by password: set PARITY_PASSWORD_SIGN_IN=true")
        return self

    @field_validator("evidence")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if not value.startswith(("file://", "s3://", "memory://")):
            raise ValueError("PARITY_EVIDENCE starts with file:// or s3://")
        return value

    @field_validator("log")
    @classmethod
    def _known_log(cls, value: str) -> str:
        if not value.startswith(("postgres://", "postgresql://", "kafka://")):
            raise ValueError("PARITY_LOG starts with postgres:// or kafka://")
        return value

    @property
    def sends_mail(self) -> bool:
        """Whether what people are told reaches them by mail too, and not in the pages alone."""
        return self.notifications != "log"

    def roles_of_groups(self) -> dict[str, str]:
        """The role that a group of the provider holds, by the group's name."""
        pairs = (each.partition("=") for each in self.oidc_roles.split(",") if each)
        return {group.strip(): role.strip() for group, _, role in pairs}

    def database(self, service: str) -> str:
        """The URL of a service's own database."""
        secret: SecretStr = getattr(self, f"database_{service}")
        return secret.get_secret_value()

    def evidence_folder(self) -> Path | None:
        return Path(self.evidence.removeprefix("file://")) if self.evidence.startswith("file://") else None
