"""A value that is never printed, and that may live in a file of its own.

A secret from a file follows the file: `reveal` looks whether it changed (one `stat`), reads it again if so, and
keeps the last good value while the file is missing, empty or unreadable. So a mounted secret can be exchanged
without a reload.
"""

import hmac
from pathlib import Path
from typing import Any, Final, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from broker.config.sections.section import Unfit, context_of

HIDDEN: Final = "***"
_MAXIMUM = 64 * 1024


class Secret:
    """Text that prints as `***`; `reveal` gives it. `path` is the file it comes from, if any."""

    __slots__ = ("_stamp", "_value", "path")

    def __init__(self, value: str) -> None:
        self._value = value
        self._stamp: tuple[int, int, int] | None = None
        self.path: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The content of a file, without the line end behind it. Raises `Unfit` where there is nothing usable."""
        secret = cls("")
        secret.path = path
        secret._stamp = stamp_of(path)
        secret._value = _content(path)
        return secret

    def reveal(self) -> str:
        """The text itself, as the file has it now."""
        if self.path is not None:
            self._follow(self.path)
        return self._value

    def _follow(self, path: Path) -> None:
        try:
            stamp = stamp_of(path)
            if stamp != self._stamp:
                self._value = _content(path)
                self._stamp = stamp
        except Unfit:
            return

    def shown(self) -> str:
        """What may be printed."""
        return HIDDEN

    def __str__(self) -> str:
        return self.shown()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown()!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.path == other.path and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # its content may change under it, and a hash would give it away

    @classmethod
    def _read(cls, unverified: object, info: core_schema.ValidationInfo) -> Self:
        if isinstance(unverified, cls):
            return unverified
        if isinstance(unverified, dict):
            return cls._read_reference(unverified, context_of(info.context, "base_dir"))
        if not isinstance(unverified, str):
            raise Unfit("must be text or {file: PATH}", "put quotes around it")
        return cls._checked(cls(_fitting(unverified)))

    @classmethod
    def _read_reference(cls, unverified: dict[Any, Any], base_dir: Path | None) -> Self:
        path = unverified.get("file")
        if set(unverified) != {"file"} or not isinstance(path, str) or not path:
            raise Unfit("must be text or {file: PATH}")
        return cls._checked(cls.from_file((base_dir or Path()) / path))

    @classmethod
    def _checked(cls, secret: Self) -> Self:
        return secret

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        reference = {
            "type": "object",
            "properties": {"file": {"type": "string"}},
            "required": ["file"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"type": "string"}, reference]}


def stamp_of(path: Path) -> tuple[int, int, int]:
    """What of a file changes when it does. Raises `Unfit` where it cannot be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise Unfit("the file cannot be read", _reason(error)) from error
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAXIMUM + 1)
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unfit("the file is not UTF-8 text") from error
    except OSError as error:
        raise Unfit("the file cannot be read", _reason(error)) from error
    return _fitting(text.rstrip("\r\n"))


def _fitting(text: str) -> str:
    if not text:
        raise Unfit("is empty")
    if len(text) > _MAXIMUM:
        raise Unfit("is longer than 64 KiB")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Unfit("is not UTF-8 text")
    if "\0" in text or text != text.strip():
        raise Unfit("begins or ends with white space, or holds a NUL", "was it pasted whole, and nothing else?")
    return text


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or "" if isinstance(error, OSError) else "not a path"
