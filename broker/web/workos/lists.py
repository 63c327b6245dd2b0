"""Lists of this face: which page a request asks for, and the envelope in which it comes.

A cursor is the id of an item; what is asked for lies after it or before it, in the order of the list. In the order
`normal` the newest comes first, but `after` means newer and `before` older.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from broker.models.lists import Item, Part, Seek
from broker.models.users import is_writable
from broker.web import parse
from broker.web.workos import ids
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.ids import Prefix

MOST: Final = 100
USUAL: Final = 10
MOST_SEARCHED: Final = 255
_ORDERS: Final = frozenset({"asc", "desc", "normal"})
_KNOWN: Final = frozenset({"limit", "after", "before", "order"})


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where to read on, as cursors that nobody has looked up; `swapped`: the answer names its cursors the other way."""

    limit: int
    after: str | None
    before: str | None
    newest_first: bool
    swapped: bool = False

    def seek(self, prefix: Prefix) -> Seek:
        """The same with our ids. Raises `ParametersInvalid` for a cursor that is no id of this kind."""
        return Seek(
            limit=self.limit,
            after=self._cursor(prefix, self.after, "before" if self.swapped else "after"),
            before=self._cursor(prefix, self.before, "after" if self.swapped else "before"),
            newest_first=self.newest_first,
        )

    def _cursor(self, prefix: Prefix, unverified: str | None, name: str) -> str | None:
        if unverified is None:
            return None
        found = ids.read(prefix, unverified)
        if found is None:
            raise ParametersInvalid({name: f"{name}_invalid"}, f"{name} is no id of an item of this list")
        return found


def page_of(request: Request, *, default_order: str = "desc") -> Page:
    """The page that is asked for. Raises `ParametersInvalid`."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _KNOWN)
    faults: dict[str, str] = {}
    limit, order = given.get("limit", str(USUAL)), given.get("order", default_order)
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= MOST):
        faults["limit"] = "limit_out_of_range"
    if order not in _ORDERS:
        faults["order"] = "order_unknown"
    if faults:
        raise ParametersInvalid(faults)
    after, before = given.get("after"), given.get("before")
    if order == "normal":
        after, before = before, after
    return Page(limit=int(limit), after=after, before=before, newest_first=order != "asc", swapped=order == "normal")


def filters(unverified_query: bytes, known: frozenset[str]) -> Mapping[str, str]:
    """Filters by who somebody is, or where they belong. Raises `InvalidRequest`.

    One without a value is there, too, and names nobody: a program that had nobody to name would take the first of all
    for them.
    """
    unverified_pairs = parse.pairs(unverified_query)
    empty = dict.fromkeys((name for name, _ in unverified_pairs if name in known), "")
    return empty | parse.single(unverified_pairs, known)


def searched(given: Mapping[str, str]) -> str | None:
    """The part of a name that is sought. Raises `ParametersInvalid` for what no name holds."""
    unverified = given.get("search")
    if unverified is not None and (len(unverified) > MOST_SEARCHED or not is_writable(unverified)):
        raise ParametersInvalid({"search": "search_invalid"})
    return unverified


def part_of(items: Mapping[str, Item], wanted: Seek) -> Part[Item]:
    """The page of a list that is short enough to be at hand, by ids that tell its order."""
    ordered = sorted(items, reverse=wanted.newest_first)
    cursor = wanted.after or wanted.before
    if cursor is None:
        first, last = 0, wanted.limit
    else:
        places = [each > cursor if wanted.newest_first else each < cursor for each in ordered]
        first = sum(places) + (wanted.after is not None and cursor in items)
        last = first + wanted.limit
        if wanted.after is None:
            first, last = max(0, first - wanted.limit), first
    return Part(
        items=tuple(items[each] for each in ordered[first:last]),
        more_before=first > 0,
        more_after=last < len(ordered),
    )


def answer(page: Page, found: Part[Item], shown: Callable[[Item], dict[str, Any]]) -> JSONResponse:
    """The list that was asked for, each item as `shown`: its cursors are the ids of its ends, each only where more
    follows beyond it.
    """
    data = [shown(each) for each in found.items]
    before = data[0]["id"] if data and found.more_before else None
    after = data[-1]["id"] if data and found.more_after else None
    if page.swapped:
        before, after = after, before
    return JSONResponse({"object": "list", "data": data, "list_metadata": {"before": before, "after": after}})
