"""From the text of a template to its words: text between actions, and what stands inside `{{ … }}`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from broker.errors import BrokerError

MOST_CHARACTERS = 4096


class TemplateInvalid(BrokerError):
    """A template that means nothing here; `detail` says what and where, and is told to the operator."""

    code = "configuration"


@dataclass(frozen=True)
class Word:
    """`kind` is `text`, `open`, `close`, or that of a word inside an action; `value` is what it stands for."""

    kind: str
    value: str
    position: int


_ACTION = re.compile(r"\{\{(-(?=\s))?")
_INSIDE = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>/\*.*?\*/)"
    r"|(?P<close>(?:(?<=\s)-)?\}\})"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)'
    r"|(?P<number>[+-]?[0-9]+(?:\.[0-9]+)?(?![\w.]))"
    r"|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<dot>\.)"
    r"|(?P<root>\$(?![A-Za-z0-9_]))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>[|()])",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def words(template: str) -> list[Word]:
    """All of them, trimmed where an action says so. Raises `TemplateInvalid`."""
    if len(template) > MOST_CHARACTERS:
        raise TemplateInvalid(f"is longer than {MOST_CHARACTERS} characters")
    return list(_words(template))


def _words(template: str) -> Iterator[Word]:
    position, trims = 0, False
    while position < len(template):
        begin = _ACTION.search(template, position)
        text = template[position : begin.start() if begin else len(template)]
        text = text.lstrip() if trims else text
        if begin is None:
            yield Word("text", text, position)
            return
        yield Word("text", text.rstrip() if begin.group(1) else text, position)
        yield Word("open", "{{", begin.start())
        position, trims = begin.end(), False
        while True:
            found = _INSIDE.match(template, position)
            if found is None:
                raise TemplateInvalid(
                    f"{template[position : position + 12]!r} means nothing at character {position + 1}"
                )
            word = _word(found)
            position = found.end()
            if word is not None:
                yield word
            if word is not None and word.kind == "close":
                trims = found.group().startswith("-")
                break


def _word(found: "re.Match[str]") -> Word | None:
    kind, value = str(found.lastgroup), found.group()
    if kind == "space":
        return None
    if kind == "string":
        value = value[1:-1] if value.startswith("`") else _unescaped(value[1:-1], found.start())
    return Word(kind, value.removeprefix(".") if kind == "field" else value, found.start())


def _unescaped(text: str, position: int) -> str:
    def one(found: "re.Match[str]") -> str:
        if found.group(1) not in _ESCAPES:
            raise TemplateInvalid(f"the escape {found.group()} means nothing at character {position + 1}")
        return _ESCAPES[found.group(1)]

    return re.sub(r"\\(.)", one, text, flags=re.DOTALL)
