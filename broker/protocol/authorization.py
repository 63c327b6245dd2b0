"""The authorization request that the browser carries to a provider, and the response it brings back.

OpenID Connect Core 3.1.2, RFC 6749 section 4.1, RFC 7636, RFC 9207. The response comes through somebody's browser: it
is unverified, whoever sent it. What must fit what (state, issuer, browser) is decided in `signin/checks`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode

from broker.errors import ResponseInvalid, UpstreamUnavailable
from broker.protocol.excerpt import excerpt
from broker.protocol.pkce import METHOD

MAX_CODE_CHARACTERS = 8_192
MAX_STATE_CHARACTERS = 512
MAX_ISSUER_CHARACTERS = 2_048
MAX_ERROR_CHARACTERS = 1_024

_KNOWN = frozenset(
    {
        "state", "code", "error", "error_description", "error_subcode", "error_uri", "iss", "session_state",
        "client_info", "admin_consent",
    }
)  # fmt: skip
_OURS = frozenset({
    "client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "response_mode",
})  # fmt: skip
_VISIBLE_ASCII = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, kw_only=True)
class UnverifiedAuthorizationError:
    """An error that came back through the browser: for choosing ours and for the log, never for a page.

    Each text is cut to 1,024 characters with control characters escaped. Only `error` is sure to be there: somebody
    who presses cancel at Microsoft brings no description.
    """

    error: str
    description: str | None = None
    subcode: str | None = None
    uri: str | None = None


@dataclass(frozen=True, kw_only=True)
class UnverifiedAuthorizationResponse:
    """What a callback was called with. Never both `code` and `error`; possibly neither.

    `fault` says what keeps the answer from being read; then nothing but its state is there. `admin_consent`: somebody
    says that an administrator approved us; it proves no directory, whatever else came along.
    """

    state: str | None = None
    code: str | None = None
    error: UnverifiedAuthorizationError | None = None
    issuer: str | None = None
    fault: str | None = None
    admin_consent: bool = False

    def __repr__(self) -> str:
        # A code is good for a session until it is redeemed.
        brought = [name for name in ("state", "code", "error", "issuer") if getattr(self, name) is not None]
        return f"UnverifiedAuthorizationResponse({', '.join(brought)})"


def authorization_url(
    endpoint: str,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    state: str,
    nonce: str,
    code_challenge: str,
    response_mode: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> str:
    """Where the browser is sent: response type `code`, PKCE S256, state and nonce, always.

    A query that the endpoint already has is kept (RFC 6749 section 3.1). Raises `ValueError` if `extra` names a
    parameter that is set here, `UpstreamUnavailable` if the endpoint's own query does.
    """
    # Even where we left it out, nobody else chooses how the answer travels.
    taken = _OURS.intersection(extra or ())
    if taken:
        raise ValueError(f"{min(taken)} is not for the caller to set")
    fresh = {"state": state, "nonce": nonce, "code_challenge": code_challenge, **(extra or {})}
    query = f"{_constant(client_id, redirect_uri, ' '.join(scopes), response_mode)}&{_encoded(fresh)}"
    base, question_mark, own_query = endpoint.partition("?")
    if not question_mark:
        return f"{base}?{query}"
    sent = (_OURS | fresh.keys()) - ({"response_mode"} if response_mode is None else set())
    if any(name in sent for name, _ in parse_qsl(own_query, keep_blank_values=True)):
        raise UpstreamUnavailable("the authorization endpoint's own query repeats a parameter of ours")
    return f"{base}?{own_query}{'&' if own_query else ''}{query}"


@lru_cache(maxsize=64)
def _constant(client_id: str, redirect_uri: str, scope: str, response_mode: str | None) -> str:
    """The part that is the same in every request of one registration."""
    parameters = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": scope,
        "code_challenge_method": METHOD,
    }
    return _encoded(parameters if response_mode is None else parameters | {"response_mode": response_mode})


def _encoded(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters, quote_via=quote)


def read_response(unverified_pairs: Sequence[tuple[str, str]]) -> UnverifiedAuthorizationResponse:
    """Read the parameters of a callback, from its query or its form.

    A repeated known parameter is a fault even where one of them is empty (RFC 6749 section 3.1), an empty one counts
    as absent, an unknown one is ignored. Raises `ResponseInvalid`, and nothing else, when the state cannot be read;
    any other fault is part of the answer, so that it can be told to whoever's sign-in the state proves it to be.
    """
    values: dict[str, str] = {}
    repeated: list[str] = []
    for name, value in unverified_pairs:
        if name in values:
            repeated.append(name)
        elif name in _KNOWN:
            values[name] = value
    if "state" in repeated:
        raise ResponseInvalid("state is repeated")
    state = _plain(values, "state", MAX_STATE_CHARACTERS)
    try:
        return _read_all(state, values, repeated)
    except ResponseInvalid as invalid:
        return UnverifiedAuthorizationResponse(state=state, fault=invalid.detail)


def _read_all(state: str | None, values: Mapping[str, str], repeated: Sequence[str]) -> UnverifiedAuthorizationResponse:
    if repeated:
        raise ResponseInvalid(f"{repeated[0]} is repeated")
    code, error = _plain(values, "code", MAX_CODE_CHARACTERS), _error(values)
    if code is not None and error is not None:
        raise ResponseInvalid("a code and an error at once")
    issuer = _plain(values, "iss", MAX_ISSUER_CHARACTERS)
    consent = code is None and error is None and values.get("admin_consent", "").lower() == "true"
    return UnverifiedAuthorizationResponse(state=state, code=code, error=error, issuer=issuer, admin_consent=consent)


def _plain(values: Mapping[str, str], name: str, limit: int) -> str | None:
    """A value that goes back to the provider or into a comparison: visible ASCII (RFC 6749 appendix A), as it came."""
    value = values.get(name)
    if not value:
        return None
    if len(value) > limit:
        raise ResponseInvalid(f"{name} is too long")
    if _VISIBLE_ASCII.fullmatch(value) is None:
        raise ResponseInvalid(f"{name} has characters that it cannot have")
    return value


def _error(values: Mapping[str, str]) -> UnverifiedAuthorizationError | None:
    error = _for_the_log(values, "error")
    if error is None:
        return None
    return UnverifiedAuthorizationError(
        error=error,
        description=_for_the_log(values, "error_description"),
        subcode=_for_the_log(values, "error_subcode"),
        uri=_for_the_log(values, "error_uri"),
    )


def _for_the_log(values: Mapping[str, str], name: str) -> str | None:
    value = values.get(name)
    return excerpt(value, MAX_ERROR_CHARACTERS) if value else None
