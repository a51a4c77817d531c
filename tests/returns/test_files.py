"""What a file of evidence is, by its content."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook

from services.returns.rules import files
from services.returns.rules.files import (
    FileEmpty,
    HasMacros,
    Locked,
    NameMisleads,
    NotEvidence,
    UnpacksTooLarge,
    media_type_of,
)
from shared.errors import Unsupported
from tests.shared.test_spreadsheets import LOCKED

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
OOXML = "application/vnd.openxmlformats-officedocument."


def a_workbook() -> bytes:
    held = BytesIO()
    Workbook().save(held)
    return held.getvalue()


def packed(**members: bytes | str) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return held.getvalue()


def a_document(**more: bytes | str) -> bytes:
    return packed(**{"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>", **more})


def encrypted() -> bytes:
    """The flag of every member's local header and of its entry in the directory."""
    body = bytearray(a_document())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := body.find(signature, start)) >= 0:
            body[start + offset] |= 1
            start += 4
    return bytes(body)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("letter.pdf", PDF, "application/pdf"),
        ("LETTER.PDF", PDF, "application/pdf"),
        ("photo.png", PNG, "image/png"),
        ("photo.jpeg", JPEG, "image/jpeg"),
        ("register.xlsx", a_workbook(), OOXML + "spreadsheetml.sheet"),
        ("plan.docx", a_document(), OOXML + "wordprocessingml.document"),
        ("list.odt", packed(mimetype="application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
        ("list.csv", "name,hours\nÄnne,2\n".encode(), "text/plain"),
        ("list.txt", "£10 für".encode("cp1252"), "text/plain"),
    ],
)
def test_what_is_accepted(name: str, content: bytes, media_type: str) -> None:
    assert media_type_of(name, content) == media_type


@pytest.mark.parametrize(
    ("name", "content", "refused"),
    [
        ("report.pdf", HTML, NotEvidence),
        ("plan.docx", LOCKED, Locked),
        ("report.txt", HTML, NotEvidence),
        ("report.csv", b"\xef\xbb\xbf  \n<html>", NotEvidence),
        ("drawing.png", SVG, NotEvidence),
        ("letter.pdf", EXE, NotEvidence),
        ("letter.pdf", b"\x00\x01\x02", NotEvidence),
        ("letter.pdf", b"only text", NameMisleads),
        ("photo.png", JPEG, NameMisleads),
        ("photo", PNG, NameMisleads),
        ("letter.pdf.exe", PDF, NameMisleads),
        ("letter.pdf", b"", FileEmpty),
        ("all.zip", packed(a="b"), NotEvidence),
        ("all.xlsx", packed(a="b"), NotEvidence),
        ("broken.xlsx", a_workbook()[:200], NotEvidence),
        ("macros.docx", a_document(**{"word/vbaProject.bin": b"\xd0\xcf"}), HasMacros),
        ("locked.docx", encrypted(), Locked),
        ("page.txt", b"#!/bin/sh\nrm -rf /", NotEvidence),
        ("mail.odt", packed(mimetype="text/html"), NotEvidence),
    ],
)
def test_what_is_refused(name: str, content: bytes, refused: type[Unsupported]) -> None:
    with pytest.raises(refused):
        media_type_of(name, content)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = a_document(**{"word/media/zeros.bin": b"\0" * 10_000_000})
    assert len(bomb) < 20_000
    monkeypatch.setattr(files, "_LARGEST_UNPACKED", 9_999_999)
    with pytest.raises(UnpacksTooLarge):
        media_type_of("plan.docx", bomb)
    monkeypatch.setattr(files, "_LARGEST_UNPACKED", 200_000_000)
    monkeypatch.setattr(files, "_MOST_MEMBERS", 2)
    with pytest.raises(UnpacksTooLarge):
        media_type_of("plan.docx", bomb)


def test_what_a_browser_offers_is_accepted_and_no_phone_hands_over_what_others_cannot_open() -> None:
    offered = files.OFFERED.split(",")
    assert {"image/jpeg", "image/png", "image/webp", ".pdf", ".docx", ".csv"} <= set(offered)
    assert not {"image/heic", ".heic", ".heif", "image/*"} & set(offered)
