"""What every section of the configuration shares: its pydantic settings, its marks, the way it complains.

A section is a frozen dataclass whose attributes are exactly the keys of its block in `config.yaml`. Types are
pydantic's work; what only several keys together can get wrong is said by `complaints`, which the loader asks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, Strict

SECTION: Final = ConfigDict(extra="forbid", defer_build=True)

Switch = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0)]


@dataclass(frozen=True)
class Restart:
    """Marks a key whose change takes a restart; a reload names it."""


RESTART: Final = Restart()


class Unfit(ValueError):
    """A single value that a key cannot take. The text never repeats the value: it may be a misplaced secret."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """Something wrong with keys that are each well formed.

    `key` is relative to the section that complains. `reads` are the further keys on which the complaint rests: where
    one of them was already refused, the complaint is not repeated. A `notice` is told, but stops nobody.
    """

    key: str
    message: str
    hint: str = ""
    reads: tuple[str, ...] = ()
    notice: bool = False


class Section:
    """Base of all sections."""

    def complaints(self) -> Iterator[Complaint]:
        """What is wrong between the keys of this section alone."""
        return iter(())


def _good(_text: str) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What only the parts themselves can tell about their keys, given to the loader by whoever puts them together.

    Where nobody gave it, these are not asked. The first two answer what is wrong with one entry, or `None`; `rules`
    are asked about the whole configuration.
    """

    redirect_pattern: Callable[[str], str | None] = _good
    origin_pattern: Callable[[str], str | None] = _good
    rules: tuple[Callable[[Any], Iterator[Complaint]], ...] = ()


NO_PARTS: Final = Parts()


def parts_of(context: Any) -> Parts:
    """What the loader was given."""
    return context_of(context, "parts") or NO_PARTS


def context_of(context: Any, name: str) -> Any:
    """What the loader passed along under this name; `None` where a section is made in code."""
    return context.get(name) if isinstance(context, dict) else None
