"""Our cookies: one for each sign-in under way, signed and timed, and the session's.

The sign-in cookie is what binds a sign-in to one browser, and it is all that we remember of it. Its name carries a
hash of the state, so several tabs work; its value names the whole state's hash, so it cannot serve another. Behind
https it has the `__Host-` prefix: no sibling host can plant one.
"""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from starlette.types import Scope

from broker.clock import Clock
from broker.crypto import SecretKeys, same, token_hash
from broker.errors import InvalidRequest
from broker.models.signins import ForApplication, SignIn
from broker.signin.checks import CookieFault
from broker.web.signed import Expired, Forged, Signed
from broker.web.tickets import page_of

SIGN_IN_SECONDS = 600
LATE_SECONDS = 3600
"""Where somebody is told that they took too long, their browser still has the cookie: it says where they began."""
LAST_PROVIDER_SECONDS = 180 * 86_400
MOST_VALUE_BYTES = 3500
MOST_BYTES_TOGETHER = 6 * 1024
MOST_COOKIE_BYTES = 4096
MOST_SESSION_TOKENS = 21
"""One more than is ever looked at: that there are too many shall be seen, at no cost."""
SameSite = Literal["lax", "strict", "none"]
_UNWRITTEN = (
    ("response_mode", "query"), ("carried", ()), ("redeemer", None), ("connect_to", None), ("application", None),
    ("page", None),
)  # fmt: skip
"""What most sign-ins have is not written: replicas of an older version read those cookies too."""


def cookies_of(scope: Scope) -> list[tuple[str, str]]:
    """Every cookie of the request, duplicates included: two of one name mean that somebody planted one."""
    found = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, separator, content = part.strip().partition("=")
                if separator:
                    found.append((key, content))
    return found


@dataclass(frozen=True, kw_only=True)
class SetCookie:
    """A cookie to set, or with `max_age` 0 to delete; `max_age` in seconds, `None` for as long as the browser runs."""

    name: str
    value: str
    max_age: int | None
    same_site: SameSite | None
    secure: bool
    http_only: bool = True
    domain: str | None = None
    path: str = "/"

    def header(self) -> str:
        """The value of a `Set-Cookie` header."""
        parts = [f"{self.name}={self.value}", f"Path={self.path}"]
        if self.domain is not None:
            parts.append(f"Domain={self.domain}")
        if self.max_age is not None:
            parts.append(f"Max-Age={self.max_age}")
        if self.http_only:
            parts.append("HttpOnly")
        if self.secure:
            parts.append("Secure")
        if self.same_site is not None:
            parts.append(f"SameSite={self.same_site.capitalize()}")
        return "; ".join(parts)


class SignInCookies:
    """Seals sign-ins into cookies and reads them back."""

    def __init__(self, secrets: SecretKeys, clock: Clock, *, secure: bool) -> None:
        self._prefix = "__Host-signin-" if secure else "signin-"
        self._secure = secure
        self._signed = Signed(secrets, clock, purpose="sign-in")

    def name_for(self, state: str) -> str:
        """The cookie's name: 16 hex digits of the state's hash behind the prefix."""
        return self._prefix + token_hash(state)[:16]

    def seal(self, sign_in: SignIn) -> SetCookie:
        """The cookie of this sign-in. Raises `InvalidRequest` when the targets make it too long.

        A provider that answers by `form_post` makes a cross-site POST, which carries no Lax cookie.
        """
        content = {name: value for name, value in vars(sign_in).items() if (name, value) not in _UNWRITTEN}
        if sign_in.application is not None:
            content["application"] = asdict(sign_in.application)
        if sign_in.page is not None:
            content["page"] = asdict(sign_in.page)
        content["bound_to"] = token_hash(content.pop("state"))
        value = self._signed.dumps(content)
        if len(value) > MOST_VALUE_BYTES:
            raise InvalidRequest("the redirect targets, and the state if there is one, are too long together")
        return self._cookie(sign_in, value, LATE_SECONDS if _is_told_late(sign_in) else SIGN_IN_SECONDS)

    def read(self, cookies: Sequence[tuple[str, str]], unverified_state: str | None) -> SignIn | CookieFault:
        """What lies under this state's own name; no other cookie is looked at."""
        if unverified_state is None:
            return "absent"
        name = self.name_for(unverified_state)
        faults: list[CookieFault] = ["absent"]
        for key, unverified_value in cookies:
            if key == name:
                found = self._open(unverified_value, unverified_state)
                if isinstance(found, SignIn):
                    return found
                faults.append(found)
        return "other_state" if "other_state" in faults else faults[-1]

    def late(self, cookies: Sequence[tuple[str, str]], unverified_state: str | None) -> SignIn | None:
        """A sign-in that came too late, where it is told that: nobody is signed in by it."""
        if unverified_state is None:
            return None
        name = self.name_for(unverified_state)
        found = [self._open(value, unverified_state, LATE_SECONDS) for key, value in cookies if key == name]
        return next((one for one in found if isinstance(one, SignIn) and _is_told_late(one)), None)

    def delete(self, sign_in: SignIn) -> SetCookie:
        """Remove the cookie of a sign-in that failed."""
        return self._cookie(sign_in, "", 0)

    def crowded_out(self, cookies: Sequence[tuple[str, str]], fresh: SetCookie) -> list[SetCookie]:
        """Deletions of the oldest, so that all of them together stay below what servers accept as headers."""
        standing = [(name, value) for name, value in cookies if name.startswith(self._prefix)]
        standing.sort(key=lambda cookie: _unverified_time(cookie[1]), reverse=True)
        room = MOST_BYTES_TOGETHER - len(fresh.name) - len(fresh.value)
        gone = []
        for name, value in standing:
            room -= len(name) + len(value)
            if room < 0:
                gone.append(self._set(name, "", 0, "lax"))
        return gone

    def _open(
        self, unverified_value: str, unverified_state: str, max_age: int = SIGN_IN_SECONDS
    ) -> SignIn | CookieFault:
        if len(unverified_value) > MOST_VALUE_BYTES:
            return "forged"
        try:
            content: dict[str, Any] = self._signed.loads(unverified_value, max_age=max_age)
        except Expired:
            return "expired"
        except Forged:
            return "forged"
        if not same(str(content.pop("bound_to", "")), token_hash(unverified_state)):
            return "other_state"
        try:
            content["carried"] = tuple(content.get("carried", ()))
            if content.get("application") is not None:
                content["application"] = ForApplication(**content["application"])
            if content.get("page") is not None:
                content["page"] = page_of(content["page"])
            return SignIn(state=unverified_state, **content)
        except (TypeError, KeyError):  # made by another version of this program, with other fields
            return "expired"

    def _cookie(self, sign_in: SignIn, value: str, max_age: int) -> SetCookie:
        same_site: SameSite = "none" if sign_in.response_mode == "form_post" else "lax"
        return self._set(self.name_for(sign_in.state), value, max_age, same_site)

    def _set(self, name: str, value: str, max_age: int, same_site: SameSite) -> SetCookie:
        return SetCookie(name=name, value=value, max_age=max_age, same_site=same_site, secure=self._secure)


@dataclass(frozen=True, kw_only=True)
class SessionCookie:
    """How the session cookie is written. `lifespan` in seconds, `None` for as long as the browser runs.

    `asked_lifespan` is for people who are asked and want to stay signed in; `None` where nobody is asked.
    """

    name: str
    domain: str | None
    secure: bool
    http_only: bool
    same_site: SameSite | None
    lifespan: int | None
    asked_lifespan: int | None = None

    def lasting(self, *, remember: bool) -> int | None:
        """For how long the cookie stays with somebody who asked for that, or did not."""
        return self.asked_lifespan if remember and self.asked_lifespan is not None else self.lifespan

    def carrying(self, token: str, *, remember: bool = False) -> SetCookie:
        """The cookie with this session token."""
        return self._with(token, self.lasting(remember=remember))

    @property
    def room(self) -> int:
        """How long a token may be so that every browser keeps the cookie: 4,096 bytes, attributes and all."""
        return MOST_COOKIE_BYTES - len(self.carrying("").header().encode())

    def deleted(self) -> SetCookie:
        """The cookie's removal; with the same attributes, or browsers keep it."""
        return self._with("", 0)

    def tokens(self, scope: Scope) -> list[str]:
        """The different session tokens that came in cookies, unverified; of a multitude only the first."""
        found = dict.fromkeys(value for name, value in cookies_of(scope) if name == self.name and value)
        return list(found)[:MOST_SESSION_TOKENS]

    def _with(self, value: str, max_age: int | None) -> SetCookie:
        return SetCookie(
            name=self.name,
            value=value,
            max_age=max_age,
            same_site=self.same_site,
            secure=self.secure,
            http_only=self.http_only,
            domain=self.domain,
        )


@dataclass(frozen=True, kw_only=True)
class LastProviderCookie:
    """What remembers by which provider somebody came, to show it first: a name, which nothing else depends on."""

    secure: bool

    @property
    def name(self) -> str:
        """Behind https no sibling host can plant one."""
        return "__Host-last-provider" if self.secure else "last-provider"

    def naming(self, provider: str) -> SetCookie:
        """The cookie that names this provider."""
        return SetCookie(
            name=self.name, value=provider, max_age=LAST_PROVIDER_SECONDS, same_site="lax", secure=self.secure
        )

    def read(self, scope: Scope) -> str | None:
        """What it names, unverified: it may name no provider that there is."""
        return next((value for name, value in cookies_of(scope) if name == self.name), None)


def _is_told_late(sign_in: SignIn) -> bool:
    """Who began on our page can begin again there; an application waits in a place of its own. Others have one place
    for every failure.
    """
    return sign_in.page is not None or sign_in.application is not None


def _unverified_time(unverified_value: str) -> int:
    """The time part as it stands there; only to find the oldest among cookies of one's own browser."""
    parts = unverified_value.rsplit(".", 2)
    try:
        return int.from_bytes(urlsafe_b64decode(parts[-2] + "=" * (-len(parts[-2]) % 4)))
    except (IndexError, ValueError):
        return 0
