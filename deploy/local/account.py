"""PostgreSQL refuses to run as root, so root starts it as somebody who owns nothing else."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.folder import CannotStart


@dataclass(frozen=True)
class Account:
    """Whose process PostgreSQL is: ``uid`` and ``gid`` (None: the person who runs us), with ``prefix`` before its command."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, folder: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def popen(self) -> dict[str, Any]:
        """The arguments of subprocess that start a process as this account."""
        if self.uid is None or self.prefix:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(data: Path, binaries: Path) -> Account:
    """Who can run PostgreSQL on ``data``: the caller, or for root whoever owns the data, at first the account ``nobody``.

    Where that account may not pass through a folder above (a project under /root), setpriv hands it that one capability: opening
    root's folders to everybody, as some wheels do, is not ours to do. Raises CannotStart where neither is possible.
    """
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    uid, gid = nobody.pw_uid, nobody.pw_gid
    if data.exists() and (owner := data.stat()).st_uid != 0:
        uid, gid = owner.st_uid, owner.st_gid
    if _passable(data) and _passable(binaries):
        return Account(uid, gid)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotStart(
            f"PostgreSQL does not run as root, and the account 'nobody' may not enter {data}. "
            "Move the project to a folder that others may pass through (such as /opt), or start it as an ordinary user."
        )
    capability = "+dac_override"
    return Account(
        uid,
        gid,
        (
            setpriv,
            f"--reuid={uid}",
            f"--regid={gid}",
            "--clear-groups",
            f"--inh-caps={capability}",
            f"--ambient-caps={capability}",
        ),
    )


def _passable(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
