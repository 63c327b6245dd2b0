"""Where our answer is another than the recorded one, aspect by aspect.

An aspect is a word that the page of differences uses: `status`, the name of a header, `Location` with `?` and a
parameter, a path into the body's JSON (`error.message`). A member that one side has and the other has not is the path
with `+` (ours alone) or `-` (theirs alone) before it: that is the shape of the body, and a client may stumble.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.browsers import Page
from tests.contract.hanko.golden.exchanges import Exchange

ANY = "<any>"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_VALUES = {
    **dict.fromkeys(("uuid", "user_id", "session_id", "flow"), _UUID),
    **dict.fromkeys(("rfc3339", "rfc3339.frac"), r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
    "any": ".*",
}
_COMPARED = (
    "access-control-",
    "content-type",
    "location",
    "retry-after",
    "x-auth-token",
    "x-ratelimit-",
    "x-session-",
    "link",
    "x-total-count",
)
_SIGN_IN_COOKIE = re.compile(r"(__Host-)?signin-[0-9a-f]{16}|hanko_thirdparty_state")


def differences(recorded: Exchange, page: Page) -> frozenset[str]:
    """All aspects in which the answer differs."""
    return frozenset(_all(recorded, page))


def _all(recorded: Exchange, page: Page) -> Iterator[str]:
    if page.status != recorded.status:
        yield "status"
    if (page.status < 400) == (recorded.status < 400):  # else all that follows from it differs, too
        yield from _headers(recorded, page.headers)
        yield from _bodies(recorded.answer, page.text)
    yield from _cookies(recorded, page)


def _headers(recorded: Exchange, ours: Mapping[str, str]) -> Iterator[str]:
    for name, value in recorded.answer_headers:
        key = name.lower()
        if not key.startswith(_COMPARED):
            continue
        own = ours.get(name)
        if own is None:
            yield name
        elif key == "location":
            yield from _locations(value, own)
        elif key.startswith(("x-ratelimit-", "retry-after", "x-session-lifetime")):
            if not own.isdigit():
                yield name
        elif key.startswith("access-control-"):
            if not _words(value) <= _words(own):
                yield name
        elif not _fits(value, own):
            yield name
    for name in ("Location", "X-Auth-Token", "Access-Control-Allow-Origin"):
        if name in ours and not recorded.told(name):
            yield name


def _words(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",")}


def _locations(recorded: str, own: str) -> Iterator[str]:
    theirs, ours = urlsplit(recorded), urlsplit(own)
    if (theirs.netloc, theirs.path or "/", theirs.fragment) != (ours.netloc, ours.path or "/", ours.fragment):
        yield "Location"
    said, told = (parse_qsl(url.query, keep_blank_values=True) for url in (theirs, ours))
    for name in dict.fromkeys(name for name, _ in (*said, *told)):
        pairs = [[value for key, value in side if key == name] for side in (said, told)]
        if len(pairs[0]) != len(pairs[1]) or not all(map(_fits, *pairs)):
            yield f"Location?{name}"


def _cookies(recorded: Exchange, page: Page) -> Iterator[str]:
    theirs, ours = ({_cookie(text) for text in texts} for texts in (recorded.told("Set-Cookie"), page.set_cookies))
    if theirs != ours:
        yield "Set-Cookie"


def _cookie(text: str) -> tuple[str, bool, frozenset[str]]:
    """Its name, whether it takes the cookie away, and its attributes; `Expires` says what `Max-Age` says."""
    pair, *attributes = (part.strip() for part in text.split(";"))
    name, _, value = pair.partition("=")
    kept = frozenset(part.lower() for part in attributes if not part.lower().startswith("expires="))
    return ("the sign-in's" if _SIGN_IN_COOKIE.fullmatch(name) else name), value in {"", '""'}, kept


def _bodies(recorded: str, own: str) -> Iterator[str]:
    if recorded == ANY:
        return
    try:
        theirs = json.loads(recorded) if recorded else None
    except ValueError:
        theirs = recorded
    try:
        ours = json.loads(own) if own else None
    except ValueError:
        ours = own
    if isinstance(theirs, dict | list) and isinstance(ours, dict | list):
        yield from _values(theirs, ours, "")
    elif theirs != ours and not (isinstance(theirs, str) and isinstance(ours, str) and _fits(theirs, ours)):
        yield "body"


def _values(theirs: Any, ours: Any, path: str) -> Iterator[str]:
    if theirs == ANY:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = theirs.keys() | ours.keys()
        if _is_another_state(theirs, ours):
            names = {"name", "status", "error"}  # another state has other actions; which it is, is the difference
        elif _is_another_entry(theirs, ours):
            names = {"type"}
        for name in names & (theirs.keys() | ours.keys()):
            inner = f"{path}.{name}" if path else str(name)
            if name not in ours:
                yield f"-{inner}"
            elif name not in theirs:
                yield f"+{inner}"
            else:
                yield from _values(theirs[name], ours[name], inner)
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield path
            return
        for one, other in zip(theirs, ours, strict=False):
            yield from _values(one, other, path)
    elif isinstance(theirs, str) and isinstance(ours, str):
        if not _fits(theirs, ours):
            yield path
    elif theirs != ours:
        yield path


def _is_another_state(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    return "actions" in theirs and "actions" in ours and theirs.get("name") != ours.get("name")


def _is_another_entry(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Of the audit log, where each type has details of its own."""
    return "meta_source_ip" in theirs and "meta_source_ip" in ours and theirs.get("type") != ours.get("type")


def _fits(recorded: str, own: str) -> bool:
    if recorded == own:
        return True
    parts = re.split(r"<([a-z0-9_.]+)>", recorded)
    pattern = "".join(_VALUES.get(part, r"[^\s;&]+") if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.fullmatch(pattern, own, re.DOTALL) is not None
