"""JSON from strangers: one object, nothing ambiguous, nothing that costs more than it is worth (RFC 8259).

Two parsers that disagree about a document are an attack (RFC 7515 section 10.12): a repeated member name, a NaN, a
lone surrogate or a number beyond what others can hold is therefore an error here, not a matter of taste.
"""

import json
import re
from typing import Any, NoReturn

_MAX_INTEGER_CHARACTERS = 20
_MAX_FLOAT_CHARACTERS = 40
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonInvalid(ValueError):
    """The document is not the JSON object that we take. The text names the reason, never the content."""


def parse_object(unverified_data: bytes | str, *, max_bytes: int, max_depth: int = 16) -> dict[str, Any]:
    """Read one JSON object of at most `max_bytes` (as UTF-8), nested at most `max_depth` deep (the object counts).

    Raises `JsonInvalid`, and nothing else, whatever the bytes are.
    """
    text = _text(unverified_data, max_bytes)
    try:
        document = _DECODER.decode(text)
    except JsonInvalid:
        raise
    except RecursionError:
        raise JsonInvalid("nested too deep") from None
    except ValueError:
        # Python's error holds the whole document: it must not travel on as the cause.
        raise JsonInvalid("not JSON") from None
    if not isinstance(document, dict):
        raise JsonInvalid("not a JSON object")
    # Fewer brackets than levels cannot be too deep: the usual document is never walked.
    if text.count("{") + text.count("[") > max_depth:
        _check_depth(document, max_depth)
    if _SURROGATE_ESCAPE.search(text):
        _check_unicode(document)
    return document


def _text(unverified_data: bytes | str, max_bytes: int) -> str:
    if len(unverified_data) > max_bytes:
        raise JsonInvalid("too large")
    try:
        if isinstance(unverified_data, bytes):
            return unverified_data.decode("utf-8")
        if len(unverified_data.encode("utf-8")) > max_bytes:
            raise JsonInvalid("too large")
    except UnicodeError:
        raise JsonInvalid("not UTF-8") from None
    return unverified_data


def _check_depth(document: dict[str, Any], max_depth: int) -> None:
    level: list[Any] = [document]
    for _ in range(max_depth):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
        if not level:
            return
    raise JsonInvalid("nested too deep")


def _children(node: dict[str, Any] | list[Any]) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node


def _check_unicode(document: dict[str, Any]) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise JsonInvalid("a lone surrogate") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonInvalid("a repeated member name")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_INTEGER_CHARACTERS:
        raise JsonInvalid("a number out of range")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if len(digits) > _MAX_FLOAT_CHARACTERS or value in (float("inf"), float("-inf")):
        raise JsonInvalid("a number out of range")
    return value


def _constant(_name: str) -> NoReturn:
    raise JsonInvalid("a number that JSON does not have")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
