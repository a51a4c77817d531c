"""What administrators see of all that was done about alerts: decisions and who took them, without what was said."""

from __future__ import annotations

from uuid import UUID

from services.alerts.actions.working import dispute, resolve
from shared.access import SUPPLIER as SUPPLIER_ROLES
from shared.access import Caller, Role
from tests.alerts.builders import BUYER, SUPPLIER, Contract
from tests.alerts.conftest import World
from tests.alerts.test_pages import short
from tests.alerts.visitors import People
from tests.conftest import NOON

HERE = "/alerts/history"


async def test_decisions_are_told_with_who_took_them_and_no_words_of_theirs(world: World, people: People) -> None:
    one, other = [(await short(world, Contract(name))).removeprefix("/alerts/") for name in ("FM-1", "CARE-2")]
    amina, tom = await people.manager(), await people.supplier()
    buyer = Caller(amina.person_id, BUYER, frozenset({Role.CONTRACT_MANAGER}), frozenset())
    supplier = Caller(tom.person_id, SUPPLIER, frozenset(SUPPLIER_ROLES), frozenset())
    async with world.runtime.pool.acquire() as conn, conn.transaction():
        await dispute(conn, UUID(one), "Ms Lane was ill", at=NOON, by=supplier)
        await resolve(conn, UUID(other), "Mr Poole has died", at=NOON, by=buyer)
    joan = await people.administrator()
    page = await joan.get(HERE)
    assert "Tom Adeyemi Alert: disputed FM-1" in page.text
    assert "Amina Rahman Alert: resolved CARE-2 Level: Contract manager Quarter: 2026-27 Q2 Severity: high" in page.text
    assert "Parity itself Alert: raised FM-1 Level: Contract manager" in page.text
    assert ("Lane" in page.text, "Poole" in page.text) == (False, False)
    hers = (await joan.get(f"{HERE}?who=amina")).text
    assert ("resolved" in hers, "disputed" in hers) == (True, False)
    of_contract = (await joan.get(f"{HERE}?contract=fm-1")).text
    assert ("disputed" in of_contract, "CARE-2" in of_contract) == (True, False)
    assert "Nothing is found" in (await joan.get(f"{HERE}?what=task")).text
    assert "Nothing is found" in (await joan.get(f"{HERE}?until=2020-01-01")).text


async def test_administrators_alone_are_let_in(people: People) -> None:
    for visit in (await people.manager(), await people.supplier(), await people.analyst()):
        await visit.get(HERE, expect=403)
