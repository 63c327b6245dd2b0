"""How we prove to a provider's token endpoint who we are (RFC 6749 2.3.1): an ordered list, the first usable one.

A kind of credential is a class with `expires_at` and `prepare`; a client secret is the one there is. The form is
authlib's to encode, the transport `net/client`'s. A secret is revealed for the request and kept nowhere.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # ships no types

from broker.clock import Clock
from broker.config.sections.credentials import CredentialSection
from broker.errors import ProviderDenied


@dataclass(frozen=True, kw_only=True)
class PreparedForm:
    """A request to a token endpoint, ready to send. Its text appears in no `repr`."""

    body: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Credential(Protocol):
    """One way to authenticate. `expires_at`: seconds since the epoch, as the operator wrote it down."""

    @property
    def id(self) -> str: ...

    @property
    def expires_at(self) -> int | None: ...

    def prepare(
        self, *, client_id: str, endpoint: str, form: Mapping[str, str], methods: Sequence[str]
    ) -> PreparedForm:
        """Add what proves us. `methods` are what the provider's metadata offers; empty means nothing is known."""
        ...


@dataclass(frozen=True, kw_only=True)
class ClientSecret:
    """A shared secret; in the form, or as HTTP Basic where the provider takes nothing else.

    `reveal` is asked for every request, so that a secret in a file may be replaced under a running server.
    """

    id: str
    reveal: Callable[[], str] = field(repr=False)
    expires_at: int | None = None

    def prepare(
        self, *, client_id: str, endpoint: str, form: Mapping[str, str], methods: Sequence[str]
    ) -> PreparedForm:
        """Add the secret. The client id is said once only: RFC 6749 3.2 forbids repeated parameters."""
        body = urlencode({name: value for name, value in form.items() if name != "client_id"})
        headers: dict[str, str] = {}
        basic = "client_secret_post" not in methods and "client_secret_basic" in methods
        name, secret = client_id, self.reveal()
        if basic:
            # Both halves are form-encoded first (RFC 6749 2.3.1), which authlib leaves to its caller.
            name, secret = quote_plus(name), quote_plus(secret)
        auth = ClientAuth(name, secret, "client_secret_basic" if basic else "client_secret_post")
        _, headers, body = auth.prepare("POST", endpoint, headers, body)
        return PreparedForm(body=body, headers=headers)


class Credentials:
    """The credentials of one registration, in the operator's order."""

    def __init__(self, *, client_id: str, ordered: Sequence[Credential], clock: Clock) -> None:
        self._client_id = client_id
        self._ordered = tuple(ordered)
        self._clock = clock

    def usable(self) -> Credential:
        """The first that has not expired, or the one that expired last: a date written down wrongly locks nobody out.

        Raises `ProviderDenied` (`provider_misconfigured`) when there is none at all.
        """
        if not self._ordered:
            raise ProviderDenied("no credential is configured", code="provider_misconfigured")
        now = self._clock.now()
        for credential in self._ordered:
            if credential.expires_at is None or credential.expires_at > now:
                return credential
        return max(self._ordered, key=lambda credential: credential.expires_at or 0)

    def prepare(self, *, endpoint: str, form: Mapping[str, str], methods: Sequence[str]) -> PreparedForm:
        """The form with the first usable credential."""
        return self.usable().prepare(client_id=self._client_id, endpoint=endpoint, form=form, methods=methods)


def from_sections(sections: Sequence[CredentialSection]) -> list[Credential]:
    """The credentials that configuration lists, in its order. Secrets only: the loader admits nothing else yet."""
    return [
        ClientSecret(
            id=section.id or f"secret-{place}",
            reveal=section.value.reveal,
            expires_at=_end_of(section.expires_on) if section.expires_on is not None else None,
        )
        for place, section in enumerate(sections, start=1)
        if section.value is not None
    ]


def public_secret(value: str) -> Credential:
    """A secret that everybody knows: the emulator's."""
    return ClientSecret(id="public", reveal=lambda: value)


def _end_of(day: datetime.date) -> int:
    midnight = datetime.datetime.combine(day, datetime.time.min, tzinfo=datetime.UTC)
    return int(midnight.timestamp()) + 86_400
