"""`third_party` of Hanko's configuration: its providers and its redirect targets."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from broker.moving.hanko_providers import PROVIDERS, UNSUPPORTED, custom_provider
from broker.moving.hanko_redirects import pattern_of
from broker.moving.hanko_taking import Taking


class ThirdPartyTaking(Taking):
    """Takes that block."""

    def take(self, content: Mapping[str, Any]) -> None:
        """Providers and redirect targets."""
        self._each("third_party", content, {
            "redirect_url": self._redirect_url,
            "error_redirect_url": self._as("third_party.error_redirect_url"),
            "default_redirect_url": self._as("third_party.default_redirect_url"),
            "allowed_redirect_urls": self._allowed,
            "providers": self._providers,
            "custom_providers": self._custom_providers,
        })  # fmt: skip

    def _redirect_url(self, value: Any) -> None:
        parts = urlsplit(str(value))
        self._out.put("service.public_url", f"{parts.scheme}://{parts.netloc}")
        self._out.note(
            "third_party.redirect_url", "service.public_url is its origin: correct it if browsers see another"
        )
        if parts.path != "/thirdparty/callback":
            self._out.put("third_party.redirect_url", value)

    def _allowed(self, value: Any) -> None:
        patterns = []
        for each in value or []:
            ours, text = pattern_of(str(each), self._is_admitted)
            if text:
                self._out.note("third_party.allowed_redirect_urls", f"{each}: {text}")
            if ours is not None and ours not in patterns:
                patterns.append(ours)
        self._out.put("third_party.allowed_redirect_urls", patterns)
        self._out.note(
            "third_party.allowed_redirect_urls",
            "patterns mean a little less here (see docs/hanko.md); try yours with `broker redirects explain URL`",
        )

    def _providers(self, content: Mapping[str, Any]) -> None:
        for name, section in content.items():
            key = f"third_party.providers.{name}"
            if not isinstance(section, dict):
                continue
            if name in UNSUPPORTED:
                self._out.note(key, UNSUPPORTED[name])
            elif name == "microsoft":
                self._microsoft(key, section)
            elif name in PROVIDERS:
                self._builtin(key, name, section)
            else:
                self._out.note(key, "is no provider of Hanko's that is known here")

    def _microsoft(self, key: str, section: Mapping[str, Any]) -> None:
        def secret(_value: Any) -> None:
            self._out.put(f"{key}.secret", self._out.secret("MICROSOFT_SECRET"))

        self._each(key, section, {
            "enabled": self._as(f"{key}.enabled"),
            "client_id": self._as(f"{key}.client_id"),
            "secret": secret,
            "prompt": lambda value: self._out.put(f"{key}.prompt", value) if value else None,
            "allow_linking": lambda value: self._linking(key, value),
        })  # fmt: skip
        if "allow_linking" not in section:
            self._linking(key, True)

    def _linking(self, key: str, value: Any) -> None:
        text = (
            "accounts are never joined by an address alone; linking: verified_both does where both sides proved it"
            if value
            else "as here: accounts are not joined by an address"
        )
        self._out.note(f"{key}.allow_linking", text)

    def _builtin(self, key: str, name: str, section: Mapping[str, Any]) -> None:
        self._out.put(f"third_party.custom_providers.{name}", custom_provider(name, section, self._out.secret))
        text = (
            f"became the custom provider {name}: its id is custom_{name} for frontends, and --map {name}=custom_{name}"
        )
        self._out.note(key, f"{text} brings its people along; its callback is /thirdparty/callback/custom_{name}")
        self._linking(key, section.get("allow_linking", True))

    def _custom_providers(self, content: Mapping[str, Any]) -> None:
        for name, section in (content or {}).items():
            key, ours = f"third_party.custom_providers.{name}", str(name).lower()
            if not isinstance(section, dict):
                continue
            taken = {each: value for each, value in section.items() if each not in ("secret", "allow_linking")}
            taken["secret"] = self._out.secret(f"CUSTOM_{ours.upper()}_SECRET")
            taken.setdefault("claims_from", "userinfo")
            taken.setdefault("callback", "shared")
            self._out.put(f"third_party.custom_providers.{ours}", taken)
            self._linking(key, section.get("allow_linking", False))
