"""The effective configuration as people and programs may see it: secrets as `***`, each key with its source."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from broker.config.load import DEFAULT, LoadedConfig
from broker.config.sections import Address, Config, Rate, Secret
from broker.config.sections.quantities import spell_duration
from broker.config.sections.section import Section
from broker.config.shape import Leaf, settings
from broker.config.tree import dotted


@dataclass(frozen=True, kw_only=True)
class ShownKey:
    """One key: its value as the file would have it, and where it came from."""

    key: str
    value: Any
    source: str


def effective(loaded: LoadedConfig) -> list[ShownKey]:
    """Every key that this version has, in the order of the sections. Values are plain data, fit for JSON."""
    return list(_shown(loaded))


def _shown(loaded: LoadedConfig) -> Iterator[ShownKey]:
    for setting in settings(loaded.config):
        key = dotted(setting.path)
        value = shown_value(setting.value, setting.leaf)
        yield ShownKey(key=key, value=value, source=loaded.sources.get(key, DEFAULT))


def shown_value(value: Any, leaf: Leaf | None = None) -> Any:
    """A value as plain data; nothing secret is in it."""
    if leaf is not None and leaf.spelled and isinstance(value, int):
        return spell_duration(value)
    if isinstance(value, Section):
        return {key: shown_value(item) for key, item in vars(value).items() if item is not None}
    if isinstance(value, tuple | list):
        return [shown_value(item) for item in value]
    if isinstance(value, dict):
        return {key: shown_value(item) for key, item in value.items()}
    if isinstance(value, Secret | Address | Rate | FilePath | date):
        return str(value)
    return value


def redirect_uri(config: Config) -> str:
    """The redirect URI to register at Microsoft (platform Web)."""
    return config.callback_url


def signed_out_uri(config: Config) -> str | None:
    """What to register beside it, where signing out goes on to Microsoft and comes back."""
    microsoft = config.third_party.providers.microsoft
    return config.signed_out_url if microsoft.enabled and microsoft.logout.rp_initiated else None


def frontchannel_uri(config: Config) -> str | None:
    """The front-channel logout URL to register at Microsoft; `None` where nobody is listened to there."""
    microsoft = config.third_party.providers.microsoft
    listens = microsoft.enabled and microsoft.logout.frontchannel
    return f"{config.service.public_url}/thirdparty/logout/microsoft" if listens else None


def to_register(config: Config) -> list[tuple[str, str]]:
    """Every address of ours that Microsoft has to know, by what it is called there."""
    if not config.third_party.providers.microsoft.enabled:
        return []
    known = (
        ("redirect URI", redirect_uri(config)),
        ("redirect URI", signed_out_uri(config)),
        ("front-channel logout URL", frontchannel_uri(config)),
    )
    return [(what, url) for what, url in known if url is not None]


def redirect_uris(config: Config) -> dict[str, str]:
    """The redirect URI of each enabled provider, by provider id; and the one behind a sign-out at Microsoft."""
    found = {"microsoft": config.callback_url} if config.third_party.providers.microsoft.enabled else {}
    signed_out = signed_out_uri(config)
    if signed_out is not None:
        found["microsoft_signed_out"] = signed_out
    for key, provider in config.third_party.custom_providers.items():
        if provider.enabled:
            found[f"custom_{key}"] = config.callback_url_of(key)
    return found
