"""Small configurations, and what the loader says of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from broker.config.load import LoadedConfig, load, load_mapping
from broker.errors import ConfigError, ConfigMistake

SECRET = "a-secret-of-tests-that-is-long-enough-0"
CLIENT_ID = "0f6b3a1e-8d0c-4a53-9f7e-2f1f0c8f1a11"
BASE: Mapping[str, Any] = {
    "service.environment": "staging",
    "third_party.error_redirect_url": "http://localhost:8888/",
}
PRODUCTION: Mapping[str, Any] = {
    "service.environment": "production",
    "service.public_url": "https://login.example.com",
    "secrets.keys": [SECRET],
    "third_party.error_redirect_url": "https://app.example.com/",
    "third_party.providers.microsoft.client_id": CLIENT_ID,
    "third_party.providers.microsoft.secret": "a.real~secret",
}


def microsoft(**keys: Any) -> dict[str, Any]:
    """Keys of Microsoft's block, dotted."""
    return {f"third_party.providers.microsoft.{key}": value for key, value in keys.items()}


def tree(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as the nested mapping that a file would give."""
    found: dict[str, Any] = {}
    for key, value in keys.items():
        *path, last = key.split(".")
        node = found
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return found


def loaded(
    changes: Mapping[str, Any] | None = None, *, base: Mapping[str, Any] = BASE, base_dir: Path | None = None
) -> LoadedConfig:
    """What these keys, laid over a configuration that runs, come to."""
    return load_mapping(tree({**base, **(changes or {})}), {}, name="test", base_dir=base_dir)


def refused(
    changes: Mapping[str, Any] | None = None, *, base: Mapping[str, Any] = BASE, base_dir: Path | None = None
) -> dict[str, str]:
    """The mistakes these keys make, by key: message and hint. Empty if they are fine."""
    try:
        loaded(changes, base=base, base_dir=base_dir)
    except ConfigError as error:
        return {mistake.key: f"{mistake.message} ({mistake.hint})" for mistake in error.mistakes}
    return {}


def written(directory: Path, text: str) -> Path:
    """A `config.yaml` with this text."""
    path = directory / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_of(path: Path, environ: Mapping[str, str] | None = None) -> list[ConfigMistake]:
    """All mistakes of a file, in their order; none if it loads."""
    try:
        load(path, environ or {})
    except ConfigError as error:
        return list(error.mistakes)
    return []
