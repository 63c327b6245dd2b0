"""The request's `claims` (OpenID Connect Core section 5.5), as far as Microsoft uses it: to ask for a stronger sign-in.

{"id_token": {"acrs": {"essential": true, "value": "c1"}}}        an authentication context
{"access_token": {"capolids": {"essential": true, "values": […]}}} what a refused refresh says has to be satisfied
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

_STRONGER = ("acrs", "capolids")


@dataclass(frozen=True, kw_only=True)
class ClaimsRequest:
    """What was asked for: contexts for the ID token, and whether a second factor is needed."""

    acrs: tuple[str, ...] = ()
    strong: bool = False


def read_claims_parameter(text: str | None) -> ClaimsRequest:
    """The request in this JSON. Raises ValueError if it is not an object of objects."""
    if text is None:
        return ClaimsRequest()
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(content, dict) or not all(isinstance(part, dict) for part in content.values()):
        raise ValueError("not an object of objects")
    parts = [content.get(name, {}) for name in ("id_token", "access_token")]
    return ClaimsRequest(
        acrs=_values(parts[0].get("acrs")), strong=any(name in part for part in parts for name in _STRONGER)
    )


def challenge() -> str:
    """The `claims` of an error that a second factor would mend."""
    wanted = {"essential": True, "values": ["0e50f1e5-0000-4000-8000-00000000000a"]}
    return json.dumps({"access_token": {"capolids": wanted}}, separators=(",", ":"))


def _values(wanted: object) -> tuple[str, ...]:
    if not isinstance(wanted, Mapping):
        return ()
    values = wanted.get("values", [wanted.get("value")])
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
