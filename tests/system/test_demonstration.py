"""What a newcomer does on the first day: start the demonstration, look, move time on, stop it, start it again.

The tests of this file run in their order, on one demonstration.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
import pytest
from openpyxl import load_workbook

from deploy.demo import keys
from deploy.demo.scenario import NOTICES
from deploy.kafka.cluster import free_port
from deploy.local.postgres import PostgresServer
from shared.db import connect
from tests.demonstrated import Demonstration
from tests.system.processes import Running, eventually, parity


class Demo(Demonstration):
    """As its people see it, by their keys."""

    def get(self, person: str, path: str, status: int = 200) -> Any:
        url = f"http://127.0.0.1:{self.port}{path}"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {keys.read(self.data)[person]}"}, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()

    def returns(self, **wanted: str) -> list[Any]:
        """As the contract manager sees them."""
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        found: list[Any] = self.get("contract manager", f"/returns/api/v1/returns?limit=200&{query}")["items"]
        return found

    def contract(self, reference: str) -> Any:
        (found,) = self.get("contract manager", f"/commitments/api/v1/contracts?q={reference}")["items"]
        return self.get("contract manager", f"/commitments/api/v1/contracts/{found['contract_id']}")

    def alerts(self) -> list[Any]:
        found: list[Any] = self.get("contract manager", "/alerts/api/v1/alerts?limit=200&unresolved=true")["items"]
        return found


@pytest.fixture(scope="module")
def demo(demonstration_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demonstration = Demo.on_a_copy(demonstration_data, tmp_path_factory.mktemp("demonstration"))
    yield demonstration
    demonstration.close()


def test_it_prints_four_keys_and_where_to_look(demo: Demo) -> None:
    for person in ("contract manager", "supplier", "ICB analyst", "administrator"):
        assert keys.read(demo.data)[person] in demo.said
    assert demo.said.count("curl -H") == 4
    for path in ("/commitments", "/returns", "/alerts", "/icb"):
        assert httpx.get(f"http://127.0.0.1:{demo.port}{path}/ready", timeout=60).status_code == 200


def test_each_link_signs_in_once_and_more_can_be_had(demo: Demo) -> None:
    printed = re.findall(r"http://\S+/links/\S+", demo.said)
    more = json.loads(parity("demo", "links", "--data", demo.data, "--json").stdout)
    assert len(printed) == len(more) == 5
    for url in [*printed, *(f"http://127.0.0.1:{demo.port}{path}" for path in more.values())]:
        first = httpx.get(url, timeout=60)
        assert (first.status_code, first.headers["location"]) == (303, "/")
        home = httpx.get(f"http://127.0.0.1:{demo.port}/commitments/", cookies=dict(first.cookies), timeout=60)
        assert "/sign-in" not in home.headers["location"]
        assert httpx.get(url, timeout=60).status_code == 401


def test_every_line_with_curl_works(demo: Demo) -> None:
    for line in demo.said.splitlines():
        if line.strip().startswith("curl"):
            _, header, _, address, _ = line.split("'")
            name, value = header.split(": ")
            answer = httpx.get(address, headers={name: value}, timeout=60)
            assert answer.status_code == 200
            assert answer.json()["items"], address


def test_real_notices_became_contracts_or_wait_for_a_person(demo: Demo) -> None:
    proposals = demo.get("administrator", "/commitments/api/v1/proposals")["items"]
    assert {one["status"] for one in proposals} == {"confirmed", "changed", "waiting"}
    assert len(proposals) == 9


def test_a_promise_kept_late_short_and_restated_are_all_there(demo: Demo) -> None:
    late = [one for one in demo.returns() if one["overdue"]]
    assert [one["reference"] for one in late] == ["MV-2025-021"]
    kinds = {(one["kind"], one["status"]) for one in demo.alerts()}
    assert {("shortfall", "recovery_agreed"), ("late_return", "open"), ("late_review", "open")} <= kinds
    published = demo.get("ICB analyst", "/icb/api/v1/publications?quarter=2025-26-Q4")["items"]
    assert [one["number"] for one in published] == [2, 1]
    assert published[0]["reasons"] == {"restated": 1}


def test_four_quarters_were_approved_and_one_return_of_them_came_late(demo: Demo) -> None:
    approved = [one for one in demo.returns() if one["status"] == "approved"]
    assert {one["quarter"] for one in approved} == {"2025-26-Q3", "2025-26-Q4", "2026-27-Q1", "2026-27-Q2"}
    whole = [demo.get("contract manager", f"/returns/api/v1/returns/{one['return_id']}") for one in approved]
    late = [(one["contract"]["reference"], one["quarter"]) for one in whole if one["first_submitted_at"][:10] > one["due_on"]]
    assert late == [("MV-2025-021", "2026-27-Q1")]


def test_every_kind_of_promise_was_reported(demo: Demo) -> None:
    whole = [demo.get("contract manager", f"/returns/api/v1/returns/{one['return_id']}") for one in demo.returns()]
    lines = [line for one in whole for line in one["lines"] if line["status"] == "approved"]
    assert {line["terms"]["measure"]["kind"] for line in lines} == {"flow", "ratio", "fte", "headcount"}
    assert any(line["side"] == "core_service" and line["terms"]["direction"] == "lower" for line in lines)
    assert any(line["figure"]["nil"] and line["content"]["nil_reason"] for line in lines)
    assert any(line["content"]["months"] for line in lines)
    assert any(line["evidence"] for line in lines)


def test_promises_were_kept_and_missed_in_every_degree(demo: Demo) -> None:
    contract = demo.contract("MV-2025-014")
    path = f"/alerts/api/v1/contracts/{contract['contract_id']}/ratings?quarter="
    rated = [one for quarter in ("2025-26-Q4", "2026-27-Q2") for one in demo.get("contract manager", path + quarter)["ratings"]]
    assert {one["rating"] for one in rated} == {"good", "approaching_target", "requires_improvement", "inadequate"}


def test_a_community_supplier_and_a_contract_of_core_obligations_only_are_among_them(demo: Demo) -> None:
    assert [one["sector"] for one in demo.contract("MV-2025-021")["suppliers"]] == ["vcfse"]
    assert {one["side"] for one in demo.contract("MV-2025-030")["obligations"]} == {"core_service"}


def test_a_later_notice_shows_old_and_new_and_waits_for_a_person(demo: Demo) -> None:
    proposals = demo.get("administrator", "/commitments/api/v1/proposals")["items"]
    (changed,) = [one for one in proposals if one["status"] == "changed"]
    whole = demo.get("administrator", f"/commitments/api/v1/proposals/{changed['proposal_id']}")
    (change,) = whole["changes"]
    assert change["field"] == "obligations.1.title"
    assert change["before"].endswith("Business-critical Goods")
    assert change["after"].endswith("Business-Critical Items")
    confirmed = [one for one in proposals if one["contract_ids"]]
    assert {one["ocid"] for one in confirmed} == {
        "ocds-h6vhtk-05d4a5",
        "ocds-b5fd17-18103af3-255c-4736-a25d-ef5f37cc4b71",
    }


def test_notices_imported_again_at_the_shell_change_nothing(demo: Demo) -> None:
    files = sorted(NOTICES.glob("*.json"))
    command = ("import", "notices", "--by", "joan@parity.example", "--json", "--data", demo.data, *files)
    imported = parity(*command)
    assert imported.returncode == 0, imported.stderr
    found = json.loads(imported.stdout)
    assert (found["releases"], found["new"], found["changed"]) == (12, 0, 0)


def test_both_sides_are_rated_on_one_scale(demo: Demo) -> None:
    path = f"/alerts/api/v1/contracts/{demo.contract('MV-2025-014')['contract_id']}/ratings?quarter=2026-27-Q2"
    rated = json.dumps(demo.get("contract manager", path))
    for side in ("core_service", "social_value"):
        assert side in rated


def test_a_supplier_sees_its_own_contracts_only(demo: Demo) -> None:
    theirs = demo.get("supplier", "/returns/api/v1/returns?limit=200")["items"]
    assert {one["reference"] for one in theirs} == {"MV-2025-014"}
    others = next(one for one in demo.returns() if one["reference"] == "MV-2025-030")
    demo.get("supplier", f"/returns/api/v1/returns/{others['return_id']}", status=404)


def test_a_second_start_on_the_port_or_on_the_folder_gets_one_sentence(demo: Demo, tmp_path: Path) -> None:
    busy = parity("demo", "--port", str(demo.port), "--data", tmp_path / "other")
    assert (busy.returncode, busy.stdout) == (1, "")
    assert busy.stderr.strip() == f"Port {demo.port} is busy: another program listens on it. Choose another with --port."
    held = parity("up", "--port", str(free_port()), "--data", demo.data)
    assert held.returncode == 1
    assert f"(process {demo.running.process.pid}, http://127.0.0.1:{demo.port})" in held.stderr
    assert len(held.stderr.strip().splitlines()) == 1


def test_the_doctor_finds_nothing_wrong_while_it_runs(demo: Demo) -> None:
    looked = parity("doctor", "--json", "--data", demo.data)
    assert looked.returncode == 0, looked.stdout
    assert all(one["ok"] for one in json.loads(looked.stdout))


def test_time_moves_on_while_it_runs(demo: Demo) -> None:
    """To January: a quarter ends, its returns open; what was late grows and climbs."""
    before = {one["alert_id"]: one["level"] for one in demo.alerts()}
    moved = parity("demo", "advance", "--to", "2027-01-05", "--json", "--data", demo.data)
    assert moved.returncode == 0, moved.stderr
    assert json.loads(moved.stdout) == {"present": "2027-01-05T12:00:00+00:00"}
    opened = demo.returns(quarter="2026-27-Q3")
    assert {one["reference"] for one in opened} == {"MV-2025-014", "MV-2025-021", "MV-2025-030"}
    assert {one["due_on"] for one in opened} == {"2027-01-29"}
    climbed = [one for one in demo.alerts() if before.get(one["alert_id"], one["level"]) != one["level"]]
    assert climbed


def test_what_is_due_is_filled_as_a_workbook_and_read_again_at_the_shell(demo: Demo, tmp_path: Path) -> None:
    by = ("--by", "tom@parity.example", "--data", demo.data)
    file = tmp_path / "due.xlsx"
    written = parity("import", "returns", *by, "--template", file)
    assert written.returncode == 0, written.stderr
    book = load_workbook(file)
    sheet = book["Lines"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    hours = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, columns["Obligation"]).value == "S1")
    sheet.cell(hours, columns["Figure"]).value = "many"
    book.save(file)
    refused = parity("import", "returns", *by, file)
    assert refused.returncode == 1
    assert f"Lines!{sheet.cell(hours, columns['Figure']).coordinate}: " in refused.stdout
    sheet.cell(hours, columns["Figure"]).value = 52
    book.save(file)
    saved = parity("import", "returns", *by, "--json", file)
    assert saved.returncode == 0, saved.stderr
    assert json.loads(saved.stdout)[0]["saved"] == 1
    again = json.loads(parity("import", "returns", *by, "--json", file).stdout)
    assert again[0]["saved"] == 0


def test_time_does_not_move_back(demo: Demo) -> None:
    back = parity("demo", "advance", "--to", "2026-01-05", "--data", demo.data)
    assert back.returncode == 1
    assert "can only be moved on" in back.stderr


def test_time_that_was_interrupted_goes_on_where_it_stood(demo: Demo) -> None:
    moving = ("demo", "advance", "--to", "2027-02-26", "--data", demo.data)
    stood = demo.present()
    interrupted = Running(demo.folder / "moved.txt", *moving)
    eventually(lambda: demo.present() > stood + timedelta(days=1))
    assert interrupted.interrupt() == 130
    assert "Run the same command again to go on" in interrupted.log.read_text()
    on = parity(*moving, "--json")
    assert on.returncode == 0, on.stderr
    assert parity(*moving).returncode == 1  # it stands there now


def test_ctrl_c_stops_everything_and_the_next_start_keeps_the_data(demo: Demo) -> None:
    servers = [child for child in psutil.Process(demo.running.process.pid).children() if child.name() == "postgres"]
    assert len(servers) == 1
    before, known = demo.returns(), keys.read(demo.data)
    assert demo.running.interrupt(signal.SIGINT) == 0
    assert "Parity has stopped. Its data is kept." in demo.running.log.read_text()
    assert not servers[0].is_running()
    demo.start()
    assert "Loading" not in demo.said
    assert keys.read(demo.data) == known
    assert demo.returns() == before


def test_a_run_that_was_killed_does_not_stand_in_the_way(demo: Demo) -> None:
    before = demo.returns()
    demo.running.kill()
    demo.start()
    assert demo.returns() == before


def test_the_books_balance(demo: Demo) -> None:
    rebuilt = parity("rebuild", "totals", "--json", "--data", demo.data)
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    found = json.loads(rebuilt.stdout)
    assert found["differing"] == {}
    assert found["events"] > 100


def test_nothing_is_buried_and_nothing_is_missing(demo: Demo) -> None:
    assert json.loads(parity("dead-letters", "list", "--json", "--data", demo.data).stdout) == []
    assert json.loads(parity("replay", "--json", "--data", demo.data).stdout) == []


def test_sent_again_changes_nothing(demo: Demo) -> None:
    path = "/icb/api/v1/totals?quarter=2026-27-Q2&limit=200"
    before = demo.get("ICB analyst", path)
    sent = parity("replay", "--topic", "returns", "--json", "--data", demo.data)
    assert sent.returncode == 0
    assert json.loads(sent.stdout)
    assert demo.get("ICB analyst", path) == before


async def test_what_is_applied_after_its_cause_was_mended_is_known_from_the_demonstrations_day(demo: Demo) -> None:
    """Not from the world's: a figure as it was known on a day is read by that."""
    (waiting,) = [one for one in demo.returns() if one["status"] == "submitted"]
    whole = demo.get("contract manager", f"/returns/api/v1/returns/{waiting['return_id']}")
    conn = await connect(PostgresServer(demo.data / "postgres").url("aggregator"))
    try:
        await conn.execute("ALTER TABLE figures ADD CONSTRAINT refused CHECK (false) NOT VALID")
        approved = httpx.post(
            f"{demo.url}/returns/api/v1/returns/{waiting['return_id']}/approve",
            json={"judgement": "met"},
            headers={
                "Authorization": f"Bearer {keys.read(demo.data)['contract manager']}",
                "If-Match": f'"{whole["version"]}"',
            },
            timeout=60,
        )
        assert approved.status_code == 200, approved.text
        eventually(lambda: json.loads(parity("dead-letters", "list", "--json", "--data", demo.data).stdout))
        await conn.execute("ALTER TABLE figures DROP CONSTRAINT refused")
        before = await conn.fetchval("SELECT max(applied_at) FROM figures")
        retried = parity("dead-letters", "retry", "--json", "--data", demo.data)
        assert retried.returncode == 0, retried.stdout + retried.stderr
        known_from = await conn.fetchval("SELECT max(applied_at) FROM figures")
        assert known_from > before
        assert abs(known_from - await demo.present_there()) < timedelta(minutes=5)
    finally:
        await conn.close()


def test_the_analyst_closes_a_quarter_at_the_shell_and_somebody_else_does_not(demo: Demo) -> None:
    closed = parity("close-quarter", "2026-27-Q2", "--by", "priya@parity.example", "--json", "--data", demo.data)
    assert closed.returncode == 0, closed.stderr
    assert json.loads(closed.stdout)["number"] == 1
    refused = parity("close-quarter", "2026-27-Q1", "--by", "tom@parity.example", "--data", demo.data)
    assert refused.returncode == 1
    assert refused.stderr.strip() == "tom@parity.example is no icb analyst, and may not do this."
    assert parity("close-quarter", "soon", "--by", "priya@parity.example", "--data", demo.data).returncode == 2


def test_commands_work_on_a_stopped_one_too(demo: Demo) -> None:
    assert demo.running.interrupt(signal.SIGTERM) == 0
    made = parity("keys", "create", "amina@parity.example", "--scope", "returns:read", "--json", "--data", demo.data)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["scopes"] == ["returns:read"]
    moved = parity("demo", "advance", "--to", "2027-03-01", "--data", demo.data)
    assert moved.returncode == 0, moved.stderr
