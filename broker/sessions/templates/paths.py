"""Paths into metadata, in the syntax of GJSON as far as templates need it: members by dots, `\\.` for a dot in a name,
numbers for places in a list, `#` for how many or, with more behind it, for each, and `*` and `?` within a name.
"""

import re
from fnmatch import translate
from typing import Any

from broker.sessions.templates.words import TemplateInvalid

MOST_PARTS = 20
_PARTS = re.compile(r"((?:[^.\\]|\\.)+)(?:\.|$)")
_REFUSED = re.compile(r"(?<!\\)[|@!{}\[\]()=~<>%\"]")


def parts_of(path: str) -> tuple[str, ...]:
    """The parts of a path, still escaped. Raises `TemplateInvalid` for what is not understood here."""
    found = tuple(match.group(1) for match in _PARTS.finditer(path))
    if not found or ".".join(found) != path or len(found) > MOST_PARTS:
        raise TemplateInvalid(f"{path!r} is no path")
    if _REFUSED.search(path):
        raise TemplateInvalid(f"{path!r} holds more than members, places, #, * and ?")
    return found


def get(content: Any, path: str) -> Any:
    """What stands there; `None` where there is nothing. Raises `TemplateInvalid`."""
    return _get(content, parts_of(path))


def _get(content: Any, parts: tuple[str, ...]) -> Any:
    for position, part in enumerate(parts):
        if isinstance(content, list):
            if part == "#":
                rest = parts[position + 1 :]
                if not rest:
                    return len(content)
                found = [_get(each, rest) for each in content]
                return [each for each in found if each is not None]
            content = content[int(part)] if part.isdecimal() and int(part) < len(content) else None
        elif isinstance(content, dict):
            content = _member(content, part)
        else:
            return None
    return content


def _member(content: dict[str, Any], part: str) -> Any:
    if re.search(r"(?<!\\)[*?]", part):
        pattern = re.compile(translate(re.sub(r"\\(.)", r"[\1]", part)))
        return next((value for name, value in content.items() if pattern.match(name)), None)
    return content.get(re.sub(r"\\(.)", r"\1", part))
