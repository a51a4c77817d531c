"""Tables that people send as XLSX or CSV, and templates that they fill.

What is read names every cell at fault by sheet, row and column; what is written is safe to open.
"""

from shared.spreadsheets.faults import Fault, faults
from shared.spreadsheets.reading import CannotRead, cannot_read, read_table
from shared.spreadsheets.rows import CellError, Row, rows_below, words_of
from shared.spreadsheets.workbooks import Book, HasMacros, Locked, NotASpreadsheet, SpreadsheetTooLarge, is_locked
from shared.spreadsheets.writing import Sheet, put, write_csv, write_xlsx

__all__ = [
    "Book",
    "CannotRead",
    "CellError",
    "Fault",
    "HasMacros",
    "Locked",
    "NotASpreadsheet",
    "Row",
    "Sheet",
    "SpreadsheetTooLarge",
    "cannot_read",
    "faults",
    "is_locked",
    "put",
    "read_table",
    "rows_below",
    "words_of",
    "write_csv",
    "write_xlsx",
]
