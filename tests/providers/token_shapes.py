"""What a token endpoint may answer, honest or broken, and what that is to us.

Shapes follow Microsoft's documented error object and what its endpoints were seen to send when throttled or down: bare
text, pages, JSON with members of other types. `generic`: our code where a provider's numbers mean nothing.
"""

import json
from dataclasses import dataclass
from typing import Any

from tests.providers.parties import Fault

WAIT = "temporarily_unavailable"
NONSENSE = "invalid_response"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One answer, and our code for it."""

    name: str
    fault: Fault
    code: str
    generic: str | None = None


def _error(error: Any, number: int | None = None, **members: Any) -> bytes:
    """Microsoft's error object, some members replaced; `...` leaves one out."""
    text = f"AADSTS{number}: Something." if number else "Something."
    whole = {
        "error": error,
        "error_description": f"{text}\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 2026-11-25 08:00:00Z",
        "error_codes": [number] if number else [],
        "timestamp": "2026-11-25 08:00:00Z",
        "trace_id": "5eed0000-0000-4000-8000-00000000000a",
        "correlation_id": "5eed0000-0000-4000-8000-00000000000b",
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    } | members
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def _shape(name: str, code: str, body: bytes, status: int = 400, *, generic: str | None = None, **fault: Any) -> Shape:
    return Shape(name=name, code=code, generic=generic, fault=Fault(status=status, body=body, **fault))


DOCUMENTED = (
    _shape("invalid_client", "provider_misconfigured", _error("invalid_client", 7000215), 401),
    _shape("invalid_grant", "already_used", _error("invalid_grant", 54005), generic=NONSENSE),
    _shape("invalid_grant, malformed", NONSENSE, _error("invalid_grant", 9002313)),
    _shape("invalid_request", "server_error", _error("invalid_request", 900144), generic=NONSENSE),
    _shape("unauthorized_client", "provider_misconfigured", _error("unauthorized_client", 700016)),
    _shape("invalid_scope", "provider_misconfigured", _error("invalid_scope", 70011)),
    _shape("interaction_required", "interaction_required", _error("interaction_required", 50076,
        suberror="basic_action", claims='{"access_token":{"capolids":{"essential":true}}}')),
    _shape("temporarily_unavailable", WAIT, _error("temporarily_unavailable", 90033), 503),
    _shape("temporarily_unavailable with 400", WAIT, _error("temporarily_unavailable", 90033)),
    *(_shape(f"suberror {suberror}", "consent_required", _error("consent_required", suberror=suberror))
      for suberror in ("consent_required", "bad_token", "token_expired", "basic_action", "message_only",
        "additional_action", "protection_policy_required", "client_mismatch", "device_authentication_failed")),
)  # fmt: skip

THROTTLED = (
    _shape("429 in text", WAIT, b"Too Many Requests", 429, content_type="text/plain", headers=(("Retry-After", "60"),)),
    _shape("429 as an error object", WAIT, _error("invalid_grant", 90055), 429),
    _shape("429 as a page", WAIT, b"<html>slow down</html>", 429, content_type="text/html"),
    _shape("429 and nothing", WAIT, b"", 429),
    *(_shape(f"429 Retry-After {wait!r}", WAIT, b"", 429, headers=(("Retry-After", wait),))
      for wait in ("0", "-1", "1.5", "soon", "999999999999", "Wed, 25 Nov 2026 08:00:00 GMT", "\u0661")),
)  # fmt: skip

DOWN = (
    *(_shape(f"{status} as a page", WAIT, b"<!DOCTYPE html><p>error</p>", status, content_type="text/html")
      for status in (400, 401, 403, 404, 500, 502, 503, 504)),
    *(_shape(f"{status} and nothing", WAIT, b"", status) for status in (204, 304, 400, 401, 404, 500, 503)),
    _shape("a page that says it is JSON", WAIT, b"  <html>", 400),
    _shape("a page with 200", WAIT, b"<html>", 200, content_type="application/xhtml+xml"),
    _shape("500 as an error object", WAIT, _error("invalid_grant", 54005), 500),
    _shape("400 in text", WAIT, b"Bad Request", content_type="text/plain"),
    _shape("404 with an object of its own", WAIT, b'{"message": "no route"}', 404),
    _shape("201 with tokens", WAIT, b'{"id_token": "a.b.c", "access_token": "x"}', 201),
    _shape("400 with a list", WAIT, b"[]"),
    _shape("400 with a name twice", WAIT, b'{"error": "invalid_grant", "error": "x"}'),
    _shape("400 with a byte order mark", WAIT, b"\xef\xbb\xbf" + _error("invalid_grant", 54005)),
    _shape("400 in UTF-16", WAIT, _error("invalid_grant", 54005).decode().encode("utf-16")),
    _shape("400 nested deep", WAIT, b'{"error": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
)  # fmt: skip

ANYTHING: tuple[Any, ...] = (..., None, 7, [], {"a": 1}, "x" * 20_000, "\r\nforged: line\x1b[31m")
OTHER_TYPES = (
    *(_shape(f"error is {value!r}", WAIT, _error(value))
      for value in (..., None, "", 7, True, [], ["x"], {}, {"a": 1})),
    _shape("a number that no program holds", WAIT, _error("invalid_grant", error_codes=[10**30])),
    *(_shape(f"error_codes is {value!r}", NONSENSE, _error("invalid_grant", error_codes=value))
      for value in (..., None, "54005", 54005, {}, {"0": 54005}, [None], [True], [1.5], [[54005]], [-54005], [0],
        [2**60], list(range(1, 1000)))),
    _shape("error_codes in text", "already_used", _error("invalid_grant", error_codes=["54005"]), generic=NONSENSE),
    _shape("the known one among several", "already_used", _error("invalid_grant", error_codes=[1, 54005]),
        generic=NONSENSE),
    _shape("no codes, but a number in the text", "already_used", _error("invalid_grant", 54005, error_codes=...),
        generic=NONSENSE),
    *(_shape(f"{name} is {value!r}", NONSENSE, _error("invalid_grant", **{name: value}))
      for name in ("error_description", "suberror", "claims", "trace_id", "correlation_id", "timestamp", "error_uri")
      for value in ANYTHING),
    _shape("error with 200", "consent_required", _error("consent_required"), 200),
    _shape("error without anything else", NONSENSE, b'{"error": "invalid_grant"}'),
    _shape("error that nobody knows", NONSENSE, _error("brand_new")),
    _shape("error of many kilobytes", NONSENSE, _error("x" * 90_000)),
    _shape("error object in another media type", NONSENSE, _error("invalid_grant"), content_type="text/plain"),
)  # fmt: skip

SHAPES = (*DOCUMENTED, *THROTTLED, *DOWN, *OTHER_TYPES)
