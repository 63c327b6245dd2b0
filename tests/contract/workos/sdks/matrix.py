"""Which rows of the API which SDK called, and how that went: the table that a run of all tests prints.

Each test of an SDK records its calls as a property of its report, which also reaches the summary of a parallel run.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

ROWS: Final = (
    "GET /sso/authorize",
    "the callback, and back to the application",
    "POST /sso/token",
    "GET /sso/profile",
    "GET /sso/jwks/{client_id}",
    "GET /user_management/authorize",
    "POST /user_management/authenticate: code",
    "POST /user_management/authenticate: refresh",
    "OPTIONS /user_management/authenticate",
    "GET /user_management/users/{id}",
    "GET /user_management/users",
    "GET /user_management/users/{id}/identities",
    "GET /user_management/users/{id}/sessions",
    "POST /user_management/sessions/revoke",
    "GET /user_management/sessions/logout",
    "POST /sso/logout/authorize, GET /sso/logout",
    "connections, external ids, redirect URIs, origins",
)
_FAMILIES: Final = ("Python", "Node", "authkit-js")
_PROPERTY: Final = "workos-sdk"


@dataclass(frozen=True, kw_only=True)
class Call:
    """How one call of an SDK went: `problem` is None when it did what was wanted.

    Without a `call` the SDK has no word for this row.
    """

    row: int
    call: str | None
    problem: str | None = None


def recorded(sdk: str, calls: Iterable[Call]) -> tuple[str, str]:
    """Name and value of the property that a test records for this SDK."""
    return _PROPERTY, json.dumps([sdk, [asdict(call) for call in calls]])


def missing(calls: Iterable[Call]) -> set[int]:
    """Rows of which nothing was said: neither called, nor named as what the SDK lacks."""
    return {*range(1, len(ROWS) + 1)} - {call.row for call in calls}


def problems(calls: Iterable[Call]) -> list[str]:
    """What went wrong, a line for each call."""
    return [f"row {one.row}, {one.call}: {one.problem}" for one in calls if one.problem is not None]


def table(properties: Iterable[Sequence[Any]]) -> list[str]:
    """The lines of the table; none where no SDK was run."""
    found: dict[str, dict[int, list[Call]]] = {}
    for name, value in properties:
        if name == _PROPERTY:
            sdk, calls = json.loads(value)
            cells = found.setdefault(sdk, defaultdict(list))
            for call in calls:
                cells[call["row"]].append(Call(**call))
    if not found:
        return []
    sdks = sorted(found, key=_place)
    width = max(map(len, ROWS))
    head = f"{'':>2}  {'WorkOS SDKs: calls that went well':{width}}  " + "  ".join(sdks)
    return [head, *(_line(number, sdks, found, width) for number in range(1, len(ROWS) + 1))]


def _place(sdk: str) -> tuple[int, tuple[int, ...]]:
    """As in the table of the guide, the newest version first."""
    name, _, version = sdk.partition(" ")
    return _FAMILIES.index(name), tuple(-int(part) for part in version.split("."))


def _line(number: int, sdks: Sequence[str], found: Mapping[str, Mapping[int, list[Call]]], width: int) -> str:
    cells = [f"{_cell(found[sdk].get(number, [])):{len(sdk)}}" for sdk in sdks]
    return f"{number:>2}  {ROWS[number - 1]:{width}}  " + "  ".join(cells).rstrip()


def _cell(calls: Sequence[Call]) -> str:
    if not calls:
        return "not run"
    made = [call for call in calls if call.call is not None]
    failed = sum(call.problem is not None for call in made)
    if not made:
        return "has none"
    return f"{failed} FAILED" if failed else f"{len(made)} ok"
