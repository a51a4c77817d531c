"""``make bench``: measure, print a table, and write the same to build/bench.json (``make bench ONLY=relay``).

Each module beside this one with a ``measure()`` that yields figures is a bench of its name.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import pkgutil
import sys
from pathlib import Path

from tests.bench.figures import Figure, show, write


async def run(benches: list[str]) -> list[Figure]:
    figures = []
    for name in benches:
        print(f"measuring {name} …", flush=True)
        figures += [figure async for figure in importlib.import_module(f"tests.bench.{name}").measure()]
        write(figures)  # what is known is kept, should a later one be interrupted
    return figures


def main() -> int:
    modules = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name != "__main__"]
    benches = [name for name in modules if hasattr(importlib.import_module(f"tests.bench.{name}"), "measure")]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=benches)
    asked = parser.parse_args()
    show(asyncio.run(run([asked.only] if asked.only else benches)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
