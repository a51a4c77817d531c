"""A return, or all that are due from a supplier, as a workbook: written prefilled, and read back."""

from services.returns.rules.workbook.reading import LineRow, OtherTemplate, content_of, read_workbook
from services.returns.rules.workbook.writing import write_workbook

__all__ = ["LineRow", "OtherTemplate", "content_of", "read_workbook", "write_workbook"]
