"""The settings of a local run: databases on the embedded PostgreSQL, everything else from the environment or its default."""

from __future__ import annotations

from pydantic import SecretStr

from deploy.local.postgres import PostgresServer
from shared.settings import SERVICES, Settings


def local_settings(server: PostgresServer, service: str, *, demonstration: bool, url: str | None = None) -> Settings:
    """What ``service`` may see, by its own role. Evidence lies beside the databases. ``url``: where this run serves."""
    given = Settings()
    return given.model_copy(
        update={
            "public_url": given.public_url if url is None or "public_url" in given.model_fields_set else url,
            "deployment": "demonstration" if demonstration else "production",
            "log": server.url("log", service),
            "database_identity": SecretStr(server.url("identity", service)),
            f"database_{service}": SecretStr(server.url(service, service)),
            "evidence": f"file://{server.folder.parent / 'evidence'}",
        }
    )


def owner_settings(server: PostgresServer) -> Settings:
    """What provisioning may see: everything."""
    return Settings().model_copy(
        update={
            "database_admin": SecretStr(server.url()),
            "database_identity": SecretStr(server.url("identity", "commitments")),
            "log": server.url("log"),
            **{f"database_{name}": SecretStr(server.url(name, name)) for name in SERVICES},
        }
    )
