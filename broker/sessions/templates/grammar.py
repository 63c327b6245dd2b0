"""From words to a tree: text, values, `if`, `with` and `range`, each with `else` and `end`."""

from dataclasses import dataclass
from typing import Any

from broker.sessions.templates.functions import FUNCTIONS
from broker.sessions.templates.words import TemplateInvalid, Word, words

MOST_DEPTH = 20
_BLOCKS = ("if", "with", "range")
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "nil": None}
_NOT_HERE = frozenset({"define", "template", "block", "break", "continue"})


@dataclass(frozen=True)
class Literal:
    """A value as it stands."""

    value: Any


@dataclass(frozen=True)
class Fields:
    """A value and members of it: `base` is `.`, `$` or a term; `names` may be empty."""

    base: "Term | str"
    names: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A term with arguments, or a function (`function` is its name)."""

    term: "Term | None"
    function: str | None
    arguments: tuple["Term", ...]


@dataclass(frozen=True)
class Pipeline:
    """Commands; the value of each is the last argument of the next."""

    commands: tuple[Command, ...]


Term = Literal | Fields | Pipeline


@dataclass(frozen=True)
class Text:
    """Goes out as it is."""

    text: str


@dataclass(frozen=True)
class Value:
    """Goes out as its value."""

    pipeline: Pipeline


@dataclass(frozen=True)
class Block:
    """`kind` is `if`, `with` or `range`."""

    kind: str
    pipeline: Pipeline
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]


Node = Text | Value | Block


def parse(template: str) -> tuple[Node, ...]:
    """The tree of a template. Raises `TemplateInvalid`."""
    reader = _Reader(words(template))
    nodes, ending = reader.nodes(0)
    if ending is not None:
        raise TemplateInvalid(f"{ending} without a beginning")
    return nodes


class _Reader:
    def __init__(self, found: list[Word]) -> None:
        self._words = found
        self._at = 0

    def nodes(self, depth: int) -> tuple[tuple[Node, ...], str | None]:
        """Up to the end, or to an `else` or `end` of the block around, which is answered."""
        if depth > MOST_DEPTH:
            raise TemplateInvalid("is nested too deeply")
        found: list[Node] = []
        while (word := self._peek()) is not None:
            self._at += 1
            if word.kind == "text":
                found += [Text(word.value)] if word.value else []
                continue
            ending = self._action(found, depth)
            if ending is not None:
                return tuple(found), ending
        return tuple(found), None

    def _action(self, found: list[Node], depth: int) -> str | None:
        word = self._need()
        if word.kind == "comment":
            self._at += 1
            self._expect("close")
            return None
        if word.kind == "name" and word.value in ("end", "else"):
            self._at += 1
            if word.value == "end":
                self._expect("close")
            return word.value
        if word.kind == "name" and word.value in _BLOCKS:
            self._at += 1
            found.append(self._block(word.value, depth))
            return None
        found.append(Value(self._pipeline(depth)))
        self._expect("close")
        return None

    def _block(self, kind: str, depth: int) -> Block:
        pipeline = self._pipeline(depth)
        self._expect("close")
        body, ending = self.nodes(depth + 1)
        otherwise: tuple[Node, ...] = ()
        if ending == "else":
            word = self._need()
            if word.kind == "name" and word.value in ("if", "with"):
                self._at += 1
                return Block(kind, pipeline, body, (self._block(word.value, depth + 1),))
            self._expect("close")
            otherwise, ending = self.nodes(depth + 1)
        if ending != "end":
            raise TemplateInvalid(f"{kind} without end")
        return Block(kind, pipeline, body, otherwise)

    def _pipeline(self, depth: int) -> Pipeline:
        if depth > MOST_DEPTH:
            raise TemplateInvalid("is nested too deeply")
        commands = [self._command(depth, is_first=True)]
        while (word := self._peek()) is not None and word.value == "|" and word.kind == "mark":
            self._at += 1
            commands.append(self._command(depth, is_first=False))
        return Pipeline(tuple(commands))

    def _command(self, depth: int, *, is_first: bool) -> Command:
        word = self._need()
        function = word.value if word.kind == "name" and word.value not in _CONSTANTS else None
        if function is not None:
            self._at += 1
            if function in _NOT_HERE or function not in FUNCTIONS:
                raise TemplateInvalid(f"there is no {function} at character {word.position + 1}")
            return Command(None, function, self._terms(depth))
        term = self._term(depth)
        arguments = self._terms(depth)
        if (arguments or not is_first) and not isinstance(term, Fields):
            raise TemplateInvalid(f"what stands at character {word.position + 1} takes no argument")
        return Command(term, None, arguments)

    def _terms(self, depth: int) -> tuple[Term, ...]:
        found: list[Term] = []
        while (word := self._peek()) is not None and word.kind != "close" and word.value not in ("|", ")"):
            found.append(self._term(depth))
        return tuple(found)

    def _term(self, depth: int) -> Term:
        word = self._need()
        self._at += 1
        match word.kind:
            case "string":
                return Literal(word.value)
            case "number":
                return Literal(float(word.value) if "." in word.value else int(word.value))
            case "name" if word.value in _CONSTANTS:
                return Literal(_CONSTANTS[word.value])
            case "field":
                return Fields(".", (word.value, *self._names()))
            case "dot" | "root":
                return Fields(word.value, self._names())
            case "mark" if word.value == "(":
                inner = self._pipeline(depth + 1)
                if (closing := self._need()).value != ")":
                    raise TemplateInvalid(f"a bracket is open at character {closing.position + 1}")
                self._at += 1
                names = self._names()
                return Fields(inner, names) if names else inner
        raise TemplateInvalid(f"{word.value!r} is out of place at character {word.position + 1}")

    def _names(self) -> tuple[str, ...]:
        """The members that follow without a space; a space begins an argument."""
        names: list[str] = []
        while (word := self._peek()) is not None and word.kind == "field" and self._touches(word):
            names.append(word.value)
            self._at += 1
        return tuple(names)

    def _touches(self, word: Word) -> bool:
        before = self._words[self._at - 1]
        length = len(before.value) + (before.kind == "field")
        return before.position + length == word.position

    def _peek(self) -> Word | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _need(self) -> Word:
        word = self._peek()
        if word is None:
            raise TemplateInvalid("ends within an action")
        return word

    def _expect(self, kind: str) -> None:
        word = self._need()
        if word.kind != kind:
            raise TemplateInvalid(f"{word.value!r} is out of place at character {word.position + 1}")
        self._at += 1
