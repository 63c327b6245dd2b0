"""What a template may call: the comparisons and the few others of Go's that make sense on a user's data."""

import html as html_module
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus


class Struct:
    """A value with members; `whole` is the JSON that it is printed as."""

    def __init__(self, members: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
        self.members = members
        self.whole = dict(whole)


class TemplateFails(Exception):
    """This template has no value for this user; the claim is left out."""


def is_true(value: Any) -> bool:
    """As Go: nothing, zero, and what is empty are false."""
    return bool(value)


def shown(value: Any) -> str:
    """As Go prints it; an object, which Go's users see as JSON here, as JSON."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Struct):
        value = value.whole
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if callable(value):
        raise TemplateFails("takes an argument")
    return str(value)


def _same_kind(left: Any, right: Any) -> None:
    if _kind(left) is not _kind(right):
        raise TemplateFails("compares values of different kinds")


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateFails("eq takes two values")
    for other in others:
        if other is not None and first is not None:
            _same_kind(first, other)
    return any(first == other for other in others)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    def judge(left: Any, right: Any) -> bool:
        _same_kind(left, right)
        if not isinstance(left, str | int | float) or isinstance(left, bool):
            raise TemplateFails("compares what has no order")
        return compare(left, right)

    return judge


def _and(first: Any, *others: Any) -> Any:
    for value in (first, *others):
        if not is_true(value):
            return value
    return others[-1] if others else first


def _or(first: Any, *others: Any) -> Any:
    for value in (first, *others):
        if is_true(value):
            return value
    return others[-1] if others else first


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, dict | list):
        return len(value)
    raise TemplateFails("has no length")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            raise TemplateFails("has no such index")
    return value


def _printf(form: Any, *values: Any) -> str:
    if not isinstance(form, str):
        raise TemplateFails("printf takes a format")
    parts, rest = form.replace("%%", "\0").split("%"), list(values)
    out = [parts[0]]
    for part in parts[1:]:
        if part[:1] not in ("s", "v", "d", "q", "t") or not rest:
            raise TemplateFails(f"printf cannot do %{part[:1]} here")
        value = rest.pop(0)
        out.append((json.dumps(shown(value), ensure_ascii=False) if part[0] == "q" else shown(value)) + part[1:])
    if rest:
        raise TemplateFails("printf has values left over")
    return "".join(out).replace("\0", "%")


def _print(*values: Any) -> str:
    """A space between two neighbours of which neither is a text."""
    out = ""
    for position, value in enumerate(values):
        before = values[position - 1] if position else ""
        out += (" " if position and not isinstance(before, str) and not isinstance(value, str) else "") + shown(value)
    return out


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "and": _and,
    "or": _or,
    "not": lambda value: not is_true(value),
    "eq": _eq,
    "ne": lambda left, right: not _eq(left, right),
    "lt": _ordered(lambda left, right: left < right),
    "le": _ordered(lambda left, right: left <= right),
    "gt": _ordered(lambda left, right: left > right),
    "ge": _ordered(lambda left, right: left >= right),
    "len": _length,
    "index": _index,
    "print": _print,
    "println": lambda *values: " ".join(shown(value) for value in values) + "\n",
    "printf": _printf,
    "html": lambda *values: html_module.escape(_print(*values)),
    "urlquery": lambda *values: quote_plus(_print(*values)),
}
