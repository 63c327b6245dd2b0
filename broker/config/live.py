"""Reload: a new Config beside the old one, or every mistake and nothing changed.

Signals and the exchange of the running broker are the caller's: this says what a reload would mean.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from broker.config.load import LoadedConfig, load
from broker.config.sections import Config
from broker.config.shape import Setting, settings
from broker.config.tree import Path, dotted


@dataclass(frozen=True, kw_only=True)
class ReloadPlan:
    """Keys whose value differs, in the sections' order; those in `restart_keys` wait for the next start."""

    changed_keys: tuple[str, ...]
    restart_keys: tuple[str, ...]


def compare(old: Config, new: Config) -> ReloadPlan:
    """What changed from one configuration to the other."""
    before, after = _by_path(old), _by_path(new)
    changed = [path for path in (before | after) if _differs(before.get(path), after.get(path))]
    restart = [path for path in changed if _needs_restart(before.get(path) or after.get(path))]
    return ReloadPlan(changed_keys=tuple(map(dotted, changed)), restart_keys=tuple(map(dotted, restart)))


def holding(fresh: LoadedConfig, old: Config, keys: Sequence[str]) -> LoadedConfig:
    """`fresh`, except that these dotted keys keep the values of `old`."""
    config: Any = fresh.config
    for key in keys:
        config = _with(config, old, key.split("."))
    return replace(fresh, config=config)


def _with(section: Any, old: Any, path: Sequence[str]) -> Any:
    first, *rest = path
    was = getattr(old, first)
    return replace(section, **{first: _with(getattr(section, first), was, rest) if rest else was})


def _by_path(config: Config) -> dict[Path, Setting]:
    return {setting.path: setting for setting in settings(config)}


def _differs(before: Setting | None, after: Setting | None) -> bool:
    return before is None or after is None or before.value != after.value


def _needs_restart(setting: Setting | None) -> bool:
    return setting is not None and setting.leaf.restart


def reload(current: LoadedConfig, environ: Mapping[str, str]) -> LoadedConfig:
    """Load again what `current` was loaded from, with the same overrides.

    Raises `ConfigError` with all mistakes; `current` stays good. What came from code alone has nothing to read again
    and is returned as it is.
    """
    if current.path is None:
        return current
    return load(
        current.path,
        environ,
        overrides=current.overrides,
        overridden_by=current.overridden_by,
        parts=current.parts,
    )


class LiveConfig:
    """The configuration in force. A reload that fails leaves it untouched."""

    def __init__(self, loaded: LoadedConfig, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.current = loaded
        self.watch = SecretWatch(loaded)

    def reload(self) -> ReloadPlan:
        """Take a new one into force and say what changed. Raises `ConfigError`, and then nothing is changed."""
        fresh = reload(self.current, self._environ)
        plan = compare(self.current.config, fresh.config)
        self.replace(fresh)
        return plan

    def replace(self, fresh: LoadedConfig) -> None:
        """Take this one into force, once everything that depends on it did."""
        self.current = fresh
        self.watch = SecretWatch(fresh)


class SecretWatch:
    """Whether a file that a secret came from has changed since the configuration was loaded.

    A single secret follows its file by itself; what was derived from one (sealing keys) needs this: ask within a
    minute, and reload when it says so.
    """

    def __init__(self, loaded: LoadedConfig) -> None:
        self._stamps = {path: _stamp(path) for path in loaded.files}

    def changed(self) -> tuple[FilePath, ...]:
        """The files that changed and can be read; each is reported once."""
        found = []
        for path, stamp in self._stamps.items():
            now = _stamp(path)
            if now is not None and now != stamp:
                self._stamps[path] = now
                found.append(path)
        return tuple(found)


def _stamp(path: FilePath) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
