"""Removing many rows a portion at a time.

One statement for all of them outlasts its time on PostgreSQL, is rolled back, and has more to do the next time; on
SQLite everybody who writes waits for it.
"""

from typing import Final

from broker.store.base import Connection, Value

PORTION: Final = 2000
"""Rows of a table that nothing hangs on."""
FEW: Final = 200
"""Rows that each take hundreds of others along."""


async def delete_portion(
    c: Connection, table: str, condition: str, *arguments: Value, key: str, most: int = PORTION
) -> int:
    """Remove rows that fit, so many at most; answers how many. `key` tells them apart.

    The condition stands there twice: of a row that changed since it was found, PostgreSQL asks the outer one again.
    """
    last = f"${len(arguments) + 1}"
    return await c.execute(
        f"DELETE FROM {table} WHERE ({condition})"  # noqa: S608 - SQL of ours, values are arguments
        f" AND ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {last})",
        *arguments,
        most,
    )
