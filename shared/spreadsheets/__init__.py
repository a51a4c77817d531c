"""Tables that people send as XLSX or CSV, and templates that they fill.

What is read names every cell at fault by sheet, row and column; what is written is safe to open.
"""

from shared.spreadsheets.reading import (
    CannotRead,
    HasMacros,
    NotASpreadsheet,
    SpreadsheetTooLarge,
    cannot_read,
    read_table,
)
from shared.spreadsheets.rows import CellError, Row, words_of
from shared.spreadsheets.writing import Sheet, write_csv, write_xlsx

__all__ = [
    "CannotRead",
    "CellError",
    "HasMacros",
    "NotASpreadsheet",
    "Row",
    "Sheet",
    "SpreadsheetTooLarge",
    "cannot_read",
    "read_table",
    "words_of",
    "write_csv",
    "write_xlsx",
]
