"""Durations (`90s 15m 12h 30d`, whole seconds inside) and rates (`600/m`)."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, ValidationInfo, WithJsonSchema
from pydantic_core import core_schema

from broker.config.sections.section import Unfit, context_of

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)
_RATE = re.compile(r"([0-9]{1,9})/([smhd])", re.ASCII)
_LONGEST = 100 * 365 * 86400


def read_duration(text: str) -> int:
    """Seconds of `90s`, `15m`, `12h`, `30d`. Raises `Unfit`."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Unfit("is no duration", "write it like 90s, 15m, 12h or 30d")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST:
        raise Unfit("is longer than a hundred years")
    return seconds


def spell_duration(seconds: int) -> str:
    """The shortest spelling: 43200 is `12h`."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


def _duration(unverified: object, info: ValidationInfo) -> object:
    if isinstance(unverified, str):
        return read_duration(unverified)
    if isinstance(unverified, int) and context_of(info.context, "base_dir") is None:
        return unverified  # made in code, where seconds are what one writes
    raise Unfit("needs a unit", "write it like 90s, 15m, 12h or 30d")


_SPELLING = {"type": "string", "pattern": "^[0-9]+[smhd]$"}
Pause = Annotated[int, BeforeValidator(_duration), WithJsonSchema(_SPELLING)]
"""A duration that may be zero, in seconds."""
Duration = Annotated[int, Field(ge=1), BeforeValidator(_duration), WithJsonSchema(_SPELLING)]
"""A duration of at least a second, in seconds."""


@dataclass(frozen=True)
class Rate:
    """At most `count` in `seconds`."""

    count: int
    seconds: int

    def __str__(self) -> str:
        unit = next(unit for unit, seconds in _SECONDS.items() if seconds == self.seconds)
        return f"{self.count}/{unit}"

    @classmethod
    def read(cls, unverified: object) -> "Rate":
        """`600/m` as a rate. Raises `Unfit`."""
        if isinstance(unverified, Rate):
            return unverified
        found = _RATE.fullmatch(unverified) if isinstance(unverified, str) else None
        if found is None or int(found[1]) == 0:
            raise Unfit("is no rate", "write it like 600/m: a number above zero, a slash, and s, m, h or d")
        return cls(int(found[1]), _SECONDS[found[2]])

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]+/[smhd]$"}
