"""What every part of the translation works with: the settings that come of it, and how a key is taken or named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.config.sections.quantities import spell_duration
from broker.moving.go_duration import seconds_of


@dataclass
class Translation:
    """`settings` is our tree; `notes` name every key that was not simply taken, and every default that differs."""

    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)

    def put(self, key: str, value: Any) -> None:
        """Set one of our keys."""
        *path, last = key.split(".")
        node = self.settings
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value

    def note(self, key: str, text: str) -> None:
        """Say something about one of Hanko's keys."""
        self.notes.append(f"{key}: {text}")

    def secret(self, name: str) -> str:
        """A place for a secret."""
        if name not in self.variables:
            self.variables.append(name)
        return f"${{{name}}}"


class Taking:
    """Takes keys of one configuration."""

    def __init__(self, theirs: Mapping[str, Any], out: Translation, is_admitted: Callable[[str], str | None]) -> None:
        self._theirs = theirs
        self._out = out
        self._is_admitted = is_admitted

    def _each(self, block: str, content: Mapping[str, Any], known: Mapping[str, Callable[[Any], None]]) -> None:
        """Give every member to whoever takes it."""
        for name, value in content.items():
            take = known.get(name)
            if take is None:
                self._out.note(f"{block}.{name}", "is no key of Hanko's that is known here")
            else:
                take(value)

    def _as(self, key: str) -> Callable[[Any], None]:
        return lambda value: self._out.put(key, value)

    def _said(self, key: str, text: str) -> Callable[[Any], None]:
        return lambda _value: self._out.note(key, text)

    def _for(self, key: str, ours: str) -> Callable[[Any], None]:
        def take(value: Any) -> None:
            seconds = seconds_of(value)
            if seconds:
                self._out.put(ours, spell_duration(seconds))
            else:
                self._out.note(key, f"{value!r} is no duration that is understood here: left at the default")

        return take
