"""Apache Kafka's jars, fetched once by Maven from wherever this machine's Maven fetches."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent
_JARS = _HERE / "target" / "jars"
_OLDEST_JAVA = 17


class NoKafka(Exception):
    """Apache Kafka cannot run here, for a reason that is one sentence."""


def java() -> str:
    """The command. Raises NoKafka where there is no Java 17 or later."""
    found = shutil.which("java")
    if found is None:
        raise NoKafka(
            f"There is no java on this machine. Install Java {_OLDEST_JAVA} or later (Debian: openjdk-17-jre-headless)."
        )
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise NoKafka(f"Apache Kafka needs Java {_OLDEST_JAVA} or later; {found} is {version[1] if version else 'unknown'}.")
    return found


def classpath() -> str:
    """The jars, which Maven gets where pom.xml is newer than they are. Raises NoKafka where it cannot."""
    pom, stamp = _HERE / "pom.xml", _JARS / ".complete"
    if not stamp.exists() or stamp.stat().st_mtime < pom.stat().st_mtime:
        maven = shutil.which("mvn")
        if maven is None:
            raise NoKafka("There is no Maven on this machine to get Apache Kafka's jars with. Install it (Debian: maven).")
        shutil.rmtree(_JARS, ignore_errors=True)
        got = subprocess.run(  # noqa: S603
            [maven, "--quiet", "--batch-mode", "--file", str(pom), "dependency:copy-dependencies"],
            capture_output=True,
            text=True,
            check=False,
        )
        if got.returncode:
            raise NoKafka(f"Maven could not get Apache Kafka's jars: {_first_error(got.stdout)}")
        stamp.touch()
    return f"{_JARS}/*"


def _first_error(said: str) -> str:
    return next((line for line in said.splitlines() if "ERROR" in line), "it gave no reason.")
