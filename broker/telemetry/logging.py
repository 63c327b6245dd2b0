"""Log lines: JSON for machines, text for people, and nothing in them that must not be read.

Two nets hold back what should never have been logged: values under names that mean a secret, and anything that looks
like an address inside a provider's text (Microsoft likes to name the account in its error descriptions).
"""

import logging
import re
import sys
from typing import Any, Literal, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

SECRET_NAMES = frozenset({
    "access_token", "authorization", "client_assertion", "client_secret", "code", "code_verifier", "cookie",
    "hanko_token", "id_token", "nonce", "password", "refresh_token", "secret", "session_token", "state", "token",
    "verifier",
})  # fmt: skip
HIDDEN = "***"
_ADDRESS = re.compile(r"[^\s\"'<>(),;:=]+@[^\s\"'<>(),;:=]+")
Format = Literal["auto", "json", "text"]


def configure(*, level: str = "info", style: Format = "auto") -> None:
    """Set up logging for this process; lines go to standard error."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if as_text else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            structlog.processors.dict_tracebacks if not as_text else structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_logger() -> FilteringBoundLogger:
    """The logger; `event` is the first argument, everything else has a name."""
    return cast(FilteringBoundLogger, structlog.get_logger())


def hide_secrets(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The processor that is both nets."""
    for name, value in line.items():
        if name in SECRET_NAMES:
            line[name] = HIDDEN
        elif isinstance(value, str):
            line[name] = _without_addresses(value)
    return line


def _without_addresses(text: str) -> Any:
    return _ADDRESS.sub(HIDDEN, text) if "@" in text else text
