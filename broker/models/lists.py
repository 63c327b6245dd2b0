"""Lists that are read a part at a time: what is asked for, and what is answered. How rows are found is `store/seek`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, kw_only=True)
class Seek:
    """The first `limit` items behind `after`, or the last ones before `before`; of both cursors `after` counts.

    A cursor is the id of an item.
    """

    limit: int = 10
    after: str | None = None
    before: str | None = None
    newest_first: bool = True


@dataclass(frozen=True, kw_only=True)
class Part(Generic[Item]):
    """Items in the order that was asked for; whether there are more before the first and after the last of them."""

    items: tuple[Item, ...]
    more_before: bool
    more_after: bool

    def holding(self, items: Iterable[Other]) -> "Part[Other]":
        """The same part of the list, with what its items stand for."""
        return Part(items=tuple(items), more_before=self.more_before, more_after=self.more_after)
