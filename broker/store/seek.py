"""Lists by id, which is by age: the rows behind a cursor or before it, and whether more follow on either side.

A cursor is the id of a row. It need not be there any more: where it stood is told by the id itself. Where ids do not
tell the age, rows are listed by further columns before the id, and the caller says where the cursor stands in these.
"""

from collections.abc import Sequence

from broker.models.lists import Part, Seek
from broker.store.base import Connection, Row, Value


class Conditions:
    """The part of a statement behind WHERE, with its arguments; every condition must hold."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.arguments: list[Value] = []

    def given(self, value: Value) -> str:
        """The placeholder of one more argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def add(self, condition: str) -> None:
        """One more condition: SQL of ours, whose values are placeholders."""
        self._parts.append(f"({condition})")

    def equal(self, column: str, value: Value) -> None:
        """The column has this value; nothing is asked where it is `None`."""
        if value is not None:
            self.add(f"{column} = {self.given(value)}")

    def one_of(self, column: str, values: Sequence[str]) -> None:
        """The column has one of these values, of which there is at least one."""
        self.add(f"{column} IN ({', '.join(map(self.given, values))})")

    @property
    def text(self) -> str:
        """The conditions, always some SQL."""
        return " AND ".join(self._parts) or "1 = 1"


async def seek(
    c: Connection,
    columns: str,
    table: str,
    where: Conditions,
    wanted: Seek,
    *,
    key: Sequence[str] = ("id",),
    place: Sequence[Value] | None = None,
    each_of: Sequence[str] = (),
) -> Part[Row]:
    """The rows of a table that `wanted` names. `columns` hold those of `key`, by which they are listed.

    `place`: where the cursor stands, in these; with the id as the only one the cursor itself says so. `each_of`:
    further conditions, of which a row fits one, each with an index that leads to its rows in this order. They are
    asked one by one: asked for all at once an engine reads the whole list, for fear of having to sort what it finds.
    """
    backwards = wanted.before is not None and wanted.after is None
    cursor = wanted.before if backwards else wanted.after
    begin = place if place is not None or cursor is None else (cursor,)

    async def some(beyond: Sequence[Value] | None, *, ascending: bool, most: int) -> Sequence[Row]:
        arguments = [*where.arguments, most, *(beyond or ())]
        sign, order = (">", "ASC") if ascending else ("<", "DESC")
        first = len(where.arguments) + 2
        marks = ", ".join(f"${number}" for number in range(first, first + len(key)))
        behind = "" if beyond is None else f" AND ({', '.join(key)}) {sign} ({marks})"
        ordered = f" ORDER BY {', '.join(f'{name} {order}' for name in key)} LIMIT ${first - 1}"
        fitting = f"{where.text}{behind}"
        if each_of:
            fitting = _in_any_part(table, key, [f"{fitting} AND {one}" for one in each_of], ordered)
        text = f"SELECT {columns} FROM {table} WHERE {fitting}{ordered}"  # noqa: S608 - ours, values are arguments
        return await c.fetch_all(text, *arguments)

    ascending = wanted.newest_first == backwards
    found = await some(begin, ascending=ascending, most=wanted.limit + 1)
    rows, further = list(found[: wanted.limit]), len(found) > wanted.limit
    nearest = [rows[0][name] for name in key] if rows and begin is not None else None
    nearer = nearest is not None and bool(await some(nearest, ascending=not ascending, most=1))
    if backwards:
        rows.reverse()
    return Part(
        items=tuple(rows),
        more_before=further if backwards else nearer,
        more_after=nearer if backwards else further,
    )


def _in_any_part(table: str, key: Sequence[str], parts: Sequence[str], ordered: str) -> str:
    """The condition that a row is among the first of all that are the first of their part."""
    names = ", ".join(key)
    each = (
        f"SELECT * FROM (SELECT {names} FROM {table} WHERE {part}{ordered}) AS part_{number}"  # noqa: S608 - ours
        for number, part in enumerate(parts)
    )
    return f"({names}) IN (SELECT {names} FROM ({' UNION ALL '.join(each)}) AS parts{ordered})"  # noqa: S608 - ours
