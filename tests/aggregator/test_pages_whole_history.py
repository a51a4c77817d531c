"""What administrators see of the totals' history: who closed which quarter, and who made a cut."""

from __future__ import annotations

from services.commitments.main import service as commitments
from shared.access import Role
from shared.service import Runtime
from tests.aggregator.analysts import PRESENT, Analyst
from tests.aggregator.builders import HOURS, Contract
from tests.conftest import OpenRuntime
from tests.visiting import Visit

HERE = "/icb/history"


async def test_who_closed_a_quarter_or_made_a_cut(analyst: Analyst, at_work: Runtime, runtime: OpenRuntime) -> None:
    await analyst.hears(Contract().owes(HOURS).all("1200.5"))
    await analyst.closes()
    day = {"day-day": "22", "day-month": "10", "day-year": "2026"}
    await analyst.submit(await analyst.get("/icb/cut?quarter=2026-27-Q2"), "Make the cut", day)
    joan = await Visit.of(at_work, await runtime(commitments, at=PRESENT), Role.ADMINISTRATOR, name="Joan Whitfield")
    page = await joan.get(HERE)
    assert "Sam Reed Publication: published Number: 1 Quarter: 2026-27 Q2" in page.text
    assert "Sam Reed Cut: made" in page.text
    assert "Contract reference" not in page.text, "nothing here belongs to one contract"
    assert "published" in (await joan.get(f"{HERE}?who=sam&what=publication&since=2026-11-02&until=2026-11-02")).text
    assert "Publication: published" not in (await joan.get(f"{HERE}?what=cut")).text
    for asked in ("who=joan", "until=2026-11-01", "since=2026-11-03"):
        assert "Nothing is found" in (await joan.get(f"{HERE}?{asked}")).text
    await analyst.get(HERE, expect=403)
