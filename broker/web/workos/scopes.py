"""`provider_scopes` and `provider_query_params` as WorkOS' SDKs really send them: five spellings between them.

Python sends a comma list, or the text of one of its own lists or dicts; Node repeats the parameter, or writes brackets.
Nothing is evaluated: a literal is parsed, and anything but strings in it is refused.
"""

import ast
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.errors import InvalidRequest
from broker.web.parse import PROMPTS

MOST_CHARACTERS: Final = 2048
MOST_SCOPES: Final = 20
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")
_BRACKETS = re.compile(r"provider_query_params\[([A-Za-z_]{1,40})\]")


def provider_scopes(unverified_pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The scopes, in their order, each once. Raises `InvalidRequest`."""
    found: list[str] = []
    for name, value in unverified_pairs:
        if name in ("provider_scopes", "provider_scopes[]"):
            found += _scopes(value)
    scopes = tuple(dict.fromkeys(found))
    if len(scopes) > MOST_SCOPES or not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise InvalidRequest("provider_scopes is no list of scopes")
    return scopes


def provider_query_params(unverified_pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """What shall be added to the provider's URL, of which only `prompt` is; the names of our own are never taken.

    Raises `InvalidRequest` for what cannot be read.
    """
    found: dict[str, str] = {}
    for name, value in unverified_pairs:
        bracketed = _BRACKETS.fullmatch(name)
        if bracketed is not None:
            found[bracketed[1]] = value
        elif name == "provider_query_params" and value:
            found |= _literal(value, dict, "provider_query_params")
    prompt = found.get("prompt")
    return {"prompt": prompt} if prompt in PROMPTS else {}


def _scopes(text: str) -> list[str]:
    if text.startswith("["):
        parts: list[str] = _literal(text, list, "provider_scopes")
    else:
        parts = [text]
    return [scope for part in parts for scope in re.split(r"[,\s]+", part) if scope]


def _literal(text: str, kind: type, name: str) -> Any:
    """The list or dict of strings that a text spells, as JSON or as Python prints it."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidRequest(f"{name} is too long")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            with warnings.catch_warnings():
                # Of escapes that mean nothing, from Python 3.12 on: hundreds of lines for one request, past our log.
                warnings.simplefilter("ignore")
                value = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
            raise InvalidRequest(f"{name} cannot be read") from error
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    if not isinstance(value, kind) or not all(isinstance(each, str) for each in parts):
        raise InvalidRequest(f"{name} is no {'list' if kind is list else 'map'} of strings")
    return value
