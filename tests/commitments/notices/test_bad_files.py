"""Files that are not what they should be: each fault is named by file, release and place, and the rest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.commitments.notices import NoticeFile, Proposal, propose
from services.commitments.notices.models import ReadError
from tests.commitments.notices.builders import (
    PERIOD,
    REAL,
    ROOT,
    assert_accounted,
    award,
    contract,
    file_of,
    proposed,
    release,
)

GOOD = release("good", ocid="ocds-b5fd17-good", awards=[award()])


def read_one(data: bytes | str) -> Proposal:
    return propose([NoticeFile("f.json", data.encode() if isinstance(data, str) else data)])


def only_error(proposal: Proposal) -> ReadError:
    (error,) = proposal.errors
    assert proposal.exit_code == 1
    return error


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"  \n\t ", "empty"),
        (b"\xef\xbb\xbf", "not JSON"),
        (b"ocid,date\n1,2", "not JSON: Expecting value in line 1, column 1"),
        (b"<html></html>", "not JSON"),
        (b'{"ocid": "a"', "line 1"),
        (b'{"releases": []} {"releases": []}', "Extra data"),
        (b"\xff\xfe\xff", "not UTF-8"),
        ('{"ocid": "caf\xe9"}'.encode("cp1252"), "not UTF-8 text (byte 13)"),
        (b"PK\x03\x04\x00\x00", "not"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b"null", "not an OCDS release package"),
        (b"[]", "not an OCDS release package"),
        (b'"text"', "not an OCDS release package"),
        (b"{}", "not an OCDS release package"),
        (b'{"name": "Bob", "age": 3}', "not an OCDS release package"),
        (b'{"records": []}', "record package"),
        (b'{"releases": {}}', "not a list"),
        (b'{"releases": null}', "not a list"),
        (b'{"releases": [], "releases": [1]}', "twice"),
        (b"Infinity", "not an OCDS release package"),
    ],
)
def test_a_file_that_is_no_release_package(data: bytes, says: str) -> None:
    error = only_error(read_one(data))
    assert (error.file, error.release) == ("f.json", None)
    assert says in error.message


@pytest.mark.parametrize(
    ("wrong", "pointer", "says"),
    [
        ({"ocid": ...}, "/ocid", "no ocid"),
        ({"ocid": "  "}, "/ocid", "no ocid"),
        ({"ocid": None}, "/ocid", "no ocid"),
        ({"ocid": ["a"]}, "/ocid", "not text"),
        ({"date": ...}, "/date", "no date"),
        ({"date": "25/06/2026"}, "/date", "not a date and time"),
        ({"date": "2026-02-30T00:00:00Z"}, "/date", "not a date and time"),
        ({"date": "9999-12-31T23:59:59-12:00"}, "/date", "not a date and time"),
        ({"date": 20260625}, "/date", "not a date and time"),
        ({"awards": {}}, "/awards", "not a list"),
        ({"awards": [None]}, "/awards/0", "not an object"),
        ({"awards": [{"title": "no id"}]}, "/awards/0/id", "missing"),
        ({"awards": [award("1"), award("1")]}, "", "Award 1 stands here 2 times"),
        ({"awards": [award(value={"amount": "lots"})]}, "/awards/0/value/amount", "not a number"),
        ({"awards": [award(value={"amount": True})]}, "/awards/0/value/amount", "not a number"),
        ({"awards": [award(value={"amount": -1})]}, "/awards/0/value/amount", "not below zero"),
        ({"awards": [award(value={"amount": 10**15})]}, "/awards/0/value/amount", "below 100,000,000,000,000"),
        ({"awards": [award(value={"amount": 1, "currency": "pounds"})]}, "/awards/0/value/currency", "three letters"),
        ({"awards": [award(contractPeriod={"endDate": "soon"})]}, "/awards/0/contractPeriod/endDate", "not a date"),
        (
            {"awards": [award(contractPeriod={"startDate": "2026-04-02", "endDate": "2026-04-01"})]},
            "/awards/0/contractPeriod",
            "ends before it starts",
        ),
        ({"contracts": [contract() | {"agreedMetrics": [{"id": 1}, {"id": "1"}]}]}, "/contracts/0", "Metric 1"),
        ({"contracts": [contract() | {"period": "long"}]}, "/contracts/0/period", "not an object"),
        ({"parties": [{"roles": ["buyer"]}]}, "/parties/0", "an id or a name"),
        ({"tender": {"title": "NUL \0 inside"}}, "/tender/title", "not text"),
        ({"tender": {"title": "half \ud800"}}, "/tender/title", "not text"),
    ],
)
def test_a_release_with_a_fault_is_named_and_the_rest_goes_on(wrong: dict[str, Any], pointer: str, says: str) -> None:
    proposal = propose([file_of(GOOD, release("bad", **wrong))])
    error = only_error(proposal)
    assert (error.file, error.release, error.pointer) == ("notices.json", "bad", f"/releases/1{pointer}")
    assert says in error.message
    assert [one.ocid for one in proposal.contracts] == ["ocds-b5fd17-good"]
    assert proposal.releases == 2


@pytest.mark.parametrize("said", ["Infinity", "-Infinity", "NaN", "1e999", "9" * 5000, "1e-999999999"])
def test_numbers_that_nobody_can_count_with(said: str) -> None:
    text = file_of(GOOD, release("bad", awards=[award(value={"amount": 424242})])).data.decode().replace("424242", said)
    proposal = read_one(text)
    error = only_error(proposal)
    assert (error.release, error.pointer) == ("bad", "/releases/1/awards/0/value/amount")
    assert len(error.message) < 200
    assert len(proposal.contracts) == 1


@pytest.mark.parametrize("said", [None, 1, "text", [], [[]], True])
def test_a_release_that_is_no_object(said: Any) -> None:
    proposal = propose([file_of(GOOD, said)])
    error = only_error(proposal)
    assert (error.release, error.pointer) == (None, "/releases/1")
    assert (proposal.releases, len(proposal.contracts)) == (2, 1)


def test_a_key_that_stands_twice() -> None:
    text = file_of(GOOD, release("bad", awards=[award()])).data.decode()
    head, tail = text.rsplit('"amount": 120000', 1)
    error = only_error(read_one(f'{head}"amount": 120000, "amount": 90000{tail}'))
    assert (error.release, error.pointer) == ("bad", "/releases/1/awards/0/value/amount")
    assert "twice" in error.message


def test_a_release_nested_deeply_spoils_no_other() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    error = only_error(propose([file_of(GOOD, release("bad", planning=deep))]))
    assert error.release == "bad"
    assert "levels deep" in error.message


def test_every_fault_of_a_release_is_named() -> None:
    bad = release("bad", awards=[award(value={"amount": "x", "currency": "y"}, contractPeriod={"startDate": "z"})])
    assert [error.pointer.rpartition("/")[2] for error in propose([file_of(bad)]).errors] == ["amount", "currency", "startDate"]


def test_a_package_without_releases_is_said() -> None:
    proposal = read_one('{"releases": []}')
    assert (proposal.releases, proposal.exit_code) == (0, 0)
    assert proposal.left_out[0].release is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_of_unicode_are_read(encoding: str) -> None:
    text = file_of(release(awards=[award(title="Café")])).data.decode().replace("Caf\\u00e9", "Café")
    assert read_one(text.encode(encoding)).contracts[0].title == "Café"


def test_a_bare_release_without_an_ocid_is_an_error_with_its_id() -> None:
    error = only_error(read_one(json.dumps(release("bare", ocid=..., awards=[award()]))))  # type: ignore[arg-type]
    assert (error.release, error.pointer) == ("bare", "/ocid")


def test_a_release_without_an_id_is_an_error() -> None:
    error = only_error(read_one(json.dumps(release(id=..., awards=[award()]))))  # type: ignore[arg-type]
    assert (error.release, error.pointer) == (None, "/id")


def test_an_amount_as_plain_digits_is_understood() -> None:
    (found,) = proposed(release(awards=[award(value={"amount": "14216.93", "currency": "GBP"})])).contracts
    assert found.value is not None
    assert str(found.value.amount) == "14216.93"


def test_files_that_are_not_there(tmp_path: Path) -> None:
    folder, missing, secret = tmp_path / "folder", tmp_path / "missing.json", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(secret)
    proposal = propose([missing, folder, secret, sorted(REAL.glob("uk*.json"))[2], Path("no\0name")])
    assert [error.message for error in proposal.errors][:3] == [
        "There is no such file",
        "This is not a file",
        "This is not a file",
    ]
    assert len(proposal.errors) == 4
    assert len(proposal.contracts) == 1


def test_200_megabytes_are_refused_and_memory_stays_flat(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.write(b'{"releases": [')
        file.truncate(200 * 1024 * 1024)
    program = (
        "import resource, sys; from pathlib import Path; from services.commitments.notices import propose\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(propose([Path(sys.argv[1])]).errors[0].message)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(large)], cwd=ROOT, capture_output=True, text=True, check=True)
    message, grown = done.stdout.splitlines()
    assert "larger than 25MB" in message
    assert int(grown) < 10_000, "kilobytes"


def test_an_upload_that_is_too_large_is_refused() -> None:
    assert "larger" in only_error(read_one(b" " * (25 * 1024 * 1024 + 1))).message


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(PERIOD["endDate"])
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
_PATHS = [
    ("id",), ("ocid",), ("date",), ("tag",), ("buyer",), ("parties",), ("tender",), ("awards",), ("contracts",),
    ("awards", 0), ("awards", 0, "id"), ("awards", 0, "status"), ("awards", 0, "value"), ("awards", 0, "suppliers"),
    ("awards", 0, "contractPeriod"), ("awards", 0, "contractPeriod", "startDate"), ("awards", 0, "value", "amount"),
    ("contracts", 0, "awardID"), ("contracts", 0, "agreedMetrics"), ("contracts", 0, "agreedMetrics", 0),
    ("contracts", 0, "agreedMetrics", 0, "observations"), ("contracts", 0, "implementation"), ("parties", 0, "roles"),
    ("parties", 0, "identifier"), ("parties", 0, "details"), ("tender", "legalBasis"), ("tender", "specialRegime"),
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_PATHS), _JSON), min_size=1, max_size=3))
def test_whatever_stands_in_a_release_it_is_accounted_for(spoils: list[tuple[tuple[str | int, ...], Any]]) -> None:
    whole = json.loads((REAL / "uk7-003456-2026-release.json").read_text())
    spoilt = json.loads(json.dumps(whole))
    for path, value in spoils:
        part: Any = spoilt
        try:
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
        except (TypeError, KeyError, IndexError, AttributeError):
            continue
    proposal = propose([file_of(spoilt, release("after", "2026-12-01T00:00:00Z", awards=[award()]), name="f.json")])
    assert proposal.releases == 2
    proposal.model_dump_json()
    assert_accounted(proposal, ["after"])
    said = spoilt.get("id")
    accounted = len({id for one in proposal.contracts for id in one.releases} - {"after"})
    accounted += any(one.release != "after" for one in (*proposal.left_out, *proposal.errors))
    assert accounted >= 1, said
