"""Redeeming a code or a refresh token: the form that is sent, and what is answered (RFC 6749 sections 4.1.3, 5, 6).

How we prove who we are is added by `providers/credentials`; what an error means for the person is for the provider's
module. The answer is ours alone, but its text is the provider's: it is for the log.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.protocol.answers import refuse_no_answer
from broker.protocol.excerpt import excerpt
from broker.protocol.strict_json import JsonInvalid, parse_object

MAX_BYTES = 1_048_576
MAX_ERROR_CHARACTERS = 1_024
MAX_CLAIMS_CHARACTERS = 8_192
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_DIGITS = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, kw_only=True)
class TokenAnswer:
    """The tokens, unverified: an ID token goes to `id_token`, the others are opaque. `expires_in` is seconds."""

    id_token: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: int | None = None
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TokenEndpointError:
    """An error of the token endpoint, with Microsoft's additions. Texts are cut and escaped, for the log only.

    `claims` is a challenge to be sent back to the authorization endpoint, as it came.
    """

    error: str
    description: str | None = None
    codes: tuple[int, ...] = ()
    suberror: str | None = None
    claims: str | None = field(default=None, repr=False)
    trace_id: str | None = None
    correlation_id: str | None = None


def code_form(*, code: str, redirect_uri: str, code_verifier: str, client_id: str) -> dict[str, str]:
    """The form that redeems a code; `redirect_uri` must be the one of the authorization request."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": code_verifier,
        "client_id": client_id,
    }


def refresh_form(*, refresh_token: str, scopes: Sequence[str], client_id: str) -> dict[str, str]:
    """The form that asks for fresh tokens (RFC 6749 section 6); `scopes` are no more than was granted."""
    return {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "scope": " ".join(scopes),
        "client_id": client_id,
    }


def read_answer(*, status: int, content_type: str, unverified_body: bytes) -> TokenAnswer | TokenEndpointError:
    """What the token endpoint said.

    Raises `UpstreamUnavailable` where it said nothing of the kind (throttled, down, a page, an error without a name),
    `TokenInvalid` with check `token_answer` where it claims success and brings no usable ID token.
    """
    refuse_no_answer("token endpoint", status=status, content_type=content_type, unverified_body=unverified_body)
    try:
        members = parse_object(unverified_body, max_bytes=MAX_BYTES)
    except JsonInvalid as error:
        if status == 200:
            raise TokenInvalid("token_answer", str(error)) from None
        raise UpstreamUnavailable(f"token endpoint: status {status}, {error}") from None
    # Some providers report an error with 200.
    if members.get("error") not in (None, ""):
        return _error(members, status)
    if status != 200:
        raise UpstreamUnavailable(f"token endpoint: status {status} without an error")
    return _answer(members)


def _answer(members: Mapping[str, Any]) -> TokenAnswer:
    token_type = members.get("token_type", "Bearer")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise TokenInvalid("token_answer", "token_type is not Bearer")
    id_token = _token(members, "id_token")
    if id_token is None:
        raise TokenInvalid("token_answer", "no ID token")
    scope = members.get("scope")
    return TokenAnswer(
        id_token=id_token,
        access_token=_token(members, "access_token"),
        refresh_token=_token(members, "refresh_token"),
        expires_in=_number(members.get("expires_in")),
        scope=tuple(scope.split()) if isinstance(scope, str) else (),
    )


def _token(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    # It will stand in a header: a line feed in it would write headers of its own.
    if not isinstance(value, str) or _VISIBLE_ASCII.fullmatch(value) is None:
        raise TokenInvalid("token_answer", f"{name} is malformed")
    return value


def _error(members: Mapping[str, Any], status: int) -> TokenEndpointError:
    error = _text(members, "error")
    if error is None:
        raise UpstreamUnavailable(f"token endpoint: status {status}, an error without a name")
    codes = members.get("error_codes")
    claims = members.get("claims")
    numbers = (_number(code) for code in (codes[:16] if isinstance(codes, list) else []))
    return TokenEndpointError(
        error=error,
        description=_text(members, "error_description"),
        codes=tuple(number for number in numbers if number is not None),
        suberror=_text(members, "suberror"),
        claims=claims if isinstance(claims, str) and 0 < len(claims) <= MAX_CLAIMS_CHARACTERS else None,
        trace_id=_text(members, "trace_id"),
        correlation_id=_text(members, "correlation_id"),
    )


def _text(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    return excerpt(value, MAX_ERROR_CHARACTERS) if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    """A whole number that may have come as a string: old endpoints write `"3599"`."""
    if isinstance(value, str) and _DIGITS.fullmatch(value) is not None:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
