"""The ``parity`` command. Each group of commands imports what it runs when it runs, so that --help is quick."""

from __future__ import annotations

import logging

import typer

from deploy.cli import demonstration, doctor, events, imports, keys, people, quarters, services
from deploy.cli.output import fail, say

app = typer.Typer(
    name="parity",
    help="Holds suppliers of public contracts to what they promised: social value on a par with the core service.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_INTERRUPTED = 130  # as typer answers Ctrl-C
for group in (services, demonstration, imports, keys, people, events, quarters, doctor):
    group.register(app)


def main() -> None:
    """Exit codes: 0 done, 1 refused or failed (one sentence on stderr), 2 the command itself was wrong, 130 interrupted."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it says on stderr, our sentence says better
    try:
        app()
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            say("Interrupted. Run the same command again to go on.")
        raise
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        fail(sentence)


def _sentence(error: Exception) -> str | None:
    """What a person can do something about, in one sentence; None for a defect of ours, which deserves its traceback."""
    from deploy.database.provision import NotConfigured
    from deploy.local.folder import CannotStart
    from shared.errors import ParityError
    from shared.log.interface import LogMisfit, LogUnavailable
    from shared.migrations import MigrationChanged
    from shared.pages.assets import AssetsMissing
    from shared.spine.consumer import ConsumerStopped

    if isinstance(error, ParityError):
        return "\n".join([error.detail, *(f"  {one.pointer}: {one.detail}" for one in error.errors)])
    ours = CannotStart | NotConfigured | MigrationChanged | LogUnavailable | LogMisfit | AssetsMissing | ConsumerStopped
    if isinstance(error, ours):
        return str(error)
    return _wrong_setting(error) or _unreachable(error)


def _wrong_setting(error: Exception) -> str | None:
    from pydantic import ValidationError

    from deploy.cli.places import wrong_settings

    if isinstance(error, ValidationError) and error.title == "Settings":
        return " ".join(f"The setting {name} is wrong: {why}." for name, why in wrong_settings(error))
    return None


def _unreachable(error: Exception) -> str | None:
    import asyncpg

    from shared.db import reason

    if isinstance(error, asyncpg.ClientConfigurationError):
        return f"A PARITY_DATABASE_… setting is no address of a database ({error}). 'parity doctor' checks each."
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
        return f"A database is older or newer than this program ({error}). Run 'parity migrate'."
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError):
        return f"PostgreSQL refuses: {error}. Look at the PARITY_DATABASE_… settings; 'parity doctor' checks each."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    if isinstance(error, OSError | asyncpg.CannotConnectNowError):
        return f"PostgreSQL does not answer ({reason(error)}). Look at PARITY_DATABASE_…; 'parity doctor' checks each."
    return None


if __name__ == "__main__":
    main()
