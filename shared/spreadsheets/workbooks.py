"""Workbooks of strangers: checked before anything is unpacked, and every cell without a usable value said so."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from shared.errors import TooLarge, Unsupported

MOST_ROWS = 5000
_WIDEST = 500
_MOST_MEMBERS = 2000
_LARGEST_UNPACKED = 50 * 1024 * 1024
_ENCRYPTED = 0x1
_CONTAINER = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}


class NotASpreadsheet(Unsupported):
    """This file cannot be read as a spreadsheet. Save it as XLSX without a password, or as CSV, then send it again."""


class Locked(Unsupported):
    """This workbook is protected by a password. Remove the password, then send it again."""


class HasMacros(Unsupported):
    """This workbook holds macros. Save it as XLSX without them, then send it again."""


class SpreadsheetTooLarge(TooLarge):
    """This spreadsheet unpacks to more than is accepted, or has more than 5,000 rows. Split it, then send the parts."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """Stands in the place of a value that cannot be used, and says what to do."""

    message: str

    @classmethod
    def of_error(cls, said: str) -> Self:
        return cls(f"The formula comes to {said}: correct it")


def is_locked(content: bytes) -> bool:
    """Whether it is an office document with a password: an older kind of container around what is encrypted."""
    return content.startswith(_CONTAINER) and _ENCRYPTED_PART in content


def is_error(said: str) -> bool:
    """Whether a text is what spreadsheets show where a formula fails."""
    return said in _ERRORS


class Book:
    """An XLSX that was opened: its values, with the formulas behind them."""

    def __init__(self, content: bytes) -> None:
        """Raises NotASpreadsheet, Locked, HasMacros, SpreadsheetTooLarge."""
        _check_package(content)
        try:
            self._values = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            self._formulas = load_workbook(BytesIO(content), read_only=True, keep_links=False)
            self.sheets = tuple(self._values.sheetnames)
        except Exception:  # whatever a broken file makes of its reader, it is the file's fault
            raise NotASpreadsheet from None

    def rows(self, sheet: str, *, width: int = _WIDEST) -> Iterator[list[Any]]:
        """What stands in a sheet, row by row, a NoValue where a cell has none that can be used. Raises NotASpreadsheet."""
        try:
            values, formulas = (_cells(book, sheet, width) for book in (self._values, self._formulas))
            for cells, behind in zip(values, formulas, strict=True):
                yield [_value(cell, formula.value) for cell, formula in zip(cells, behind, strict=True)]
        except Exception:
            raise NotASpreadsheet from None


def _cells(book: Any, sheet: str, width: int) -> Iterator[Sequence[Any]]:
    worksheet = book[sheet]
    worksheet.reset_dimensions()
    found: Iterator[Sequence[Any]] = worksheet.iter_rows(max_col=width)
    return found


def _value(cell: Any, formula: Any) -> Any:
    value = cell.value
    if value is None and formula is not None:
        return NoValue("This formula has no value yet: open the workbook, save it, and send it again")
    if isinstance(value, str) and (is_error(value) or cell.data_type == "e" or (value != formula and _shouts(value))):
        return NoValue.of_error(value)
    if isinstance(value, int | float) and "%" in cell.number_format:
        return NoValue("This cell is formatted as a percentage, so that 95 % is kept as 0.95: format it as a plain number")
    return value


def _shouts(calculated: str) -> bool:
    """Errors that later versions of spreadsheet programs have invented: ``#FIELD!``."""
    return calculated.startswith("#") and calculated.rstrip("!?").isupper()


def _check_package(content: bytes) -> None:
    """By the list of its members alone: nothing is unpacked."""
    if is_locked(content):
        raise Locked
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
    except (BadZipFile, NotImplementedError, OSError, ValueError, zlib.error):
        raise NotASpreadsheet from None
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _LARGEST_UNPACKED:
        raise SpreadsheetTooLarge
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise HasMacros
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise Locked
