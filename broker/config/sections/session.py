"""`session`: how long it lives, how it is handed over, how its cookie and token look."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Strict, StringConstraints
from pydantic.dataclasses import dataclass

from broker.config.sections.quantities import Duration
from broker.config.sections.section import SECTION, Complaint, Section, Switch, Unfit
from broker.config.sections.urls import SecureUrl, read_host

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}", re.ASCII)  # RFC 6265 4.1.1: cookie-name is a token
_OURS = ("signin-", "__host-signin-", "emu_")


def _cookie_name(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise Unfit("is no cookie name", "letters, digits, - and _, at most 64")
    if text.lower().startswith(_OURS):
        raise Unfit("begins like a cookie that we need for something else", "for example hanko")
    return text


def _cookie_domain(text: str) -> str:
    if text.startswith("."):
        raise Unfit("begins with a dot", f"write {text.lstrip('.')}: sub-domains are included anyway")
    if "." not in text or text.replace(".", "").isdigit() or ":" in text:
        raise Unfit("is no domain that a cookie can have", "leave it out: the cookie then belongs to our host alone")
    return read_host(text)


def _issuer(text: str) -> str:
    if "?" in text or "#" in text:
        raise Unfit("has a query or fragment; an issuer has none (OpenID Connect Core 2)")
    return text


Issuer = Annotated[SecureUrl, AfterValidator(_issuer)]
Audience = Annotated[str, StringConstraints(min_length=1, max_length=255)]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class CookieSection(Section):
    """The session's cookie; `Path=/` always."""

    name: Annotated[str, AfterValidator(_cookie_name)] = "hanko"
    domain: Annotated[str, AfterValidator(_cookie_domain)] | None = None
    http_only: Switch = True
    secure: Switch = True
    same_site: Literal["lax", "strict", "none"] = "lax"
    retention: Literal["persistent", "session", "prompt"] = "persistent"

    def complaints(self) -> Iterator[Complaint]:
        """What browsers would silently refuse (RFC 6265bis 4.1.3, 5.6)."""
        if self.same_site == "none" and not self.secure:
            yield Complaint(key="same_site", message="none needs secure: true", reads=("secure",))
        name = self.name.lower()
        if name.startswith(("__host-", "__secure-")) and not self.secure:
            yield Complaint(key="name", message="has a prefix that needs secure: true", reads=("secure",))
        if name.startswith("__host-") and self.domain is not None:
            yield Complaint(
                key="domain",
                message="contradicts the cookie's name: a __Host- cookie belongs to one host",
                hint="leave domain out, or use another name",
                reads=("name",),
            )
        if name.startswith(("__http-", "__host-http-")) and not self.http_only:
            yield Complaint(key="name", message="has a prefix that needs http_only: true", reads=("http_only",))


@dataclass(frozen=True, kw_only=True, config=SECTION)
class JwtSection(Section):
    """The session token's signature."""

    algorithm: Literal["RS256", "ES256", "EdDSA"] = "RS256"


@dataclass(frozen=True, kw_only=True, config=SECTION)
class JwtTemplateSection(Section):
    """Further claims in the session token: claim → value, text of which is a template."""

    claims: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, config=SECTION)
class SessionSection(Section):
    """Durations are in seconds. `issuer` and `audience` unset mean `public_url` and its host (see `Config`)."""

    lifespan: Duration = 12 * 3600
    idle_timeout: Duration | None = None
    limit: Annotated[int, Strict(), Field(ge=1)] = 5
    issuer: Issuer | None = None
    audience: tuple[Audience, ...] = ()
    delivery: Literal["cookie", "token", "both"] = "cookie"
    enable_auth_token_header: Switch = False
    cookie: CookieSection = field(default_factory=CookieSection)
    jwt: JwtSection = field(default_factory=JwtSection)
    jwt_template: JwtTemplateSection = field(default_factory=JwtTemplateSection)

    def complaints(self) -> Iterator[Complaint]:
        """An idle limit beyond the absolute one would never apply."""
        if self.idle_timeout is not None and self.idle_timeout > self.lifespan:
            yield Complaint(
                key="idle_timeout",
                message="is longer than lifespan, so it would never apply",
                hint="shorten it, or leave it out",
                reads=("lifespan",),
            )
