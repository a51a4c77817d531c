"""What an amount may be, wherever one is sent: an exact decimal that the database holds."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.obligations import Amount

AMOUNT: TypeAdapter[Amount] = TypeAdapter(Amount)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("95", "95"),
        ("0.250000", "0.25"),
        ("-99999999999999.999999", "-99999999999999.999999"),
        ("1e3", "1000"),
        ("0e999999999", "0"),
    ],
)
def test_what_the_database_holds_is_taken_and_written_out(sent: str, kept: str) -> None:
    assert AMOUNT.dump_python(AMOUNT.validate_python(sent), mode="json") == kept


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("1e14", "below 100,000,000,000,000"),
        ("1e999999", "below 100,000,000,000,000"),
        ("1e400000000", "below 100,000,000,000,000"),
        ("-1e400000000", "below 100,000,000,000,000"),
        ("0.0000001", "no more than 6 decimal places"),
        ("1e-400000000", "no more than 6 decimal places"),
        ("NaN", "finite number"),
        ("sNaN", "finite number"),
        ("Infinity", "finite number"),
        ("many", "valid decimal"),
    ],
)
def test_anything_else_is_refused_in_words(sent: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        AMOUNT.validate_python(sent)
