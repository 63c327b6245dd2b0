"""File, environment and secret files → a Config, or every mistake at once, in the order of the file.

The steps: YAML to a tree with line numbers (`load_yaml`), variables replaced (`variables`), the environment laid over
it (`environment`), unknown keys named (`reading`), types (`validation`), what keys get wrong together (`complaints`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, Final

from broker.config.complaints import complaints_about
from broker.config.environment import laid_over
from broker.config.load_yaml import MAXIMUM_BYTES, read_tree
from broker.config.reading import Reading, read
from broker.config.sections import Config, Secret
from broker.config.sections.section import NO_PARTS, Parts
from broker.config.shape import settings, shape_of_config
from broker.config.tree import Branch, Place, dotted, from_python, placed, undotted
from broker.config.validation import validated
from broker.config.variables import filled
from broker.config.web_rules import lowered_cookie
from broker.errors import ConfigError, ConfigMistake

DEFAULT: Final = "default"
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class LoadedConfig:
    """A Config and where it comes from.

    `sources` says for each dotted key `default`, `config.yaml:12`, `environment BROKER_…` or who overrode it.
    `notices` are things worth a warning at start. `files` are the secret files that were read; see `live.Watch`.
    """

    config: Config
    sources: Mapping[str, str]
    notices: tuple[str, ...] = ()
    path: FilePath | None = None
    base_dir: FilePath = field(default_factory=FilePath.cwd)
    files: tuple[FilePath, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    overridden_by: str = ""
    parts: Parts = NO_PARTS


def load(
    path: FilePath | None,
    environ: Mapping[str, str],
    *,
    overrides: Mapping[str, Any] = _NOTHING,
    overridden_by: str = "broker dev",
    parts: Parts = NO_PARTS,
) -> LoadedConfig:
    """Load a file (none: defaults and environment alone). Raises `ConfigError` with all mistakes.

    `overrides` maps dotted keys to plain values that replace whatever file and environment say there; `parts` are
    asked about what only they can tell.
    """
    mistakes: list[ConfigMistake] = []
    tree = Branch(place=Place())
    base_dir = FilePath.cwd()
    if path is not None:
        base_dir = path.absolute().parent
        tree, mistakes = read_tree(_content(path), file=str(path))
        if mistakes and not tree.entries:
            raise ConfigError(mistakes)
        tree, unset = filled(tree, environ)
        mistakes += unset
    work = _Work(tree=tree, mistakes=mistakes, environ=environ, base_dir=base_dir, path=path, parts=parts)
    return _finished(work, overrides=overrides, overridden_by=overridden_by)


def load_mapping(
    mapping: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    name: str,
    base_dir: FilePath | None = None,
    parts: Parts = NO_PARTS,
) -> LoadedConfig:
    """Load what code says instead of a file; `name` stands as its source. Raises `ConfigError`."""
    tree = from_python(mapping, Place(file=name))
    if not isinstance(tree, Branch):
        raise TypeError("a configuration is a mapping")
    base_dir = base_dir or FilePath.cwd()
    work = _Work(tree=tree, mistakes=[], environ=environ, base_dir=base_dir, path=None, parts=parts)
    return _finished(work, overrides=_NOTHING, overridden_by=name)


@dataclass(kw_only=True)
class _Work:
    tree: Branch
    mistakes: list[ConfigMistake]
    environ: Mapping[str, str]
    base_dir: FilePath
    path: FilePath | None
    parts: Parts


def _content(path: FilePath) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError as error:
        message = "there is no such file"
        hint = "name one with --config or BROKER_CONFIG; broker dev needs none"
        raise ConfigError([ConfigMistake(file=str(path), message=message, hint=hint)]) from error
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not a path"
        raise ConfigError([ConfigMistake(file=str(path), message=f"cannot be read: {reason}")]) from error


def _finished(work: _Work, *, overrides: Mapping[str, Any], overridden_by: str) -> LoadedConfig:
    shape = shape_of_config()
    overlay = laid_over(work.tree, shape=shape, environ=work.environ)
    tree = overlay.tree
    for key, value in overrides.items():
        tree = placed(tree, undotted(key), from_python(value, Place(file=overridden_by)))
    reading = read(tree, shape)
    earlier = [mistake for mistake in (*work.mistakes, *overlay.mistakes) if not _is_overridden(mistake, overrides)]
    reading.broken.update(undotted(mistake.key) for mistake in earlier if mistake.key)
    reading.mistakes = [*earlier, *reading.mistakes]
    config = validated(reading, base_dir=work.base_dir, parts=work.parts, environ=work.environ)
    notices = _judged(config, reading, work.parts)
    effective, lowered = _settled(config, reading, work)
    if reading.mistakes:
        raise ConfigError(_in_order(reading.mistakes))
    return LoadedConfig(
        config=effective,
        sources=_sources(effective, reading, before=config),
        notices=(*notices, *lowered),
        path=work.path,
        base_dir=work.base_dir,
        files=(*overlay.files, *_secret_files(effective)),
        overrides=overrides,
        overridden_by=overridden_by,
        parts=work.parts,
    )


def _settled(config: Config, reading: Reading, work: _Work) -> tuple[Config, tuple[str, ...]]:
    """The configuration that counts, and a notice for each key that is not what was asked for."""
    changes = lowered_cookie(config)
    if not changes or reading.mistakes:
        return config, ()
    reading.plain["session"]["cookie"].update(changes)
    notices = (
        f"session.cookie.{key}: lowered to {str(value).lower()}, since public_url is plain http on loopback"
        for key, value in changes.items()
    )
    settled = validated(reading, base_dir=work.base_dir, parts=work.parts, environ=work.environ)
    return settled, tuple(notices)


def _is_overridden(mistake: ConfigMistake, overrides: Mapping[str, Any]) -> bool:
    """What stands in the file under an overridden key does not matter: not even that it is wrong."""
    path = undotted(mistake.key)
    return any(path[: len(undotted(key))] == undotted(key) for key in overrides)


def _judged(config: Config, reading: Reading, parts: Parts) -> tuple[str, ...]:
    """Complaints become mistakes of the reading; notices are returned."""
    notices: list[str] = []
    for complaint in tuple(complaints_about(config, broken=reading.broken, further=parts.rules)):
        path = undotted(complaint.key)
        if complaint.notice:
            hint = f" ({complaint.hint})" if complaint.hint else ""
            notices.append(f"{dotted(path)}: {complaint.message}{hint}")
        else:
            reading.mistake(path, complaint.message, complaint.hint)
    return tuple(notices)


def _in_order(mistakes: list[ConfigMistake]) -> list[ConfigMistake]:
    unique = list(dict.fromkeys(mistakes))
    return sorted(unique, key=lambda mistake: (mistake.line is None, mistake.line or 0))


def _sources(config: Config, reading: Reading, *, before: Config) -> Mapping[str, str]:
    asked = {setting.path: setting.value for setting in settings(before)}
    found: dict[str, str] = {}
    for setting in settings(config):
        place = reading.places.get(setting.path)
        source = DEFAULT if place is None else str(place)
        lowered = asked[setting.path] != setting.value
        found[dotted(setting.path)] = f"lowered from {source}" if lowered else source
    return found


def _secret_files(config: Config) -> tuple[FilePath, ...]:
    found: list[FilePath] = []
    for setting in settings(config):
        values = setting.value if isinstance(setting.value, tuple) else (setting.value,)
        for value in values:
            secret = getattr(value, "value", None) if not isinstance(value, Secret) else value
            if isinstance(secret, Secret) and secret.path is not None:
                found.append(secret.path)
    return tuple(found)
