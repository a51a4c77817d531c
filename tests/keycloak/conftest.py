"""A real Keycloak, started once where Java and Maven are at hand; where not, these tests skip, and under CI=true they fail."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deploy.kafka.cluster import free_port
from deploy.keycloak.distribution import NoKeycloak
from deploy.keycloak.server import Keycloak
from tests.visiting import ORIGIN


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    try:
        with Keycloak(tmp_path_factory.mktemp("keycloak"), port=free_port(), parity=ORIGIN) as started:
            yield started
    except NoKeycloak as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
