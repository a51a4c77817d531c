"""Pictures of the main pages, taken from the demonstration: ``make screenshots``, or ``python -m tests.browser.screenshots``.

Starts a demonstration of its own, follows the links that a person would follow, and writes docs/screenshots/*.png anew.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.looking import Screen, follow, person
from tests.demonstrated import Demonstration

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 150_000
_TALLEST = {1280: 900, 320: 1_000}


class TooLarge(Exception):
    """This picture is larger than the repository should hold. Show less of the page."""


@dataclass(frozen=True)
class Picture:
    """``path``: links and buttons from the page where the person begins the day, by their first words."""

    name: str
    shown_as: str
    path: tuple[str, ...]
    width: int = 1280
    heading: str = ""
    """Where the picture begins, if not at the top of the page."""


_WOUNDS, _CATERING, _TRANSPORT = "Community wound care", "Catering and cleaning", "Non-emergency patient transport"
PICTURES = (
    Picture("your-returns", "late supplier", ("Your returns",)),
    Picture("return", "late supplier", ("Your returns", _WOUNDS)),
    Picture("line", "late supplier", ("Your returns", _WOUNDS, "S1 ")),
    Picture("line-phone", "late supplier", ("Your returns", _WOUNDS, "S1 "), width=320),
    Picture("check-answers", "late supplier", ("Your returns", _WOUNDS, "Check ")),
    Picture("today", "contract manager", ("Today",)),
    Picture("today-phone", "contract manager", ("Today",), width=320),
    Picture("review", "contract manager", ("Today", _TRANSPORT)),
    Picture("alert", "contract manager", ("Alerts", "Helpdesk calls")),
    Picture("contract", "contract manager", ("Contracts", _CATERING, "How it is going")),
    Picture("register-a-contract", "contract manager", ("Contracts", "Register a contract", "Start now")),
    Picture("parity-report", "contract manager", ("Parity report",)),
    Picture("quarter", "ICB analyst", ("The quarter",), heading="How complete it is"),
    Picture("partner-vcfse", "ICB analyst", ("Partner VCFSE",)),
)


async def take(browser: Browser, demonstration: Demonstration, picture: Picture) -> bytes:
    session = await demonstration.session(picture.shown_as)
    screen = Screen(picture.width, javascript=True)
    async with person(browser, demonstration.url, session, screen) as somebody:
        page = await somebody.open("/")
        for words in picture.path:
            control = page.get_by_role("link", name=words).or_(page.get_by_role("button", name=words)).first
            await follow(control)
        height = min(await page.evaluate("document.documentElement.scrollHeight"), _TALLEST[picture.width])
        await page.set_viewport_size({"width": picture.width, "height": height})
        if picture.heading:
            await page.get_by_role("heading", name=picture.heading).first.evaluate("heading => heading.scrollIntoView()")
        png = await page.screenshot(animations="disabled", caret="hide")
        if len(png) > LARGEST:
            raise TooLarge(f"{picture.name} has {len(png):,} bytes. {TooLarge.__doc__}")
        return png


async def take_all(demonstration: Demonstration) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for picture in PICTURES:
            png = await take(browser, demonstration, picture)
            (FOLDER / f"{picture.name}.png").write_bytes(png)
            print(f"docs/screenshots/{picture.name}.png  {len(png):,} bytes")
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="the folder of a loaded and stopped demonstration, of which a copy is used")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        demonstration = Demonstration.on_a_copy(said.data, Path(folder)) if said.data else Demonstration(Path(folder))
        try:
            asyncio.run(take_all(demonstration))
        finally:
            demonstration.close()


if __name__ == "__main__":
    main()
