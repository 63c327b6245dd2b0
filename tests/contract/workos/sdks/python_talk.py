"""What a script says to the harness, and how it tells what went wrong: one JSON object a line.

`{"walk": URL}` has the browser go there; what comes back on standard input is where it ended and what Microsoft was
asked. Any other line is how a call went.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import workos

GIVEN: dict[str, Any] = json.loads(sys.argv[1])
"""What running.py says of broker and applications."""


def say(**what: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def walk(url: str) -> dict[str, str]:
    """The query with which the browser comes back to the application; with `at`, where it is."""
    say(walk=url)
    at = json.loads(sys.stdin.readline())["at"]
    return {"at": at, **{key: values[0] for key, values in parse_qs(urlsplit(at).query).items()}}


def asked_at_microsoft(url: str) -> None:
    """Scopes, hints and parameters arrive there, however the SDK writes them down."""
    say(walk=url)
    asked = json.loads(sys.stdin.readline())["asked"]
    equal([one for one in asked["scope"].split() if "." in one], ["User.Read", "Mail.Read"])
    equal((asked["prompt"], asked["domain_hint"]), ("select_account", "consumers"))


@contextmanager
def row(number: int, *calls: str) -> Iterator[None]:
    """Whatever goes wrong inside is said of these calls."""
    problem = None
    try:
        yield
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"[:600]
    for call in calls:
        say(row=number, call=call, problem=problem)


def word(value: Any) -> str:
    """What was sent for a member of one of the SDK's enumerations."""
    return str(getattr(value, "value", value))


def equal(found: object, wanted: object) -> None:
    """Say both, where they differ."""
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def refused(call: Callable[[], object], kind: type[Exception], **fields: object) -> None:
    """The SDK raises its own class, with what the answer said, and names the request."""
    try:
        call()
    except workos.WorkOSError as error:
        equal(type(error).__name__, kind.__name__)
        equal({name: getattr(error, name) for name in fields}, fields)
        equal(str(getattr(error, "request_id", ""))[:4], "req_")
    else:
        raise AssertionError(f"not refused with {kind.__name__}")


def returned(tokens: Any) -> None:
    """Microsoft's own tokens, of an application that is given them."""
    equal((word(tokens.provider), bool(tokens.access_token)), ("MicrosoftOAuth", True))
    equal("User.Read" in tokens.scopes, True)
