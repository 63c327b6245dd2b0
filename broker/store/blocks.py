"""What every engine enforces about blocks and statements, so that a mistake shows on SQLite, not first in production.

Owns: one block for each task, nothing after a failure, no writing outside a transaction, text both engines can hold.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from broker.errors import StoreError
from broker.store.base import Value

_READING = ("SELECT", "WITH")


class OpenBlocks:
    """The tasks that hold a connection, or wait for one, at this moment."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any] | None] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def enter(self) -> asyncio.Task[Any] | None:
        """Note that this task opens a block; the answer is what `leave` needs. Raises `RuntimeError` for a second one.

        Tasks that wait for a connection while holding one can fill a pool, each waiting for the others.
        """
        task = asyncio.current_task()
        if task in self._tasks:
            raise RuntimeError("this task already holds a connection: use the one it has")
        self._tasks.add(task)
        return task

    def leave(self, task: asyncio.Task[Any] | None) -> None:
        """Note that the block has ended."""
        self._tasks.discard(task)


class Progress:
    """How far a transaction is: after a statement failed, or after the end, nothing more may be asked of it.

    `translated` turns an engine's error into ours; it is told of nothing else.
    """

    def __init__(self, engine_errors: tuple[type[Exception], ...], translated: Callable[[Any], StoreError]) -> None:
        self._engine_errors = engine_errors
        self._translated = translated
        self._over: str | None = None

    @contextlib.contextmanager
    def one_statement(self) -> Iterator[None]:
        """Around each statement. Raises `StoreError` when the transaction is over."""
        if self._over is not None:
            raise StoreError(self._over)
        try:
            yield
        except self._engine_errors as error:
            self._over = "a statement of this transaction failed before"
            raise self._translated(error) from error
        except BaseException:
            self._over = "a statement of this transaction failed before"
            raise

    def end(self) -> None:
        """The block has ended."""
        self._over = "the transaction has ended"


def ensure_reading(sql: str) -> None:
    """Raises `RuntimeError` for a statement that might change something outside a transaction."""
    if not sql.lstrip().startswith(_READING):
        raise RuntimeError("a read() block only looks things up: change things in a transaction()")


def ensure_storable(arguments: tuple[Value, ...]) -> None:
    """Raises `StoreError` for text that one of the engines cannot hold.

    PostgreSQL knows no NUL in text, and neither engine half a surrogate pair. Replacing them quietly would make two
    subject keys one.
    """
    for argument in arguments:
        if isinstance(argument, str) and ("\x00" in argument or not _is_unicode(argument)):
            raise StoreError("text with a NUL or half a surrogate pair cannot be stored")


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
