"""Pages of a list: which one is asked for, and the headers that lead to the others (`Link` of RFC 8288)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.web import parse
from broker.web.hanko.admin.reading import MOST_PAGE, MOST_PER_PAGE, number

DEFAULT_PER_PAGE = 20


@dataclass(frozen=True, kw_only=True)
class Page:
    """Counted from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many come before it."""
        return (self.number - 1) * self.size


def page_of(request: Request) -> Page:
    """The page that is asked for. Raises `InvalidRequest`."""
    given = parse.single(parse.pairs(request.scope["query_string"]), frozenset({"page", "per_page"}))
    size = number(given.get("per_page", str(DEFAULT_PER_PAGE)), least=0, most=MOST_PER_PAGE) or DEFAULT_PER_PAGE
    return Page(number=number(given.get("page", "1"), least=1, most=MOST_PAGE), size=size)


def paged(items: list[dict[str, Any]], page: Page, total: int, request: Request) -> Response:
    """The list with its headers."""
    headers = {"Link": _links(page, total, request), "X-Total-Count": str(total)}
    return JSONResponse(items, headers=headers)


def _links(page: Page, total: int, request: Request) -> str:
    last = max(1, -(-total // page.size))
    found: list[tuple[str, int]] = []
    if page.number > 1 or last == 1:
        found.append(("first", 1))
    if page.number != last:
        found.append(("last", last))
    if page.number < last:
        found.append(("next", page.number + 1))
    if page.number > 1:
        found.append(("prev", page.number - 1))
    return ",".join(f'<{_address(request, number, page.size)}>; rel="{rel}"' for rel, number in found)


def _address(request: Request, number: int, size: int) -> str:
    """The same list at another page: every parameter again, sorted by name."""
    others = [
        (name, value) for name, value in parse.pairs(request.scope["query_string"]) if name not in ("page", "per_page")
    ]
    query = sorted([*others, ("page", str(number)), ("per_page", str(size))], key=lambda pair: pair[0])
    return f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{urlencode(query)}"
