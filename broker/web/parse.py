"""From an HTTP request to an intent: strict about form, and the only place that reads parameters.

A repeated parameter is refused (two readers of one request must not see two things), an empty one counts as absent,
an unknown one is ignored and never passed on.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from broker.errors import InvalidRequest, NotFound, Rejected
from broker.models.signins import AuthorizationOptions
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.signin.start import StartSignIn

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MOST_PARAMETERS = 50
MOST_JSON_BYTES = 64 * 1024
PROMPTS = frozenset({"login", "select_account", "consent", "none"})
MOST_MAX_AGE = 86_400
_START = frozenset({
    "provider", "redirect_to", "error_redirect_to", "code_challenge", "code_challenge_method", "login_hint",
    "domain_hint", "prompt", "provider_scopes", "max_age", "ui_locales",
})  # fmt: skip
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LANGUAGES = re.compile(r"[A-Za-z0-9-]{1,35}( [A-Za-z0-9-]{1,35}){0,9}")
_DOMAIN_HINT = re.compile(r"[A-Za-z0-9.-]{1,253}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")


class UnsupportedMediaType(Rejected):
    """A body in a form that this endpoint does not read."""

    code = "unsupported_media_type"


def pairs(unverified_query: bytes) -> list[tuple[str, str]]:
    """The name and value pairs of a query or form body. Raises `InvalidRequest`."""
    try:
        return parse_qsl(
            unverified_query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except (ValueError, UnicodeError) as error:
        raise InvalidRequest("the parameters are not a well-formed query") from error


def single(unverified_pairs: Sequence[tuple[str, str]], known: frozenset[str]) -> dict[str, str]:
    """The known parameters that have a value. Raises `InvalidRequest` for a repeated one."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for name, value in unverified_pairs:
        if name not in known:
            continue
        if name in seen:
            raise InvalidRequest(f"{name} is given more than once")
        seen.add(name)
        if value:
            found[name] = value
    return found


def start_of(request: Request, surface: str) -> StartSignIn:
    """The intent of `GET /thirdparty/auth`. A fault of form is part of it, so that it is told in the right place."""
    fault: InvalidRequest | None = None
    given: Mapping[str, str] = {}
    options = AuthorizationOptions()
    try:
        unverified_pairs = pairs(request.scope["query_string"])
        given = _first_of_each(unverified_pairs)
        given = single(unverified_pairs, _START)
        options = authorization_options(given)
    except InvalidRequest as error:
        fault = error
    provider = given.get("provider")
    return StartSignIn(
        surface=surface,
        provider=None if provider is None else provider.lower(),
        unverified_redirect_to=given.get("redirect_to"),
        unverified_error_redirect_to=given.get("error_redirect_to"),
        code_challenge=given.get("code_challenge"),
        code_challenge_method=given.get("code_challenge_method"),
        options=options,
        fault=fault,
    )


async def json_object(request: Request) -> dict[str, object]:
    """The JSON object in the body. Raises `UnsupportedMediaType`, `InvalidRequest`."""
    if media_type(request) != JSON:
        raise UnsupportedMediaType("a body of application/json is expected")
    try:
        return parse_object(await request.body(), max_bytes=MOST_JSON_BYTES)
    except JsonInvalid as error:
        raise InvalidRequest(f"the body is not a JSON object: {error}") from error


async def form_pairs(request: Request) -> list[tuple[str, str]]:
    """The pairs of a form body. Raises `UnsupportedMediaType`, `InvalidRequest`."""
    if media_type(request) != FORM:
        raise UnsupportedMediaType(f"a body of {FORM} is expected")
    return pairs(await request.body())


def is_id(unverified: str) -> bool:
    """Whether it can be one of our ids."""
    return _ID.fullmatch(unverified) is not None


def path_id(request: Request, name: str) -> str:
    """An id in the path. Raises `NotFound` for what cannot be one of ours, and need not be looked for."""
    unverified: str = request.path_params[name]
    if not is_id(unverified):
        raise NotFound("there is nothing with this id")
    return unverified


def media_type(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def text_member(body: Mapping[str, object], name: str) -> str | None:
    """A member that is a non-empty string; `None` when absent. Raises `InvalidRequest` for another type."""
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} must be a string")
    return value


def _first_of_each(unverified_pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What can be said of a faulty request: where its errors go, if it names that once."""
    targets = [value for name, value in unverified_pairs if name == "error_redirect_to" and value]
    return {"error_redirect_to": targets[0]} if len(targets) == 1 else {}


def authorization_options(given: Mapping[str, str]) -> AuthorizationOptions:
    """What a request adds to the authorization request. Raises `InvalidRequest`."""
    prompt = given.get("prompt")
    if prompt is not None and prompt not in PROMPTS:
        raise InvalidRequest("prompt must be one of " + ", ".join(sorted(PROMPTS)))
    _require(given, "login_hint", _is_login_hint)
    _require(given, "domain_hint", _DOMAIN_HINT.fullmatch)
    _require(given, "ui_locales", _LANGUAGES.fullmatch)
    scopes = tuple(given.get("provider_scopes", "").split())
    if len(scopes) > 20 or not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise InvalidRequest("provider_scopes is not a list of scopes")
    return AuthorizationOptions(
        login_hint=given.get("login_hint"),
        domain_hint=given.get("domain_hint"),
        prompt=prompt,
        max_age=_max_age(given.get("max_age")),
        scopes=scopes,
    )


def _require(given: Mapping[str, str], name: str, accepts: object) -> None:
    value = given.get(name)
    if value is not None and callable(accepts) and not accepts(value):
        raise InvalidRequest(f"{name} is malformed")


def _is_login_hint(text: str) -> bool:
    return len(text) <= 320 and text.isprintable()


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= MOST_MAX_AGE):
        raise InvalidRequest(f"max_age must be a number of seconds up to {MOST_MAX_AGE}")
    return int(text)
