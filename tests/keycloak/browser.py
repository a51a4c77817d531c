"""A browser for two hosts without JavaScript: Parity in process, Keycloak over HTTP."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2 as httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from deploy.keycloak.server import Keycloak
from shared.origin import PATHS
from shared.service import Runtime
from tests.visiting import ORIGIN, Page

_BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Browser:
    def __init__(self, runtime: Runtime, keycloak: Keycloak) -> None:
        self.keycloak = keycloak
        app = Starlette(routes=[Mount(PATHS[runtime.service.name], runtime.app())])
        parity = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        # As browsers do, loopback counts as secure: Keycloak's cookies ask for that.
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.http = httpx.AsyncClient(mounts={ORIGIN: parity}, base_url=ORIGIN, headers=_BROWSER, cookies=jar, timeout=60)

    async def get(self, url: str) -> httpx.Response:
        """One request, not followed."""
        return await self.http.get(url)

    async def to_provider(self, next: str = "/alerts/today") -> httpx.Response:
        """From Parity to the provider's page; its answer."""
        away = await self.get(f"/commitments/sign-in/provider?next={next}")
        assert away.status_code == 302, away.text
        return await self.get(away.headers["location"])

    async def answer_of(self, username: str, *, next: str = "/alerts/today") -> str:
        """Sign in at the provider. Returns the address of Parity that it leads to, which is not opened yet."""
        asked = await self.to_provider(next)
        page = Page(asked)
        [form] = page.forms
        sent: dict[str, Any] = {**form.fields, "username": username, "password": self.keycloak.passwords[username]}
        answer = await self.http.post(form.action, data=sent)
        assert answer.status_code == 302, Page(answer).text
        place: str = answer.headers["location"]
        assert place.startswith(f"{ORIGIN}/commitments/sign-in/provider/answer?")
        return place

    async def sign_in(self, username: str) -> httpx.Response:
        """All the way; Parity's answer."""
        return await self.get(await self.answer_of(username))
