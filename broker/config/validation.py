"""Plain data → Config, with every type mistake named in our words.

Where pydantic refuses a key, the key is taken out and the rest is looked at again: so the checks that need a whole
Config still run, and one mistyped line hides no other mistake.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from broker.config.reading import Reading
from broker.config.sections import Config
from broker.config.sections.section import Parts, Unfit
from broker.config.tree import Path

_ROUNDS: Final = 20
_MESSAGES: Final = {
    "bool_type": ("must be true or false", ""),
    "int_type": ("must be a whole number", ""),
    "string_type": ("must be text", "put quotes around it"),
    "tuple_type": ("must be a list", "for example [one, two]"),
    "dict_type": ("must be a map", ""),
    "missing": ("is missing", ""),
    "date_type": ("must be a date", "for example 2027-05-01"),
    "date_parsing": ("must be a date", "for example 2027-05-01"),
    "date_from_datetime_inexact": ("must be a date", "for example 2027-05-01"),
    "date_from_datetime_parsing": ("must be a date", "for example 2027-05-01"),
    "string_pattern_mismatch": ("is not of the form that it must have", ""),
}


@cache
def adapter() -> TypeAdapter[Config]:
    """Built once a process: it costs some 50 ms."""
    return TypeAdapter(Config)


def validated(reading: Reading, *, base_dir: FilePath, parts: Parts, environ: Mapping[str, str]) -> Config:
    """The Config of what was read; mistakes go to the reading. Paths are relative to `base_dir`."""
    context = {"base_dir": base_dir, "parts": parts, "environ": environ}
    for _ in range(_ROUNDS):
        try:
            return adapter().validate_python(reading.plain, context=context)
        except ValidationError as error:
            refused = [(_path(details), details) for details in error.errors(include_url=False)]
            paths = [path for path, _ in refused]
            for path, details in refused:
                if not _holds_refused(path, paths, reading.broken):
                    reading.mistake(path, *_words(details))
            _take_out(reading.plain, paths)
    reading.mistake((), "has more mistakes than can be told at once")
    return Config()


def _holds_refused(path: Path, now: list[Path], before: set[Path]) -> bool:
    """A list with a refused entry is also too short, or then missing, says pydantic: that is no second mistake."""
    deeper = any(other[: len(path)] == path and len(other) > len(path) for other in now)
    return deeper or any(other[: len(path)] == path for other in before)


def _path(details: ErrorDetails) -> Path:
    return tuple(part for part in details["loc"] if part != "[key]")


def _words(details: ErrorDetails) -> tuple[str, str]:
    kind, context = details["type"], details.get("ctx", {})
    reason = context.get("error")
    if isinstance(reason, Unfit):
        return str(reason), reason.hint
    if details["input"] is None and kind != "missing":
        return "is empty", "give it a value, or leave the line out for its default"
    if kind in ("literal_error", "enum"):
        return f"must be one of {context['expected']}".replace(" or ", ", ").replace("'", ""), ""
    if kind in ("greater_than_equal", "less_than_equal"):
        return _bound(kind, context), ""
    if kind in ("string_too_short", "too_short"):
        return "must not be empty", ""
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} characters", ""
    return _MESSAGES.get(kind, ("does not fit", ""))


def _bound(kind: str, context: dict[str, Any]) -> str:
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}"
    return f"must be at most {context['le']}"


def _take_out(plain: dict[str, Any], refused: list[Path]) -> None:
    """Remove the nearest keys around what was refused, so that their defaults count."""
    found = [_nearest_key(plain, path) for path in refused]
    for holder, key in found:
        holder.pop(key, None)


def _nearest_key(plain: dict[str, Any], path: Path) -> tuple[dict[str, Any], str]:
    holder: Any = plain
    nearest: tuple[dict[str, Any], str] = (plain, str(path[0]))
    for part in path:
        if isinstance(holder, dict) and part in holder:
            nearest = (holder, str(part))
            holder = holder[part]
        elif isinstance(holder, list) and isinstance(part, int) and part < len(holder):
            holder = holder[part]
        else:
            break
    return nearest
