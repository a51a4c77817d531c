"""What a provider's claims are believed for, and which settings of one are whole."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.commitments.rules.organisations import identifier_of
from services.commitments.rules.provider import claimed
from shared.access import Role
from shared.settings import ROLES, Settings

BASE = {"iss": "https://login.example", "sub": "7", "email": "amina@trust.example", "name": "Amina Rahman"}


def said(settings: dict[str, Any], **claims: Any) -> Any:
    return claimed({**BASE, **claims}, Settings.model_validate(settings))


@pytest.mark.parametrize(
    ("settings", "claims", "believed"),
    [
        ({}, {}, False),
        ({}, {"email_verified": False}, False),
        ({}, {"email_verified": "true"}, False),
        ({}, {"email_verified": True}, True),
        ({}, {"email_verified": True, "email": "nobody"}, False),
        ({}, {"email_verified": True, "email": ["amina@trust.example"]}, False),
        ({"oidc_trust_email": True}, {}, True),
    ],
)
def test_an_address_counts_where_the_provider_vouches_for_it(
    settings: dict[str, Any], claims: dict[str, Any], believed: bool
) -> None:
    assert (said(settings, **claims).email is not None) == believed


MAPPED = {"oidc_roles": "buyers=contract_manager, analysts = icb_analyst"}


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["buyers"], {Role.CONTRACT_MANAGER}),
        (["/analysts", "/buyers", "others"], {Role.CONTRACT_MANAGER, Role.ICB_ANALYST}),
        ("analysts", {Role.ICB_ANALYST}),
        (["Buyers"], set()),
        (None, set()),
        (7, set()),
    ],
)
def test_groups_give_the_roles_that_the_setting_names(groups: Any, roles: set[Role]) -> None:
    assert said(MAPPED, groups=groups).roles == roles


def test_without_that_setting_roles_are_given_in_parity() -> None:
    assert said({}, groups=["administrator"]).roles is None


@pytest.mark.parametrize(
    ("claim", "organisation"),
    [
        ("GB-NHS-QYG", "GB-NHS-QYG"),
        (["GB-NHS-QYG", "x"], "GB-NHS-QYG"),
        ({"GB-NHS-QYG": {}}, "GB-NHS-QYG"),
        ([], None),
        (None, None),
    ],
)
def test_the_organisation_comes_as_text_list_or_object(claim: Any, organisation: str | None) -> None:
    assert said({}, organisation=claim).organisation == organisation


@pytest.mark.parametrize(
    ("name", "shown"), [(None, "amina@trust.example"), (" ", "amina@trust.example"), (" A ", "A"), (5, "amina@trust.example")]
)
def test_somebody_without_a_name_is_called_by_the_address(name: Any, shown: str) -> None:
    assert said({}, name=name).name == shown


@pytest.mark.parametrize("text", ["", "GB", "GB-NHS", "GB-NHS-", "-NHS-QYG", "GB--QYG", "GB-NHS-" + "9" * 201, "GB-NHS-a\x00"])
def test_what_is_no_identifier(text: str) -> None:
    assert identifier_of(text) is None


def test_an_identifier_may_hold_hyphens_of_its_own() -> None:
    found = identifier_of(" GB-PPON-PABC-1234 ")
    assert found is not None
    assert (found.scheme, found.id) == ("GB-PPON", "PABC-1234")


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "https://login.example"},
        {"oidc_issuer": "https://login.example", "oidc_client_id": "parity"},
        {"password_sign_in": False},
        {"oidc_roles": "buyers"},
        {"oidc_roles": "buyers=king"},
        {"oidc_roles": "=operator"},
        {"oidc_session_minutes": 1},
    ],
)
def test_settings_that_are_not_whole_are_refused_at_the_start(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(settings)


def test_settings_know_every_role() -> None:
    assert set(ROLES) == {role.value for role in Role}
