"""`session` of Hanko's configuration."""

from collections.abc import Mapping
from typing import Any

from broker.moving.hanko_taking import Taking
from broker.sessions.templates.claims import mistakes, overwritten

_ALWAYS = "is always so here: every session is a row that can be ended and is shown to its person"


class SessionTaking(Taking):
    """Takes that block."""

    def take(self, content: Mapping[str, Any]) -> None:
        """How sessions live, and what their tokens say."""
        self._each("session", content, {
            "lifespan": self._for("session.lifespan", "session.lifespan"),
            "idle_timeout": self._for("session.idle_timeout", "session.idle_timeout"),
            "issuer": self._as("session.issuer"),
            "audience": self._as("session.audience"),
            "enable_auth_token_header": self._as("session.enable_auth_token_header"),
            "limit": self._as("session.limit"),
            "cookie": self._cookie,
            "jwt_template": self._template,
            "acquire_ip_address": self._said("session.acquire_ip_address", "the address is always kept with a session"),
            "acquire_user_agent": self._said("session.acquire_user_agent", "the browser is always kept with a session"),
            "allow_revocation": self._said("session.allow_revocation", _ALWAYS),
            "show_on_profile": self._said("session.show_on_profile", _ALWAYS),
            "server_side": self._server_side,
        })  # fmt: skip

    def _server_side(self, content: Mapping[str, Any]) -> None:
        """The block of older files, whose limit Hanko takes over when the block is switched on."""
        limit = content.get("limit") if content.get("enabled") else None
        if limit is not None:
            self._out.put("session.limit", limit)
        self._out.note("session.server_side", _ALWAYS + ("; its limit became session.limit" if limit else ""))

    def _cookie(self, content: Mapping[str, Any]) -> None:
        def domain(value: Any) -> None:
            if value:
                self._out.put("session.cookie.domain", str(value).lstrip("."))

        def same_site(value: Any) -> None:
            if value in ("lax", "strict", "none"):
                self._out.put("session.cookie.same_site", value)
            else:
                self._out.note("session.cookie.same_site", f"{value!r} is none of lax, strict, none: left at lax")

        def retention(value: Any) -> None:
            if value in ("persistent", "session", "prompt"):
                self._out.put("session.cookie.retention", value)
            else:
                self._out.note("session.cookie.retention", f"{value!r} is none of persistent, session, prompt")

        self._each("session.cookie", content, {
            "name": self._as("session.cookie.name"),
            "domain": domain,
            "http_only": self._as("session.cookie.http_only"),
            "secure": self._as("session.cookie.secure"),
            "same_site": same_site,
            "retention": retention,
        })  # fmt: skip

    def _template(self, content: Mapping[str, Any]) -> None:
        claims = dict(content.get("claims") or {})
        for name, text in list(mistakes(claims)):
            self._out.note(f"session.jwt_template.claims.{name}", f"{text}: left out")
            claims.pop(name, None)
        for name in overwritten(claims):
            self._out.note(f"session.jwt_template.claims.{name}", "is a claim of every session token: left out")
            claims.pop(name, None)
        self._out.put("session.jwt_template.claims", claims)
