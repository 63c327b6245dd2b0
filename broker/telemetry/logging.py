"""Log lines: JSON for machines, text for people, and nothing in them that must not be read.

Two nets hold back what should never have been logged: values under names that mean a secret, and anything that looks
like a mail address (Microsoft likes to name the account in its error descriptions) unless the operator wants addresses.
They come last, behind the rendering of exceptions, whose text is somebody else's too.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

SECRET_NAMES = frozenset({
    "access_token", "authorization", "client_assertion", "client_secret", "code", "code_verifier", "cookie",
    "hanko_token", "id_token", "nonce", "password", "refresh_token", "secret", "session_token", "state", "token",
    "verifier",
})  # fmt: skip
HIDDEN = "***"
_WORD = re.compile(r"[^\s\"'<>(),;:=]+")
"""Addresses are looked for in one word at a time: a pattern for the whole of one takes a minute for a long text."""
_STRUCTURED_TRACEBACKS = structlog.processors.ExceptionRenderer(
    # The default shows the local variables of each frame: codes, tokens and keys among them.
    ExceptionDictTransformer(show_locals=False)
)
Format = Literal["auto", "json", "text"]


def configure(*, level: str = "info", style: Format = "auto", addresses: bool = False) -> None:
    """Set up logging for this process; lines go to standard error. `addresses`: mail addresses may be shown."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if as_text else _STRUCTURED_TRACEBACKS,
            Nets(hide_addresses=not addresses),
            _for_people() if as_text else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _hear_libraries(logging.getLevelNamesMapping()[level.upper()])


def get_logger() -> FilteringBoundLogger:
    """The logger; `event` is the first argument, everything else has a name."""
    return cast(FilteringBoundLogger, structlog.get_logger())


def _hear_libraries(level: int) -> None:
    """From warnings on: what they say of a good day is not worth a line."""
    for handler in [one for one in logging.root.handlers if isinstance(one, _FromLibraries)]:
        logging.root.removeHandler(handler)
    logging.root.addHandler(_FromLibraries())
    logging.root.setLevel(max(level, logging.WARNING))


class _FromLibraries(logging.Handler):
    """What uvicorn, asyncio and others log by Python's own means: the same form, and behind the same nets."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line of ours for one of theirs."""
        facts = {} if record.exc_info is None else {"exc_info": record.exc_info}
        get_logger().log(record.levelno, record.getMessage(), logger=record.name, **facts)


class Nets:
    """The processor that is both nets. They reach into lists and mappings."""

    def __init__(self, *, hide_addresses: bool) -> None:
        self._hides_addresses = hide_addresses

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        """The line without what must not be read."""
        return {name: self._filtered(name, value) for name, value in line.items()}

    def _filtered(self, name: str, value: Any) -> Any:
        if name.lower() in SECRET_NAMES:
            return HIDDEN
        if isinstance(value, str):
            return _WORD.sub(_hidden_address, value) if self._hides_addresses and "@" in value else value
        if isinstance(value, Mapping):
            return {key: self._filtered(str(key), one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._filtered("", one) for one in value]
        return value if value is None or isinstance(value, int | float) else self._filtered("", repr(value))


def _hidden_address(word: re.Match[str]) -> str:
    """A word with an `@` in its midst could be an address."""
    return HIDDEN if "@" in word[0][1:-1] else word[0]


def _for_people() -> Processor:
    colors = sys.stderr.isatty()
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
