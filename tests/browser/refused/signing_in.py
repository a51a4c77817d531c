"""What the pages of signing in, of the own account and of administrators refuse."""

from __future__ import annotations

import re

import pyotp

from tests.browser.refused.refusal import Ground, Refusal, Walker
from tests.visiting import Page

_ADMINISTRATOR, _MANAGER, _NEWCOMER, _WAITING = "administrator", "contract manager", "newcomer", "somebody at the second step"
_EMAIL, _PASSWORD = "pat@parity.example", "tram lantern oboe"
_TRUST = ("Organisations", "Mersey Vale")


async def link_for_newcomer(ground: Ground) -> Page:
    """A person of the trust, added by the administrator; the page with a link for them."""
    joan = await ground.person(_ADMINISTRATOR)
    if "newcomer" not in ground.known:
        page = await ground.along(_ADMINISTRATOR, *_TRUST, "Add a person")
        said = {"name": "Pat Quayle", "email": _EMAIL, "roles": ["contract_manager"]}
        ground.known["newcomer"] = (await joan.submit(page, "Add", said)).response.url.path
    page = await ground.along(_ADMINISTRATOR, "{newcomer}")
    return await joan.submit(page, "Send a link to set a password", expect=200)


def _link(page: Page) -> str:
    return "/commitments/links/" + page.text.partition("/commitments/links/")[2].split()[0]


async def make_link(ground: Ground) -> None:
    ground.known["link"] = _link(await link_for_newcomer(ground))


async def set_password(ground: Ground) -> None:
    """Pat is signed in by a password from now on."""
    ground.people[_NEWCOMER] = pat = Walker(ground.demonstration.url, None)
    page = await pat.get(_link(await link_for_newcomer(ground)))
    await pat.submit(page, "Set password and sign in", {"password": _PASSWORD})


async def turn_on(ground: Ground) -> None:
    """The second step, for Pat; somebody else who knows the password comes as far as the code."""
    await ground.once(set_password)
    pat = ground.people[_NEWCOMER]
    page = await pat.get("/commitments/account/second-step")
    code = pyotp.TOTP(page.form("Turn on").fields["secret"][0]).now()
    await pat.submit(page, "Turn on", {"code": code}, expect=200)
    ground.people[_WAITING] = waiting = Walker(ground.demonstration.url, None)
    page = await waiting.get("/commitments/sign-in")
    await waiting.submit(page, "Sign in", {"email": _EMAIL, "password": _PASSWORD})


async def begin_all(ground: Ground) -> None:
    """As many contracts as a person may have begun."""
    await ground.once(set_password)
    pat = ground.people[_NEWCOMER]
    for _ in range(50):
        await pat.submit(await pat.get("/commitments/registering"), "Start now")


async def find_herself(ground: Ground) -> None:
    """Her name leads to her account first, at the top of the page."""
    page = await ground.along(_ADMINISTRATOR, "People")
    [ground.known["herself"]] = re.findall(r'href="(/commitments/people/[^"]+)">Joan Whitfield<', page.html)


SIGNING_IN = (
    Refusal("/commitments/sign-in", "nobody", ("/commitments/sign-in",), "Sign in", "Enter your email address"),
    Refusal(
        "/commitments/sign-in",
        "nobody",
        ("/commitments/sign-in",),
        "Sign in",
        "The email address or the password is not right",
        {"email": "nobody@parity.example", "password": "three other words"},
    ),
    Refusal(
        "/commitments/links/{secret:str}",
        "nobody",
        ("{link}",),
        "Set password and sign in",
        "Password must have 12 characters or more",
        {"password": "short"},
        prepared=make_link,
    ),
    Refusal(
        "/commitments/links/{secret:str}",
        "nobody",
        ("/commitments/links/0123456789",),
        "",
        "This link was used already, or is too old",
        status=401,
    ),
    Refusal(
        "/commitments/account/password",
        _NEWCOMER,
        ("/commitments/account/password",),
        "Change password",
        "This is not your password",
        {"now": "three other words", "password": "another lantern oboe"},
        prepared=set_password,
    ),
    Refusal(
        "/commitments/account/second-step",
        _MANAGER,
        ("/commitments/account/second-step",),
        "Turn on",
        "This code is not right, or was used already",
        {"code": "000000"},
    ),
    Refusal(
        "/commitments/account/second-step/off",
        _NEWCOMER,
        ("/commitments/account/second-step",),
        "Turn off",
        "This code is not right, or was used already",
        {"code": "000000"},
        prepared=turn_on,
    ),
    Refusal(
        "/commitments/sign-in/code",
        _WAITING,
        ("/commitments/sign-in/code",),
        "Sign in",
        "This code is not right, or was used already",
        {"code": "000000"},
        prepared=turn_on,
    ),
    Refusal(
        "/commitments/registering",
        _NEWCOMER,
        ("/commitments/registering",),
        "Start now",
        "You have begun",
        prepared=begin_all,
    ),
)

ADMINISTRATION = (
    Refusal("/commitments/organisations/new", _ADMINISTRATOR, ("Organisations", "Add"), "Save", "Enter the organisation's name"),
    Refusal(
        "/commitments/organisations/{organisation_id:uuid}/change",
        _ADMINISTRATOR,
        (*_TRUST, "Change"),
        "Save",
        "GB must be a register and a number, such as GB-COH-01234567",
        {"identifiers": "GB"},
    ),
    Refusal(
        "/commitments/organisations/{organisation_id:uuid}/change",
        _ADMINISTRATOR,
        (*_TRUST, "Change"),
        "Save",
        "Somebody else changed this meanwhile",
        {"version": "1", "name": "Mersey Vale"},
    ),
    Refusal(
        "/commitments/organisations/{organisation_id:uuid}/settings",
        _MANAGER,
        ("Amina Rahman", "ICB"),
        "Save",
        "Somebody else changed this meanwhile",
        {"version": "1", "icb_sees": ("totals",)},
    ),
    Refusal(
        "/commitments/organisations/{organisation_id:uuid}/people/new",
        _ADMINISTRATOR,
        (*_TRUST, "Add a person"),
        "Add",
        "Enter an email address in the right form, such as name@trust.nhs.uk",
        {"name": "Pat Quayle", "email": "pat"},
    ),
    Refusal(
        "/commitments/people/{person_id:uuid}/change",
        _ADMINISTRATOR,
        ("People", "Owen Hughes", "Change name"),
        "Save",
        "Enter the person's name",
        {"name": ""},
    ),
    Refusal(
        "/commitments/people/{person_id:uuid}/roles",
        _ADMINISTRATOR,
        ("People", "Owen Hughes"),
        "Save roles",
        "Select at least one role",
        {"roles": ()},
    ),
    Refusal(
        "/commitments/people/{person_id:uuid}/remove",
        _ADMINISTRATOR,
        ("{herself}", "access away"),
        "Take access away",
        "Nobody takes administration away from themselves",
        prepared=find_herself,
    ),
    Refusal(
        "/commitments/people/{person_id:uuid}/keys/new",
        _ADMINISTRATOR,
        ("People", "Owen Hughes", "Make an API key"),
        "Make key",
        "Select what the key may be used for",
        {"scopes": (), "last_day-day": "1"},
    ),
    Refusal("/commitments/measures/load", _ADMINISTRATOR, ("Measures", "Load"), "Load", "Select a CSV file of measures"),
    Refusal(
        "/commitments/measures/load",
        _ADMINISTRATOR,
        ("Measures", "Load"),
        "Load",
        "There is a problem",
        {"file": b"framework,code,label\ncm-toms-2027,NT1,\n"},
    ),
    Refusal(
        "/commitments/measures/confirm",
        _ADMINISTRATOR,
        ("/commitments/measures?status=to_confirm", "NT"),
        "Confirm",
        "Enter the wording",
        {"label": ""},
    ),
    Refusal(
        "/commitments/measures/deactivate",
        _ADMINISTRATOR,
        ("Measures", "NT10"),
        "Deactivate",
        "Enter why it is no longer to be promised",
    ),
)

REFUSALS = (*SIGNING_IN, *ADMINISTRATION)
