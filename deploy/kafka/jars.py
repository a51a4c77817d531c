"""Apache Kafka's jars, fetched once by Maven from wherever this machine's Maven fetches."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from deploy.maven import fetch

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
    fetch("dependency:copy-dependencies", _HERE / "pom.xml", _JARS, what="Apache Kafka's jars", error=NoKafka)
    return f"{_JARS}/*"
