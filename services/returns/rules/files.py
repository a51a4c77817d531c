"""What a file of evidence is, by its content. Its name must agree, so that nobody opens something else than the name says."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePosixPath
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile, ZipInfo

import filetype

from services.returns.models.activities import EvidenceFile
from shared.errors import Unsupported
from shared.spreadsheets import is_locked

_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "text/plain": (".txt", ".csv"),
}
OFFERED = ",".join(
    [
        *(kind for kind in _ENDINGS if kind.startswith("image/") and kind != "image/heic"),
        *(ending for kind, endings in _ENDINGS.items() if not kind.startswith("image/") for ending in endings),
    ]
)
"""What a browser offers to select. Without HEIC a phone hands over its pictures as JPEG, which everybody can open."""
_BY_MAIN_PART: Mapping[str, str] = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_SHOWN = frozenset(("application/pdf", "image/png", "image/jpeg", "image/webp"))
_LARGEST_UNPACKED = 200 * 1024 * 1024
_MOST_MEMBERS = 5000
_ENCRYPTED = 0x1
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r\f")


class NotEvidence(Unsupported):
    """This kind of file is not accepted. Add a PDF, an image (PNG, JPEG, WEBP, HEIC), a Word, Excel, PowerPoint or OpenDocument
    file without macros, or plain text (TXT, CSV)."""


class NameMisleads(Unsupported):
    """The file is not what its name says. Save it again in the format that its name ends with, or rename it."""


class FileEmpty(Unsupported):
    """The file is empty."""


class Locked(Unsupported):
    """The file is protected by a password. Remove the password, then add it again."""


class HasMacros(Unsupported):
    """The file contains macros. Save it without macros, then add it again."""


class UnpacksTooLarge(Unsupported):
    """The file unpacks to far more than its size. Save it again in a smaller form."""


def opens_in_a_browser(media_type: str) -> bool:
    """Whether a browser shows it by itself and runs nothing in it."""
    return media_type in _SHOWN


def headers_of(file: EvidenceFile, *, inline: bool) -> dict[str, str]:
    """How a file is sent: with no rights in the browser, under its own name, and never taken for another type."""
    return {
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Length": str(file.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def media_type_of(name: str, content: bytes) -> str:
    """The media type that the content has. Raises Unsupported where it is not accepted, or where the name says another one."""
    if not content:
        raise FileEmpty
    media_type = _media_type(content)
    if PurePosixPath(name).suffix.lower() not in _ENDINGS[media_type]:
        raise NameMisleads
    return media_type


def _media_type(content: bytes) -> str:
    if content.startswith(b"PK"):
        return _packed_type(content)
    if is_locked(content):
        raise Locked
    guessed: str | None = filetype.guess_mime(content)
    if guessed is None and _is_plain_text(content):
        return "text/plain"
    if guessed is None or guessed not in _ENDINGS:
        raise NotEvidence
    return guessed


def _packed_type(content: bytes) -> str:
    """An office document is a zip. Only its list of members and one small member are read; nothing is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _LARGEST_UNPACKED:
                raise UnpacksTooLarge
            if any(member.flag_bits & _ENCRYPTED for member in members):
                raise Locked
            return _office_type(archive, {member.filename: member for member in members})
    except (BadZipFile, NotImplementedError, OSError, ValueError, zlib.error):
        raise NotEvidence from None


def _office_type(archive: ZipFile, members: Mapping[str, ZipInfo]) -> str:
    if any(name.lower().endswith("vbaproject.bin") for name in members):
        raise HasMacros
    if "mimetype" in members:
        with archive.open("mimetype") as member:
            said = member.read(100).decode("ascii", "replace").strip()
        if said in _ENDINGS:
            return said
    for part, media_type in _BY_MAIN_PART.items():
        if part in members and "[Content_Types].xml" in members:
            return media_type
    raise NotEvidence


def _is_plain_text(content: bytes) -> bool:
    """Text that no program takes for a page or a script to run."""
    if not _CONTROLS.isdisjoint(content):
        return False
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return not text.lstrip().startswith(("<", "{\\rtf", "%!", "#!"))
