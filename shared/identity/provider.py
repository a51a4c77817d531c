"""The OpenID Connect provider: the way there (code, PKCE, state, nonce) and what it says of who came back.

What is remembered in between lies in a signed cookie of a few minutes, so that any replica can go on. Authlib's ``cache``
is never used: it would bind the state to no browser.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc.errors import JoseError

from shared.errors import ParityError, Unauthorised
from shared.pages.visitors import back_to
from shared.settings import Settings

COOKIE = "__Host-parity-provider"
_SECONDS = 600
_TIMEOUT = 10
_SIGNED_BY_KEY_PAIRS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


class ProviderRefused(Unauthorised):
    """Signing in did not work, or took too long. Try again; if it happens again, tell your administrator."""


class ProviderAway(ParityError):
    """The provider by which you sign in does not answer. Try again in some minutes."""

    status = 503


class Provider:
    """``provider_for(settings)`` makes one per process, which remembers what the provider says of itself."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._cookies = URLSafeTimedSerializer(client_secret, salt="parity: a sign-in under way")
        self._client: Any = OAuth().register(
            "provider",
            client_id=self._client_id,
            client_secret=client_secret,
            server_metadata_url=f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": _TIMEOUT},
        )

    async def go(self, request: Request, *, answer_to: str, next: str) -> Response:
        """To the provider. Raises ProviderAway."""
        await self._metadata()
        request.scope["session"] = session = {"next": next}
        response: Response = await self._client.authorize_redirect(request, answer_to)
        cookie = self._cookies.dumps(session)
        response.set_cookie(COOKIE, str(cookie), max_age=_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
        response.headers["Cache-Control"] = "no-store"
        return response

    async def come_back(self, request: Request) -> tuple[dict[str, Any], str, str]:
        """What the provider says of who it is (``iss`` and ``sub`` at least), its ID token, and where they wanted to go.

        Raises ProviderRefused (also for another browser's state and another sign-in's nonce or code), ProviderAway.
        """
        await self._metadata()
        try:
            session: dict[str, Any] = self._cookies.loads(request.cookies.get(COOKIE, ""), max_age=_SECONDS)
            request.scope["session"] = session
            wanted = {"iss": self._issuer, "aud": self._client_id}
            options = {name: {"essential": True, "value": value} for name, value in wanted.items()}
            token = await self._client.authorize_access_token(request, claims_options=options)
            return dict(token["userinfo"]), token["id_token"], back_to(session.get("next"))
        except httpx2.HTTPError as error:
            raise ProviderAway from error
        except (AuthlibBaseError, JoseError, BadSignature, KeyError, RuntimeError, ValueError) as error:
            raise ProviderRefused from error

    async def sign_out_url(self, id_token: str, *, back: str) -> str | None:
        """Where the person signs out at the provider too; None where it has no such place. Raises ProviderAway."""
        metadata = await self._metadata()
        if "end_session_endpoint" not in metadata:
            return None
        made = await self._client.create_logout_url(
            post_logout_redirect_uri=back, id_token_hint=id_token, client_id=self._client_id
        )
        url: str = made["url"]
        return url

    async def _metadata(self) -> dict[str, Any]:
        """What the provider says of itself, asked once. Only signatures by key pairs are accepted, whatever it offers."""
        try:
            metadata: dict[str, Any] = await self._client.load_server_metadata()
            if metadata["issuer"] != self._issuer:
                raise ProviderAway("The provider calls itself something else than PARITY_OIDC_ISSUER. Tell your administrator.")
        except (httpx2.HTTPError, AuthlibBaseError, KeyError, ValueError, AttributeError) as error:
            self._client.server_metadata.pop("_loaded_at", None)
            raise ProviderAway from error
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        accepted = [name for name in offered if name in _SIGNED_BY_KEY_PAIRS]
        metadata["id_token_signing_alg_values_supported"] = accepted or ["RS256"]
        return metadata


def provider_for(settings: Settings) -> Provider | None:
    """The provider by which people may sign in; None where there is none."""
    if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
        return None
    return _provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret.get_secret_value())


@cache
def _provider(issuer: str, client_id: str, client_secret: str) -> Provider:
    return Provider(issuer, client_id, client_secret)
