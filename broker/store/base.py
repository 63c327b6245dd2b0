"""The contract of a store, and the list of engines that fulfil it.

SQL is written once, in the subset both engines share, with `$1, $2 …` for arguments (`$n` becomes `?n` on SQLite).
Times are integers (seconds since the epoch), ids are text, JSON is text, truth values are BOOLEAN columns.
No connection may be held while a provider is asked: a `read()` or `transaction()` block contains database work only.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

Value = str | int | bool | None
Row = Mapping[str, Any]


class Connection(Protocol):
    """One conversation with the database, inside a `read()` or `transaction()` block."""

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        """The first row, or `None`."""
        ...

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        """All rows."""
        ...

    async def execute(self, sql: str, *arguments: Value) -> int:
        """Run a statement; answers how many rows it changed. Raises `NotUnique` on a duplicate key."""
        ...


class Store(Protocol):
    """An open database."""

    engine: Literal["sqlite", "postgres"]

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for looking things up, each statement for itself. Raises `StoreUnavailable`."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """All or nothing: committed, and safe from `kill -9`, when the block ends; rolled back when it raises.

        Raises `NotUnique` and `StoreUnavailable`.
        """
        ...

    async def ping(self) -> None:
        """Raises `StoreUnavailable` unless the database answers."""
        ...

    async def close(self) -> None:
        """Let go of files and sockets."""
        ...
