"""The identity that Azure gives a machine: its token, fetched from the machine itself, is shown in place of a secret.

Two places give it: the instance metadata service of virtual machines and AKS nodes (IMDS), and the endpoint that App
Service, Functions and Container Apps name in the environment. The registration trusts it by a federated credential.
A token is kept until the place says to renew it, or for half its life; one fetch serves all who wait.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from broker.clock import Clock
from broker.crypto import token_hash
from broker.errors import ConfigError, UpstreamUnavailable
from broker.net.client import Answer, OutboundClient
from broker.protocol.excerpt import excerpt
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.providers.credentials.credential import (
    Credential,
    CredentialUnusable,
    PreparedForm,
    TokenRequest,
    is_compact,
    with_assertion,
)

IMDS: Final = "http://169.254.169.254"
ATTEMPTS: Final = 3
FIRST_WAIT_SECONDS: Final = 0.8
LONGEST_WAIT_SECONDS: Final = 5
_RETRY_SECONDS: Final = 30
_SHORTLY: Final = frozenset({404, 410, 429})
"""What IMDS says while it is being updated, or asked too often."""
_DIGITS = re.compile(r"[0-9]{1,12}")
_MAX_BYTES = 65_536


@dataclass(frozen=True, kw_only=True)
class IdentityPlace:
    """Where a machine asks who it is."""

    url: str
    headers: Mapping[str, str] = field(repr=False)


def place_of(environ: Mapping[str, str], *, audience: str, identity_client_id: str | None) -> IdentityPlace:
    """The place that the environment names, or IMDS. `audience` is the cloud's for exchanging tokens.

    Raises `ConfigError` for an environment that no request can be made of.
    """
    query = {"resource": audience} | ({"client_id": identity_client_id} if identity_client_id else {})
    endpoint, secret = environ.get("IDENTITY_ENDPOINT"), environ.get("IDENTITY_HEADER")
    if endpoint and secret:
        asked = urlencode({"api-version": "2019-08-01", **query})
        _require_url(endpoint, variable="IDENTITY_ENDPOINT")
        if not secret.isprintable():
            raise ConfigError("IDENTITY_HEADER in the environment holds a control character, or ends in a line break")
        return IdentityPlace(url=f"{endpoint}?{asked}", headers=MappingProxyType({"X-IDENTITY-HEADER": secret}))
    base = environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST") or IMDS
    _require_url(base, variable="AZURE_POD_IDENTITY_AUTHORITY_HOST")
    asked = urlencode({"api-version": "2018-02-01", **query})
    url = f"{base.rstrip('/')}/metadata/identity/oauth2/token?{asked}"
    return IdentityPlace(url=url, headers=MappingProxyType({"Metadata": "true"}))


def _require_url(text: str, *, variable: str) -> None:
    try:
        urlsplit(text)
    except ValueError:
        raise ConfigError(f"{variable} in the environment is no URL") from None


@dataclass(frozen=True, kw_only=True)
class _Held:
    token: str = field(repr=False)
    renew_at: int
    expires_at: int


class ManagedIdentity(Credential):
    """The machine's own token."""

    kind = "managed_identity"

    def __init__(
        self,
        *,
        id: str,
        place: IdentityPlace,
        client: OutboundClient,
        clock: Clock,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`client` is this one's own: it may reach the place, and closes with the credential."""
        super().__init__(id)
        self._place = place
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._held: _Held | None = None
        self._under_way: asyncio.Task[_Held] | None = None

    def material(self) -> str:
        """The place: another token of an identity that was refused is no news."""
        return token_hash(self._place.url)

    async def prepare(self, request: TokenRequest) -> PreparedForm:
        """Show the token."""
        return with_assertion(request, await self._token(), material=self.material())

    def refused(self) -> None:
        """Fetch another next time."""
        self._held = None

    async def close(self) -> None:
        """Close the connections."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)
        await self._client.close()

    async def _token(self) -> str:
        held, now = self._held, self._clock.now()
        if held is not None and now < held.renew_at:
            return held.token
        try:
            return (await self._renewed()).token
        except CredentialUnusable:
            if held is None or now >= held.expires_at:
                raise
            # It is still good; those who come next do not each wait for a place that does not answer.
            self._held = replace(held, renew_at=now + _RETRY_SECONDS)
            return held.token

    async def _renewed(self) -> _Held:
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._renew())
            self._under_way.add_done_callback(self._finished)
        # Shielded: the one whose browser went away must not take it from those who wait.
        return await asyncio.shield(self._under_way)

    def _finished(self, task: "asyncio.Task[_Held]") -> None:
        self._under_way = None
        if not task.cancelled():
            task.exception()  # read, or asyncio would report it where nobody waited any longer

    async def _renew(self) -> _Held:
        answer = await self._answer()
        self._held = _read(answer, now=self._clock.now())
        return self._held

    async def _answer(self) -> Answer:
        """What the place says, asked again where that is what it is known to need."""
        wait = FIRST_WAIT_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = await self._client.get(self._place.url, kind="managed_identity", headers=self._place.headers)
            except UpstreamUnavailable as error:
                detail, asked_to_wait = error.detail, error.retry_after
                if asked_to_wait is None or asked_to_wait > LONGEST_WAIT_SECONDS:
                    break
            else:
                if answer.status not in _SHORTLY and answer.status < 500:
                    return answer
                detail, asked_to_wait = f"HTTP {answer.status}", 0
            if attempt < ATTEMPTS:
                await self._sleep(max(wait, asked_to_wait))
                wait *= 2
        raise CredentialUnusable(f"managed identity: {detail}", temporary=True)


def _read(answer: Answer, *, now: int) -> _Held:
    if answer.status != 200:
        said = excerpt(answer.body.decode("utf-8", "replace"), 300)
        raise CredentialUnusable(f"managed identity: HTTP {answer.status}", said=said)
    try:
        members = parse_object(answer.body, max_bytes=_MAX_BYTES)
    except JsonInvalid as error:
        raise CredentialUnusable(f"managed identity: {error}") from None
    token = members.get("access_token")
    if not isinstance(token, str) or not is_compact(token):
        raise CredentialUnusable("managed identity: no usable token")
    expires_in, expires_on = _seconds(members, "expires_in"), _seconds(members, "expires_on")
    expires_at = expires_on if expires_on is not None else now + (expires_in or 0)
    if expires_at <= now:
        raise CredentialUnusable("managed identity: a token that has expired")
    refresh_in = _seconds(members, "refresh_in")
    renew_in = refresh_in if refresh_in is not None else (expires_at - now) // 2
    return _Held(token=token, renew_at=min(now + renew_in, expires_at), expires_at=expires_at)


def _seconds(members: Mapping[str, Any], name: str) -> int | None:
    """A whole number, which these places write as text."""
    value = members.get(name)
    if isinstance(value, str) and _DIGITS.fullmatch(value) is not None:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
