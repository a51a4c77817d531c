"""``make bench``: measure, print a table, and write the same to build/bench.json.

``make bench ONLY=relay`` measures one thing; ``make bench SIZE=30000`` all of them with fewer events and lines.
Each module beside this one with a ``measure(size)`` that yields figures is a bench of its name.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import pkgutil
import signal
import sys
from pathlib import Path

from tests.bench.figures import Figure, show, write

SIZE = 1_000_000
"""Unless the bench has a size of its own."""


async def run(benches: list[str], size: int | None) -> list[Figure]:
    figures = []
    for name in benches:
        print(f"measuring {name} …", flush=True)
        bench = importlib.import_module(f"tests.bench.{name}")
        async for figure in bench.measure(size or getattr(bench, "SIZE", SIZE)):
            figures.append(figure)
            write(figures)  # what is known is kept, should a later one be interrupted
    return figures


def main() -> int:
    modules = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name != "__main__"]
    benches = [name for name in modules if hasattr(importlib.import_module(f"tests.bench.{name}"), "measure")]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=benches)
    parser.add_argument("--size", type=int, help="how many events are folded, and lines stand behind the feed and the pages")
    asked = parser.parse_args()
    if asked.size is not None and asked.size < 10_000:
        parser.error("--size is 10000 at least: less says nothing")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers are stopped as after Ctrl-C
    show(asyncio.run(run([asked.only] if asked.only else benches, asked.size)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
