"""The contract of a store, and the list of engines that fulfil it.

SQL is written once, in the subset both engines share, with `$1, $2 …` for arguments. Times are integers (seconds since
the epoch), ids are text, JSON is text, truth values are BOOLEAN columns (on SQLite 0 and 1: a model takes `bool(…)`).
No connection may be held while a provider is asked: a `read()` or `transaction()` block contains database work only,
and a task holds one block at a time (a second one inside it is how a pool of five blocks for good).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

Value = str | int | bool | None
Row = Mapping[str, Any]
Engine = Literal["sqlite", "postgres"]

SCHEMES: Mapping[str, Engine] = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}
"""Which engine serves a database URL, by its scheme."""

PATIENCE = 10.0
"""How many seconds a block waits for its turn, and a statement for a lock or an answer, before `StoreUnavailable`."""


class Connection(Protocol):
    """One conversation with the database, inside a `read()` or `transaction()` block and not beyond its end.

    Statements of a block follow one another; after one failed, the block is over (PostgreSQL would refuse the next,
    SQLite would not: so both refuse). Text with a NUL or half a surrogate pair is refused by both: `StoreError`.
    """

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        """The first row, or `None`. Of a changing statement: with `RETURNING`, by a key that fits at most one row."""
        ...

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        """All rows."""
        ...

    async def execute(self, sql: str, *arguments: Value) -> int:
        """Run a statement; answers how many rows it changed. Raises `NotUnique` on a duplicate key."""
        ...


class Store(Protocol):
    """An open database."""

    @property
    def engine(self) -> Engine:
        """Which engine this is; it names the folder of migrations."""
        ...

    @property
    def open_blocks(self) -> int:
        """How many blocks hold a connection, or wait for one, at this moment."""
        ...

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for looking things up, each statement for itself. Raises `StoreUnavailable`."""
        ...

    def transaction(self, *, patience: float = PATIENCE) -> AbstractAsyncContextManager[Connection]:
        """All or nothing: committed, and safe from `kill -9`, when the block ends; rolled back when it raises.

        `patience` is in seconds. Raises `NotUnique` and `StoreUnavailable`; after the latter at the end of the block
        nobody knows whether it was committed. `StoreUnavailable` also stands for a deadlock or serialisation failure
        that the database resolved at our cost. Nothing is tried again here, the caller may (the whole block).
        A task that is cancelled at the very commit has committed or not, but leaves nothing open.
        """
        ...

    async def ping(self) -> None:
        """Raises `StoreUnavailable` unless the database answers."""
        ...

    async def close(self) -> None:
        """Let go of files and sockets."""
        ...
