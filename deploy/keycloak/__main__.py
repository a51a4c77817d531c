"""``python -m deploy.keycloak``: run Keycloak on this machine until Ctrl-C, for a Parity on PARITY_PUBLIC_URL."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from deploy.keycloak.distribution import NoKeycloak
from deploy.keycloak.server import Keycloak
from deploy.local.folder import default_folder
from shared.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.keycloak", description=__doc__)
    parser.add_argument("--port", type=int, default=8180)
    parser.add_argument("--parity", default=Settings().public_url, help="where Parity serves")
    parser.add_argument("--data", type=Path, default=default_folder() / "keycloak", help="where its log goes")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Keycloak(asked.data, port=asked.port, parity=asked.parity) as keycloak:
            print(f"Keycloak answers at {keycloak.url}. Ctrl-C stops it. Start Parity with these settings:\n")
            for name, value in keycloak.settings.items():
                print(f"export {name}='{value}'")
            print("\nPeople and their passwords, until it stops:")
            for name, password in keycloak.passwords.items():
                print(f"  {name:12} {password}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("Keycloak has stopped.")
    except NoKeycloak as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
