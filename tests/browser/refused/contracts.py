"""What the pages of contracts refuse: registering them, from notices too, and changing them."""

from __future__ import annotations

from tests.browser.refused.refusal import Ground, Refusal
from tests.visiting import Page

_MANAGER, _OTHER_BUYER, _PLEDGED_TO = "contract manager", "Alan Croft", "Sally Marsden"
_CONTRACT = ("Contracts", "Catering")
_DRAFT = "/commitments/registering/{draft_id:uuid}"
_OWED = _DRAFT + "/obligations/{obligation_id:uuid}/{page}"
_AWARD = {
    "reference": "MV-2026-040",
    "title": "Linen for Kirkwood hospital",
    "form": "contract",
    **{f"starts_on-{part}": value for part, value in (("day", "1"), ("month", "1"), ("year", "2027"))},
    **{f"ends_on-{part}": value for part, value in (("day", "31"), ("month", "12"), ("year", "2028"))},
}


async def begin(ground: Ground) -> None:
    """A contract with one obligation, complete but for its registration."""
    amina = await ground.person(_MANAGER)
    page = await amina.submit(await ground.along(_MANAGER, "Contracts", "Register a contract"), "Start now")
    ground.known["draft"] = page.response.url.path.removesuffix("/award")
    page = await amina.submit(page, "Save and continue", _AWARD)
    page = await amina.submit(page, "Search for a supplier", {"find-supplier": "Green Mile"})
    page = await amina.submit(page, "Add Green Mile Recycling Ltd (demonstration)")
    page = await amina.submit(page, "Save and continue")
    page = await amina.submit(page, "Save and continue")
    page = await amina.get(page.links["Continue"])
    page = await amina.get(page.links["Add an obligation"])
    page = await amina.submit(page, "Use this measure", {"measure": "NT10"})
    ground.known["owed"] = page.response.url.path.removesuffix("/promise")
    page = await amina.submit(page, "Save and continue", {"wording": "Twelve weeks of apprenticeship in a quarter."})
    page = await amina.submit(page, "Save and continue", {"how": "each", "each": "12"})
    await amina.submit(page, "Confirm and continue")


async def begin_addition(ground: Ground) -> None:
    page = await ground.along(_MANAGER, *_CONTRACT, "Add an obligation")
    said = {"side": "social_value", "from_quarter": "2027-28-Q1", "reason": "Agreed at the review meeting."}
    page = await (await ground.person(_MANAGER)).submit(page, "Continue", said)
    ground.known["addition"] = page.response.url.path.removesuffix("/measures")


async def take_title_away(ground: Ground) -> None:
    await ground.once(begin)
    await _award(ground, {**_AWARD, "title": ""}, expect=422)


async def _award(ground: Ground, said: dict[str, str], *, expect: int) -> Page:
    amina = await ground.person(_MANAGER)
    return await amina.submit(await ground.along(_MANAGER, "{draft}/award"), "Save and continue", said, expect=expect)


async def give_title_back(ground: Ground) -> None:
    await ground.once(begin)
    await _award(ground, _AWARD, expect=303)


async def mend(ground: Ground) -> None:
    await give_title_back(ground)


REGISTERING = (
    Refusal(
        _DRAFT + "/check",
        _MANAGER,
        ("{draft}/check",),
        "Register this contract",
        "Enter the title of the contract",
        prepared=give_title_back,
        meanwhile=take_title_away,
    ),
    Refusal(
        _OWED,
        _MANAGER,
        ("{owed}/bands",),
        "Confirm and continue",
        "Good must be a number, zero or more",
        {"good": "most"},
        prepared=mend,
    ),
    Refusal(
        _OWED,
        _MANAGER,
        ("{owed}/targets",),
        "Save and continue",
        "Enter or paste the targets",
        {"how": ("table",), "table": ""},
        prepared=begin,
    ),
    Refusal(
        _OWED,
        _MANAGER,
        ("{owed}/promise",),
        "Save and continue",
        "Enter what was promised",
        {"wording": "", "reference": ""},
        prepared=begin,
    ),
    Refusal(
        _DRAFT + "/obligations/upload",
        _MANAGER,
        ("{draft}/obligations/upload",),
        "Upload",
        "There is a problem",
        {"file": b"reference,side\nC9,left\n"},
        prepared=mend,
    ),
    Refusal(
        _DRAFT + "/award",
        _MANAGER,
        ("{draft}/award",),
        "Save and continue",
        "Last day must be the first day or after it",
        {"ends_on-year": "2020", "qualitative_part": "10", "reference": ""},
        prepared=begin,
    ),
    Refusal(_DRAFT + "/check", _MANAGER, ("{draft}/check",), "", "Enter the title of the contract", prepared=take_title_away),
    Refusal(
        _DRAFT + "/parties",
        _MANAGER,
        ("{draft}/parties",),
        "Save and continue",
        "Add the supplier",
        {"suppliers": ""},
        prepared=begin,
    ),
    Refusal(
        _DRAFT + "/supplier",
        _MANAGER,
        ("{draft}/supplier",),
        "Record this supplier",
        "Enter the supplier's name",
        {"company": "one"},
        prepared=begin,
    ),
    Refusal(
        _DRAFT + "/places",
        _MANAGER,
        ("{draft}/places",),
        "Save and continue",
        "The shares come to 60 %. They must come to 100 %, or all be empty",
        {"place-wirral": "60"},
        prepared=begin,
    ),
    Refusal(
        _DRAFT + "/measures",
        _MANAGER,
        ("{draft}/measures?side=social_value",),
        "Use this measure",
        "Select a measure",
        prepared=begin,
    ),
)
"""What is typed is kept in the draft, also what is wrong: so each of these stands where those before it do not matter."""

CHANGING = (
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/places",
        _MANAGER,
        (*_CONTRACT, "Change where it delivers"),
        "Save the change",
        "Enter why it changes",
        {"place-wirral": "60"},
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/pledge",
        _PLEDGED_TO,
        ("Contracts", "Partner VCFSE pledge", "Set baselines"),
        "Save",
        "Enter why they are set",
        {"baseline-0": "much"},
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/obligations/add",
        _MANAGER,
        (*_CONTRACT, "Add an obligation"),
        "Continue",
        "Select what it belongs to",
    ),
    Refusal(
        _DRAFT + "/addition",
        _MANAGER,
        ("{addition}/addition",),
        "Continue",
        "Enter why it is added",
        {"reason": ""},
        prepared=begin_addition,
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/change",
        _MANAGER,
        (*_CONTRACT, "Change or extend"),
        "Save the change",
        "Enter why it changes",
        {"title": ""},
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/change",
        _MANAGER,
        (*_CONTRACT, "Change or extend"),
        "Save the change",
        "Nothing is changed yet",
        {"reason": "None"},
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/close",
        _MANAGER,
        (*_CONTRACT, "Close this contract"),
        "Close this contract",
        "Enter the last day",
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/obligations/upload",
        _MANAGER,
        (*_CONTRACT, "Add obligations"),
        "Upload",
        "Select the filled spreadsheet",
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/obligations/upload",
        _MANAGER,
        (*_CONTRACT, "Add obligations"),
        "Upload",
        "There is a problem",
        {"reason": "Forgotten", "file": b"reference,side\nC9,left\n"},
    ),
    Refusal(
        "/commitments/contracts/{contract_id:uuid}/obligations/{obligation_id:uuid}/vary",
        _MANAGER,
        (*_CONTRACT, "Vary C2"),
        "Check what changes",
        "Enter why it is varied",
        {"wording": "", "good": "most"},
    ),
    Refusal("/commitments/notices", _MANAGER, ("Contracts", "Contracts from notices"), "Upload", "Select"),
    Refusal(
        "/commitments/notices/{proposal_id:uuid}/dismiss",
        "administrator",
        ("Notices", "Video Consultation", "Dismiss"),
        "Dismiss",
        "Enter",
    ),
    Refusal(
        "/commitments/notices/{proposal_id:uuid}/settle",
        _OTHER_BUYER,
        ("/commitments/notices?show=changed", "UK4"),
        "Save this decision",
        "Enter",
    ),
)

REFUSALS = (*REGISTERING, *CHANGING)
