"""What a process of production writes about an exception: where it was raised and of what kind, never its words."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

BEGIN = """
import logging, asyncpg, structlog
from shared import logs
logs.configure(as_json=True)
def of_the_database():
    row = 'new row violates check constraint "refused"\\\\nDETAIL:  Failing row contains (canary@parity.example).'
    raise asyncpg.CheckViolationError(row)
def because_of_it():
    try:
        of_the_database()
    except Exception as error:
        raise ValueError("canary") from error
"""


def told(program: str, code: int = 0) -> list[dict[str, Any]]:
    """The JSON lines that a process wrote."""
    ran = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True, check=False)
    assert ran.returncode == code, ran.stderr
    assert "canary" not in ran.stderr
    return [json.loads(line) for line in ran.stderr.splitlines()]


@pytest.mark.parametrize(
    "told_by",
    ["structlog.get_logger().exception('failed')", "logging.getLogger('uvicorn.error').error('failed', exc_info=error)"],
    ids=["ours", "a library's"],
)
def test_an_exception_is_told_without_its_words(told_by: str) -> None:
    [line] = told(f"try:\n    because_of_it()\nexcept ValueError as error:\n    {told_by}")
    assert (line["event"], line["level"]) == ("failed", "error")
    assert line["exception"].endswith("ValueError")
    assert ", in of_the_database" in line["exception"]
    assert "CheckViolationError (23514)" in line["exception"]


def test_each_of_a_group_is_told() -> None:
    [line] = told("""
try:
    try:
        because_of_it()
    except ValueError as error:
        raise ExceptionGroup("canary", [error, KeyError("canary")])
except ExceptionGroup as group:
    structlog.get_logger().error("failed", exc_info=group)
""")
    for kind in ("CheckViolationError", "ValueError", "KeyError", "ExceptionGroup"):
        assert kind in line["exception"]


def test_what_ends_a_process_is_its_last_line() -> None:
    [line] = told("because_of_it()", code=1)
    assert (line["event"], line["level"]) == ("ended by a defect", "critical")
    assert line["exception"].endswith("ValueError")


def test_a_line_without_an_exception_has_none() -> None:
    [line] = told("structlog.get_logger().warning('waits', exc_info=False)")
    assert "exception" not in line
