"""``make faults``: at least 50 kills per event log under load, then the books must balance."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, help="of an earlier run, to do the same again")
    parser.add_argument("--only", choices=("postgres", "kafka"))
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="of Kafka; of three, one at a time is killed")
    asked = parser.parse_args()
    os.environ["PARITY_FAULTS_KILLS"] = str(asked.kills)
    os.environ["PARITY_TEST_BROKERS"] = str(asked.brokers)
    if asked.seed is not None:
        os.environ["PARITY_FAULTS_SEED"] = str(asked.seed)
    chosen = ["-k", f"books_balance and {asked.only or ''}".removesuffix(" and ")]
    return pytest.main([str(Path(__file__).parent), "-q", "-s", *chosen])


if __name__ == "__main__":
    sys.exit(main())
