"""Keycloak in development mode on loopback, in memory, with one realm: Parity's client and some people of the demonstration."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2 as httpx

from deploy.children import Child
from deploy.keycloak.distribution import NoKeycloak, home
from shared.origin import link

_REALM = Path(__file__).with_name("realm.json")
_ANSWER = link("commitments", "/sign-in/provider/answer")
_SIGNED_OUT = link("commitments", "/sign-out/done")
_START_SECONDS = 240
_STOP_SECONDS = 20


class Keycloak:
    """``with Keycloak(folder, port=8180, parity="http://127.0.0.1:8000") as keycloak: keycloak.issuer``.

    ``parity`` is the address to which it sends people back. Passwords are fresh at every start. Raises NoKeycloak.
    """

    def __init__(self, folder: Path, *, port: int, parity: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.issuer = f"{self.url}/realms/parity"
        self.client_secret = secrets.token_urlsafe(32)
        self._port = port
        self._parity = parity
        self._log = folder / "keycloak.log"
        self._administrator = secrets.token_urlsafe(32)
        self._process: Child | None = None
        self._realm: dict[str, Any] = json.loads(_REALM.read_text())
        self.passwords = {user["username"]: secrets.token_urlsafe(12) for user in self._realm["users"]}
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def settings(self) -> dict[str, str]:
        """Parity's, by which people sign in here."""
        return {
            "PARITY_PUBLIC_URL": self._parity,
            "PARITY_OIDC_ISSUER": self.issuer,
            "PARITY_OIDC_CLIENT_ID": "parity",
            "PARITY_OIDC_CLIENT_SECRET": self.client_secret,
            "PARITY_OIDC_NAME": "Mersey Vale",
            "PARITY_OIDC_ROLES": (
                "parity-contract-managers=contract_manager,parity-suppliers=supplier_editor,"
                "parity-analysts=icb_analyst,parity-administrators=administrator"
            ),
        }

    def __enter__(self) -> Self:
        environment = {
            **os.environ,
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self._administrator,
            "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
        }
        started = [
            str(home() / "bin" / "kc.sh"),
            "start-dev",
            "--db=dev-mem",
            f"--http-port={self._port}",
            "--http-host=127.0.0.1",
        ]
        self._process = Child("Keycloak", started, self._log, error=NoKeycloak, environment=environment)
        try:
            self._process.wait_until(self._answers, _START_SECONDS)
            self.ask("POST", "/admin/realms", self._whole_realm())
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """As its administrator. Raises NoKeycloak where it refuses."""
        form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": self._administrator}
        token = httpx.post(f"{self.url}/realms/master/protocol/openid-connect/token", data=form, timeout=30).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=60)
        if answer.is_error:
            raise NoKeycloak(f"Keycloak refuses {method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None

    def also_serve(self, parity: str) -> None:
        """People may be sent back to this address of Parity too."""
        [client] = self.ask("GET", "/admin/realms/parity/clients?clientId=parity")
        client["redirectUris"].append(f"{parity}{_ANSWER}")
        client["attributes"]["post.logout.redirect.uris"] += f"##{parity}{_SIGNED_OUT}"
        self.ask("PUT", f"/admin/realms/parity/clients/{client['id']}", client)

    def user(self, username: str) -> str:
        """The path of a person of the realm."""
        [found] = self.ask("GET", f"/admin/realms/parity/users?exact=true&username={username}")
        return f"/admin/realms/parity/users/{found['id']}"

    def move(self, username: str, *groups: str) -> None:
        """The first of these groups is left, the others are joined."""
        user = self.user(username)
        for number, name in enumerate(groups):
            [group] = self.ask("GET", f"/admin/realms/parity/groups?exact=true&search={name}")
            self.ask("PUT" if number else "DELETE", f"{user}/groups/{group['id']}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.end(_STOP_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/realms/master", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def _whole_realm(self) -> dict[str, Any]:
        """The realm with what is fresh at every start: secret, passwords, Parity's address."""
        realm = dict(self._realm)
        [client] = realm["clients"]
        client["secret"] = self.client_secret
        client["redirectUris"] = [f"{self._parity}{_ANSWER}"]
        client["attributes"]["post.logout.redirect.uris"] = f"{self._parity}{_SIGNED_OUT}"
        for user in realm["users"]:
            user["credentials"] = [{"type": "password", "value": self.passwords[user["username"]], "temporary": False}]
        return realm
