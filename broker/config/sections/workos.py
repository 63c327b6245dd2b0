"""`workos`: the API of WorkOS' clients, and the applications that it serves."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic.dataclasses import dataclass

from broker.config.sections.quantities import Duration
from broker.config.sections.secret import Secret
from broker.config.sections.section import SECTION, Complaint, Section, Switch, Unfit
from broker.config.sections.urls import OriginUrl, SecureUrl, WebUrl
from broker.crypto import token_hash

SHORTEST_API_KEY = 24
SHORTEST_WEBHOOK_SECRET = 16
_CLIENT_ID = re.compile(r"client_[A-Za-z0-9_-]{1,64}", re.ASCII)
_KEY = re.compile(r"sk_[!-~]+", re.ASCII)
_HASHED = "sha256:"
_HASH = re.compile(_HASHED + r"[0-9a-f]{64}", re.ASCII)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)


def _client_id(text: str) -> str:
    if not _CLIENT_ID.fullmatch(text):
        raise Unfit("is no client id", "client_ and letters, digits, - or _: no dot, which separates ids in a cookie")
    return text


def hash_of(api_key: str) -> str:
    """The hash by which a key is found: of one that is written out, or the one that stands in its place."""
    return api_key.removeprefix(_HASHED) if _HASH.fullmatch(api_key) else token_hash(api_key)


def _is_good_key(api_key: str) -> bool:
    return _HASH.fullmatch(api_key) is not None or (
        len(api_key) >= SHORTEST_API_KEY and _KEY.fullmatch(api_key) is not None
    )


def _cookie_domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise Unfit("is no domain", "for example example.com, without a dot in front")
    return text


@dataclass(frozen=True, kw_only=True, config=SECTION)
class ApplicationSection(Section):
    """One application: a program that speaks to us with WorkOS' SDK. Lifespans in seconds.

    `api_keys`: written out, or `sha256:` and the hash of one, so that who reads the file has none.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    client_id: Annotated[str, AfterValidator(_client_id)]
    api_keys: tuple[Secret, ...] = ()
    redirect_uris: tuple[str, ...] = ()
    default_redirect_uri: str | None = None
    sign_out_redirects: tuple[str, ...] = ()
    allowed_origins: tuple[OriginUrl, ...] = ()
    cookie_domain: Annotated[str, AfterValidator(_cookie_domain)] | None = None
    sign_in_url: SecureUrl | None = None
    homepage_url: SecureUrl | None = None
    return_provider_tokens: Switch = False
    refresh_lifespan: Duration = 30 * 86_400
    access_lifespan: Duration = 300
    webhook_secret: Secret | None = None
    webhook_urls: tuple[WebUrl, ...] = ()

    def complaints(self) -> Iterator[Complaint]:
        """What would fail at the first sign-in, or let somebody guess."""
        for index, key in enumerate(self.api_keys):
            if not _is_good_key(key.reveal()):
                yield Complaint(
                    key=f"api_keys[{index}]",
                    message=f"must be sk_ and more, {SHORTEST_API_KEY} characters together at least, "
                    "no white space among them; or sha256: and its hash in small hexadecimal letters",
                    hint='echo "sk_$(openssl rand -hex 24)"',
                )
        if self.webhook_secret is not None and len(self.webhook_secret.reveal()) < SHORTEST_WEBHOOK_SECRET:
            yield Complaint(key="webhook_secret", message=f"is shorter than {SHORTEST_WEBHOOK_SECRET} characters")
        if self.webhook_urls and self.webhook_secret is None:
            yield Complaint(
                key="webhook_secret",
                message="is missing: what is told at webhook_urls is signed with it",
                hint="openssl rand -hex 24",
                reads=("webhook_urls",),
            )
        for index, url in enumerate(self.webhook_urls):
            if url in self.webhook_urls[:index]:
                yield Complaint(key=f"webhook_urls[{index}]", message="stands there twice")
        if self.default_redirect_uri is not None and self.default_redirect_uri not in self.redirect_uris:
            yield Complaint(
                key="default_redirect_uri", message="must be one of redirect_uris", reads=("redirect_uris",)
            )
        if self.redirect_uris and not self.api_keys and not self.allowed_origins:
            yield Complaint(
                key="allowed_origins",
                message="is empty, and there are no api_keys: only native programs can redeem a code",
                notice=True,
                reads=("api_keys", "redirect_uris"),
            )
        if self.access_lifespan > self.refresh_lifespan:
            yield Complaint(
                key="access_lifespan", message="is longer than refresh_lifespan", reads=("refresh_lifespan",)
            )


@dataclass(frozen=True, kw_only=True, config=SECTION)
class WorkosSection(Section):
    """Whether that face is served, and to whom."""

    enabled: Switch = False
    applications: tuple[ApplicationSection, ...] = ()

    def complaints(self) -> Iterator[Complaint]:
        """Two applications that could not be told apart; a face that serves nobody."""
        seen: dict[str, int] = {}
        keys: dict[str, int] = {}
        for index, application in enumerate(self.applications):
            other = seen.setdefault(application.client_id, index)
            if other != index:
                yield Complaint(
                    key=f"applications[{index}].client_id", message=f"is that of applications[{other}], too"
                )
            for place, key in enumerate(application.api_keys):
                holder = keys.setdefault(hash_of(key.reveal()), index)
                if holder != index:
                    message = f"opens applications[{holder}], too: nobody could tell the two apart"
                    yield Complaint(key=f"applications[{index}].api_keys[{place}]", message=message)
        if self.applications and not self.enabled:
            yield Complaint(
                key="enabled",
                message="is false: nobody can use workos.applications",
                notice=True,
                reads=("applications",),
            )
        if self.enabled and not self.applications:
            yield Complaint(key="applications", message="is empty: nobody can use this face", notice=True)
