"""Where a server listens: `host:port` or `unix:/path`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from broker.config.sections.section import Unfit, context_of
from broker.config.sections.urls import is_loopback

_HOST_PORT = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", re.ASCII)
_LONGEST_SOCKET_PATH = 107  # sun_path of Linux, less its NUL


@dataclass(frozen=True, kw_only=True)
class Address:
    """Either `host` and `port` (0: any free port) or `unix_path`."""

    host: str = ""
    port: int = 0
    unix_path: Path | None = None

    def __str__(self) -> str:
        if self.unix_path is not None:
            return f"unix:{self.unix_path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.unix_path is not None or is_loopback(self.host)

    @classmethod
    def read(cls, text: str, *, base_dir: Path | None = None) -> "Address":
        """Take an address apart; a socket's path is relative to `base_dir`. Raises `Unfit`."""
        if text.startswith("unix:"):
            return cls(unix_path=_socket_path(text.removeprefix("unix:"), base_dir or Path()))
        found = _HOST_PORT.fullmatch(text)
        if found is None or int(found[3]) > 65535:
            raise Unfit(
                "is no address", 'write "127.0.0.1:8000", "[::1]:8000", "0.0.0.0:8000" for all, or "unix:/path"'
            )
        return cls(host=found[1] or found[2], port=int(found[3]))

    @classmethod
    def _validate(cls, unverified: object, info: core_schema.ValidationInfo) -> "Address":
        if isinstance(unverified, Address):
            return unverified
        if not isinstance(unverified, str):
            raise Unfit("must be text", 'write "127.0.0.1:8000", in quotes')
        return cls.read(unverified, base_dir=context_of(info.context, "base_dir"))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": "^(unix:.+|.+:[0-9]+)$"}


def _socket_path(text: str, base_dir: Path) -> Path:
    if not text or "\0" in text:
        raise Unfit("names no socket", 'write "unix:/run/broker.sock"')
    path = base_dir / text
    if len(str(path).encode()) > _LONGEST_SOCKET_PATH:
        raise Unfit(f"is longer than {_LONGEST_SOCKET_PATH} bytes, the most a socket's path can have")
    return path
