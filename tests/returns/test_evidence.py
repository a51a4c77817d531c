"""Evidence: kept under its hash in a folder or in S3, listed per line, removed until it is submitted, told by hash alone."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from obstore.store import ObjectStore

from deploy.kafka.cluster import free_port
from services.returns.actions.activities import ActivityInUse, note
from services.returns.actions.evidence import (
    AlreadyThere,
    FileTooLarge,
    TooManyFiles,
    add_to_activity,
    add_to_line,
    find,
    remove,
)
from services.returns.actions.filing import save_line, submit
from services.returns.actions.reviewing import approve
from services.returns.main import service
from services.returns.models.activities import ActivityContent, EvidenceFile
from services.returns.models.decisions import Approval
from services.returns.rules.files import NameMisleads
from services.returns.rules.lifecycle import NotWithSupplier
from services.returns.store import evidence as store
from services.returns.store.files import EvidenceMissing, EvidenceUnavailable, evidence_store, put, stream
from shared.access import Caller
from shared.errors import NotFound
from shared.events.commitments import IcbSees
from shared.events.returns import LineApproved, LineRestated
from shared.ids import new_id
from tests.conftest import OpenRuntime
from tests.returns.builders import (
    ANALYST,
    CERTIFIED,
    CERTIFIER,
    DEADLINES,
    EDITOR,
    MANAGER,
    STRANGER,
    a_contract,
    an_organisation,
    at,
    content,
    contract_id,
    obligation_id,
    value,
)
from tests.returns.conftest import Client, World, keys_for
from tests.returns.test_files import HTML, PDF, PNG

JULY = at(date(2026, 7, 6))
LARGEST = 1_000_000


@pytest.fixture
async def open_return(world: World) -> World:
    await world.hear(an_organisation(icb_sees=IcbSees.CONTRACTS), a_contract(), when=JULY)
    return world


@pytest.fixture
def files(tmp_path: Path) -> ObjectStore:
    return evidence_store(f"file://{tmp_path}/evidence")


async def do(world: World, action: Any, *args: Any, **kwargs: Any) -> Any:
    async with world.pool.acquire() as conn, conn.transaction():
        return await action(conn, *args, **kwargs)


async def add(
    world: World, files: ObjectStore, name: str = "letter.pdf", body: bytes = PDF, *, by: Caller = EDITOR, largest: int = LARGEST
) -> EvidenceFile:
    line = await world.line()
    file: EvidenceFile = await do(
        world, add_to_line, files, line.line_id, name=name, content=body, largest=largest, by=by, at=JULY
    )
    return file


async def file_and_approve(world: World, *, approved: bool = True) -> None:
    line = await world.line()
    if line.content.figure is None:
        await do(world, save_line, line.line_id, content(1), by=EDITOR, at=JULY)
    await do(world, submit, line.return_id, CERTIFIED, DEADLINES, by=CERTIFIER, at=JULY)
    if approved:
        await do(world, approve, line.return_id, Approval(), by=MANAGER, at=JULY)


async def behind(world: World, line_id: UUID) -> list[str]:
    async with world.pool.acquire() as conn:
        return [file.name for file in (await store.of_lines(conn, [line_id]))[line_id]]


async def everything(files: ObjectStore, sha256: str) -> bytes:
    return b"".join([piece async for piece in await stream(files, sha256)])


async def test_a_file_is_kept_under_its_hash_and_told_by_it(open_return: World, files: ObjectStore, tmp_path: Path) -> None:
    file = await add(open_return, files)
    assert file.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (file.media_type, file.size) == ("application/pdf", len(PDF))
    assert (tmp_path / "evidence" / file.sha256[:2] / file.sha256).read_bytes() == PDF
    assert await everything(files, file.sha256) == PDF
    await file_and_approve(open_return)
    [told] = await open_return.told(LineApproved)
    assert isinstance(told, LineApproved)
    assert told.evidence == (file.sha256,)


async def test_what_is_refused_leaves_nothing(open_return: World, files: ObjectStore) -> None:
    with pytest.raises(NameMisleads):
        await add(open_return, files, "letter.pdf", PNG)
    with pytest.raises(FileTooLarge):
        await add(open_return, files, largest=len(PDF) - 1)
    await add(open_return, files, largest=len(PDF))
    with pytest.raises(AlreadyThere):
        await add(open_return, files, "the same by another name.pdf")
    with pytest.raises(NotFound):
        await add(open_return, files, by=STRANGER)
    assert await behind(open_return, (await open_return.line()).line_id) == ["letter.pdf"]
    assert HTML not in [PDF, PNG]


async def test_a_line_has_so_many_files_and_no_more(
    open_return: World, files: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.returns.actions.evidence.MOST_FILES", 1)
    await add(open_return, files)
    with pytest.raises(TooManyFiles):
        await add(open_return, files, "photo.png", PNG)


async def test_a_file_is_removed_until_it_is_submitted(open_return: World, files: ObjectStore) -> None:
    first, second = await add(open_return, files), await add(open_return, files, "photo.png", PNG)
    with pytest.raises(NotFound):
        await do(open_return, remove, first.evidence_id, by=STRANGER, at=JULY)
    await do(open_return, remove, first.evidence_id, by=EDITOR, at=JULY)
    line = await open_return.line()
    assert await behind(open_return, line.line_id) == ["photo.png"]
    await add(open_return, files)
    await file_and_approve(open_return, approved=False)
    with pytest.raises(NotWithSupplier):
        await do(open_return, remove, second.evidence_id, by=EDITOR, at=JULY)
    with pytest.raises(NotFound):
        await do(open_return, remove, first.evidence_id, by=EDITOR, at=JULY)


async def test_evidence_that_comes_late_is_told_with_the_same_figure(open_return: World, files: ObjectStore) -> None:
    await file_and_approve(open_return)
    [approved] = await open_return.told(LineApproved)
    file = await add(open_return, files)
    [told] = await open_return.told(LineRestated)
    assert isinstance(told, LineRestated)
    assert isinstance(approved, LineApproved)
    assert told == LineRestated(**{**approved.model_dump(), "version": approved.version + 1, "evidence": (file.sha256,)})


async def test_an_activitys_files_stand_behind_the_line_that_it_fills(open_return: World, files: ObjectStore) -> None:
    visit = ActivityContent(happened_on=date(2026, 5, 4), quantity=value(3))
    activity = await do(open_return, note, contract_id(), obligation_id("hours"), visit, by=EDITOR, at=JULY)
    photo = {"name": "photo.png", "content": PNG, "largest": LARGEST, "by": EDITOR, "at": JULY}
    file = await do(open_return, add_to_activity, files, activity.activity_id, **photo)
    line = await open_return.line()
    assert await behind(open_return, line.line_id) == ["photo.png"]
    with pytest.raises(NotFound):
        await do(open_return, find, file.evidence_id, by=ANALYST)
    await file_and_approve(open_return)
    [told] = await open_return.told(LineApproved)
    assert isinstance(told, LineApproved)
    assert told.evidence == (file.sha256,)
    assert await do(open_return, find, file.evidence_id, by=ANALYST) == file
    with pytest.raises(ActivityInUse):
        await do(open_return, remove, file.evidence_id, by=EDITOR, at=JULY)
    with pytest.raises(NotFound):
        await do(open_return, find, file.evidence_id, by=STRANGER)
    with pytest.raises(NotFound):
        await do(open_return, find, new_id(), by=EDITOR)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A real S3 interface on loopback, with one bucket."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_ALLOW_NONEXISTENT_REGION": "true"},
    )
    try:
        until = time.monotonic() + 120
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until, "moto did not start"
            time.sleep(0.05)
        import boto3

        address = f"http://127.0.0.1:{port}"
        boto3.client(
            "s3", endpoint_url=address, region_name="eu-west-2", aws_access_key_id="k", aws_secret_access_key="s"
        ).create_bucket(Bucket="evidence", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        for name, setting in {
            "AWS_ENDPOINT": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu-west-2",
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
        }.items():
            monkeypatch.setenv(name, setting)
        yield "s3://evidence"
    finally:
        server.terminate()
        server.wait(60)


async def test_s3_keeps_the_same_bytes_by_a_setting(s3: str) -> None:
    evidence_store.cache_clear()
    files = evidence_store(s3)
    body = PDF + os.urandom(3_000_000)
    sha256 = await put(files, body)
    assert await put(files, body) == sha256
    assert await everything(files, sha256) == body
    with pytest.raises(EvidenceMissing):
        await stream(files, "0" * 64)
    evidence_store.cache_clear()


async def test_a_deployment_keeps_its_evidence_in_s3_by_a_setting(s3: str, runtime: OpenRuntime) -> None:
    evidence_store.cache_clear()
    at_work = await runtime(service, at=JULY, evidence=s3)
    api = Client(at_work, await keys_for(at_work))
    await api.world.hear(a_contract(), when=JULY)
    path = f"/lines/{(await api.line())['line_id']}/evidence"
    file = await api("POST", path, files={"file": ("letter.pdf", PDF)}, expect=201)
    assert (await api("GET", f"/evidence/{file['evidence_id']}/content", MANAGER)).content == PDF
    assert await everything(evidence_store(s3), hashlib.sha256(PDF).hexdigest()) == PDF
    await api.http.aclose()
    evidence_store.cache_clear()


async def test_a_store_that_is_away_is_said_so_and_nothing_is_saved(
    s3: str, runtime: OpenRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        evidence_store.cache_clear()
        at_work = await runtime(service, at=JULY, evidence=s3)
        api = Client(at_work, await keys_for(at_work))
        await api.world.hear(a_contract(), when=JULY)
        path = f"/lines/{(await api.line())['line_id']}/evidence"
        refused = await api("POST", path, files={"file": ("letter.pdf", PDF)}, expect=503)
        assert refused["code"] == "evidence-unavailable"
        assert await api("GET", path) == []
        with pytest.raises(EvidenceUnavailable):
            await stream(evidence_store(s3), "0" * 64)
        await api.http.aclose()
    evidence_store.cache_clear()
