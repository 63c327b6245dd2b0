"""From Hanko's configuration to ours: each of its keys is taken over, or named with the reason why it is not.

Nothing is dropped in silence. Where Hanko's default and ours differ, what Hanko would have done is written out, or said
where it would be unsafe. Secrets are never repeated: their place is taken by a variable of the environment.
"""

from collections.abc import Callable, Mapping
from typing import Any

from broker.moving.hanko_sessions import SessionTaking
from broker.moving.hanko_taking import Taking, Translation
from broker.moving.hanko_third_party import ThirdPartyTaking

NO_MEANING: Mapping[str, str] = {
    "password": "nobody signs in by password here",
    "passkey": "nobody signs in by passkey here",
    "passcode": "no mail is sent here",
    "emails": "no mail is sent here",
    "email_delivery": "no mail is sent here",
    "smtp": "no mail is sent here",
    "mfa": "the provider asks for further factors, and its policy says when",
    "username": "there are no user names here",
    "saml": "SAML is not spoken here",
    "security_notifications": "no mail is sent here",
    "privacy": "nothing here tells whether an account exists",
    "webauthn": "there are no passkeys here",
    "flow_locker": "flows need no lock here: nothing of them is stored",
    "convert_legacy_config": "it is about Hanko's own older files",
    "convert_legacy_server_side_session_config": "it is about Hanko's own older files",
    "log": "request lines and metrics are always there; see log.level and log.format",
    "debug": "errors never tell more to strangers; see log.level",
    "conversion": "it is about Hanko's own older files",
    "multi_tenancy": "one broker is one tenant",
    "secret_keys": "ours are to be new ones, of 32 characters or more, in BROKER_SECRET",
}
"""Blocks that nothing here answers to."""


def translated(theirs: Mapping[str, Any], *, is_admitted: Callable[[str], str | None]) -> Translation:
    """Our settings for these. `is_admitted` says what is wrong with a redirect pattern, `None` if nothing."""
    out = Translation()
    taker = _Settings(theirs, out, is_admitted)
    for block, content in theirs.items():
        taker.block(block, content)
    taker.defaults()
    return out


class _Settings(Taking):
    def block(self, name: str, content: Any) -> None:
        taking = {
            "service": self._service,
            "server": self._server,
            "cors": self._cors,
            "secrets": self._secrets,
            "database": self._database,
            "third_party": ThirdPartyTaking(self._theirs, self._out, self._is_admitted).take,
            "session": SessionTaking(self._theirs, self._out, self._is_admitted).take,
            "account": self._account,
            "email": self._email,
            "audit_log": self._audit_log,
            "webhooks": self._webhooks,
            "rate_limiter": self._rate_limiter,
        }.get(name)
        if taking is not None and isinstance(content, dict):
            taking(content)
        elif name == "webauthn":
            self._out.note("webauthn", f"{NO_MEANING[name]}; relying_party.id became session.audience")
        elif name in NO_MEANING:
            self._out.note(name, NO_MEANING[name])
        else:
            self._out.note(name, "is no key of Hanko's that is known here")

    def _service(self, content: Mapping[str, Any]) -> None:
        self._each("service", content, {"name": self._as("service.name")})

    def _server(self, content: Mapping[str, Any]) -> None:
        self._each("server", content, {
            "public": self._public,
            "admin": self._admin,
            "management": self._said("server.management", "metrics are on the admin address; there is no third"),
            "ip": self._ip,
        })  # fmt: skip

    def _public(self, content: Mapping[str, Any]) -> None:
        self._each("server.public", content, {
            "address": lambda value: self._out.put("server.public.address", _address(value)),
            "cors": self._cors,
        })  # fmt: skip

    def _admin(self, content: Mapping[str, Any]) -> None:
        def address(value: Any) -> None:
            self._out.put("server.admin.address", _address(value, host="127.0.0.1"))
            if str(value).startswith(":"):
                text = "listens on loopback only; it wants a key for everything but health and metrics"
                self._out.note("server.admin.address", text)

        self._each("server.admin", content, {"address": address})

    def _ip(self, content: Mapping[str, Any]) -> None:
        self._each("server.ip", content, {
            "extractor": self._said("server.ip.extractor", "forwarding headers count from trusted_proxies alone"),
            "trusted_proxies": self._as("server.trusted_proxies"),
        })  # fmt: skip

    def _cors(self, content: Mapping[str, Any]) -> None:
        def origins(value: Any) -> None:
            given = list(value or [])
            if not given or "*" in given:
                self._out.note("cors.allow_origins", "any origin is never admitted here: name those of your pages")
            self._out.put("server.public.cors.allow_origins", [each for each in given if each != "*"])
            if any("*" in each and each != "*" for each in given):
                self._out.note("cors.allow_origins", "* stands within one label of a host here, not for several")

        wildcard = self._said("cors.unsafe_wildcard_origin_allowed", "any origin is never admitted here")
        self._each("cors", content, {"allow_origins": origins, "unsafe_wildcard_origin_allowed": wildcard})

    def _secrets(self, content: Mapping[str, Any]) -> None:
        kms = self._said("secrets.key_management", "keys are kept sealed in the database; there is no KMS")
        keys = self._said("secrets.keys", "ours are to be new ones, of 32 characters or more, in BROKER_SECRET; keep "
                          "Hanko's for `broker import hanko`")  # fmt: skip
        self._each("secrets", content, {"keys": keys, "key_management": kms})

    def _database(self, content: Mapping[str, Any]) -> None:
        text = "ours is a database of its own, in BROKER_DATABASE_URL; bring people along with `broker import hanko`"
        for name in content:
            self._out.note(f"database.{name}", text)

    def _account(self, content: Mapping[str, Any]) -> None:
        ours = {name: self._as(f"account.{name}") for name in ("allow_signup", "allow_deletion")}
        self._each("account", content, ours)

    def _email(self, content: Mapping[str, Any]) -> None:
        def verification(value: Any) -> None:
            if value is False:
                self._out.put("third_party.providers.microsoft.email.on_unverified", "create_unverified")
                self._out.note("email.require_verification", "became on_unverified: create_unverified of Microsoft")

        for name, value in content.items():
            if name == "require_verification":
                verification(value)
            elif name == "limit":
                self._out.note("email.limit", "is five here")
            else:
                self._out.note(f"email.{name}", "addresses come from the provider here, and no mail is sent")

    def _audit_log(self, content: Mapping[str, Any]) -> None:
        self._each("audit_log", content, {
            "mask": self._as("audit_log.mask"),
            "retention": self._for("audit_log.retention", "audit_log.retention"),
            "storage": self._said("audit_log.storage", "entries are always stored, in the transaction of the change"),
            "console_output": self._said("audit_log.console_output", "entries are read by command or admin API"),
        })  # fmt: skip

    def _webhooks(self, content: Mapping[str, Any]) -> None:
        def hooks(value: Any) -> None:
            if content.get("enabled", False):
                self._out.put("webhooks.hooks", value or [])
            else:
                self._out.note("webhooks.hooks", "left out: webhooks.enabled is false")

        expiry = "hooks of this file never expire; those made by the admin API do"
        self._each("webhooks", content, {
            "enabled": lambda _value: None,
            "hooks": hooks,
            "allow_time_expiration": self._said("webhooks.allow_time_expiration", expiry),
        })  # fmt: skip

    def _rate_limiter(self, content: Mapping[str, Any]) -> None:
        def tokens(value: Any) -> None:
            text = "is 600 a minute and address here (rate_limiter.tokens): a code is good once and cannot be guessed"
            self._out.note("rate_limiter.token_limits", text)

        away = "there is nothing here that it would limit"
        self._each("rate_limiter", content, {
            "enabled": self._as("rate_limiter.enabled"),
            "store": self._said("rate_limiter.store", "counts are kept in each process"),
            "redis_config": self._said("rate_limiter.redis_config", "counts are kept in each process"),
            "token_limits": tokens,
            **{name: self._said(f"rate_limiter.{name}", away)
               for name in ("passcode_limits", "otp_limits", "password_limits")},
        })  # fmt: skip

    def defaults(self) -> None:
        """What Hanko does without being told, and we would not."""
        session = self._theirs.get("session") or {}
        party = ((self._theirs.get("webauthn") or {}).get("relying_party") or {}).get("id") or "localhost"
        if not session.get("audience"):
            self._out.put("session.audience", [party])
            self._out.note("session.audience", f"Hanko's default, the relying party, is written out: {party}")
        if "same_site" not in (session.get("cookie") or {}):
            self._out.put("session.cookie.same_site", "strict")
            self._out.note("session.cookie.same_site", "Hanko's default strict is written out; ours is lax")
        if not session.get("issuer"):
            self._out.note("session.issuer", "tokens always have an iss here: service.public_url, unless you set one")
        self._out.put("session.delivery", "token")
        self._out.note("session.delivery", "token: pages come back with hanko_token, as with Hanko")
        self._out.put("third_party.errors_to", "redirect_to")
        self._out.note("third_party.errors_to", "redirect_to: once a state is proven, errors go to the page that began")
        self._out.put("secrets.keys", [self._out.secret("BROKER_SECRET")])
        self._out.put("database.url", self._out.secret("BROKER_DATABASE_URL"))
        self._out.put("service.environment", "production")


def _address(value: Any, *, host: str = "0.0.0.0") -> str:  # noqa: S104 - as Hanko listens
    text = str(value)
    return f"{host}{text}" if text.startswith(":") else text
