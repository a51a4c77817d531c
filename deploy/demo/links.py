"""One-time links by which a visitor of the demonstration signs in as one of its people."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.demo.scenario import Scenario
from shared.db import Connection
from shared.identity import one_time, people
from shared.identity.one_time import Purpose
from shared.origin import link


async def make(conn: Connection, scenario: Scenario) -> dict[str, str]:
    """The path of a fresh link for everybody who is shown, by what they are shown as."""
    paths = {}
    for person in scenario.shown():
        known = await people.by_email(conn, person.email)
        if known is not None:
            secret = await one_time.make(conn, known.id, Purpose.SIGN_IN)
            paths[person.shown_as or ""] = link("commitments", f"/links/{secret}")
    return paths


def shown(scenario: Scenario, paths: Mapping[str, str], url: str, where: str) -> str:
    """What is printed. ``where`` is the option that names the folder, if it is not the usual one."""
    lines = ["", "Open one of these in a browser to sign in. Each works once, within a day:"]
    for person in scenario.shown():
        lines.append(f"  {person.shown_as:17} {person.name:15} {url}{paths.get(person.shown_as or '', '')}")
    lines += [f"More of them: .venv/bin/parity demo links{where}", ""]
    return "\n".join(lines)
