"""YAML text → a tree with line numbers; the one door to ruamel.yaml.

Only YAML's events are used, never its object construction: scalars are resolved here, by the core schema of YAML 1.2
(so `off` is text and `012` no octal). Anchors, aliases, tags, repeated keys and further documents are refused, which
also leaves nothing to expand: a file can be no bomb.
"""

import re
from collections.abc import Iterator
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from broker.config.tree import Branch, Broken, Items, Node, Path, Place, Scalar, dotted
from broker.errors import ConfigMistake

MAXIMUM_BYTES: Final = 256 * 1024
MAXIMUM_DEPTH: Final = 16
_STAR: Final = "put quotes around it: an unquoted * begins a YAML alias"
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTANTS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Stop(Exception):
    """Nothing behind this point can be read."""

    def __init__(self, mistake: ConfigMistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def read_tree(data: bytes, *, file: str) -> tuple[Branch, list[ConfigMistake]]:
    """The tree of a file, and what is wrong with it as YAML. After an error of syntax the tree is empty."""
    reader = _Reader(file)
    try:
        return reader.read(_decoded(data, file)), reader.mistakes
    except _Stop as stop:
        mistakes = [*reader.mistakes, stop.mistake]
    except MarkedYAMLError as error:
        mistakes = [*reader.mistakes, _syntax_mistake(error, file)]
    except (YAMLError, ValueError, RecursionError) as error:
        mistakes = [*reader.mistakes, ConfigMistake(file=file, message="is no YAML", hint=str(error).split("\n")[0])]
    return Branch(place=Place(file=file, line=1)), mistakes


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAXIMUM_BYTES:
        raise _Stop(ConfigMistake(file=file, message=f"is larger than {MAXIMUM_BYTES // 1024} KiB"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Stop(ConfigMistake(file=file, line=line, message="is not UTF-8 text")) from error


def _syntax_mistake(error: MarkedYAMLError, file: str) -> ConfigMistake:
    mark = error.problem_mark or error.context_mark
    hint = ""
    if "alias" in (error.context or ""):
        hint = _STAR
    elif "\\t" in (error.problem or ""):
        hint = "indent with spaces, not with tabs"
    elif "mapping values are not allowed" in (error.problem or ""):
        hint = 'wrong indentation, or a value with ": " in it that needs quotes'
    line = mark.line + 1 if mark is not None else None
    return ConfigMistake(file=file, line=line, message=f"is no YAML: {error.problem or error.context}", hint=hint)


class _Reader:
    def __init__(self, file: str) -> None:
        self.mistakes: list[ConfigMistake] = []
        self._file = file
        self._events: Iterator[Event] = iter(())

    def read(self, text: str) -> Branch:
        self._events = YAML(typ="safe", pure=True).parse(text)
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self._complain(event, (), "begins a second document", "only one is read: remove the line ---")
                    break
                root = self._node(next(self._events), ())
            elif isinstance(event, StreamEndEvent):
                break
        empty = Branch(place=Place(file=self._file, line=1))
        if isinstance(root, Branch):
            return root
        if root is not None and not (isinstance(root, Scalar) and root.value is None):
            self.mistakes.append(ConfigMistake(file=self._file, line=1, message="must be a mapping of keys to values"))
        return empty

    def _node(self, event: Event, path: Path) -> Node:
        if len(path) > MAXIMUM_DEPTH:
            raise _Stop(self._mistake(event, path[:3], "is nested too deep"))
        if isinstance(event, AliasEvent):
            self._complain(event, path, "is an alias, and aliases are refused", _STAR)
            return Broken(place=self._place(event))
        self._refuse_marks(event, path)
        if isinstance(event, SequenceStartEvent):
            return Items(nodes=tuple(self._items(path)), place=self._place(event))
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, path)
        if not isinstance(event, ScalarEvent):
            raise _Stop(self._mistake(event, path, "is no YAML"))
        if _SURROGATE.search(event.value):
            self._complain(event, path, "is not UTF-8 text")
            return Broken(place=self._place(event))
        plain = event.implicit[0]
        return Scalar(value=resolved(event.value) if plain else event.value, place=self._place(event))

    def _refuse_marks(self, event: Event, path: Path) -> None:
        if getattr(event, "anchor", None) is not None:
            self._complain(event, path, "has an anchor, and anchors are refused", "put quotes around a value with &")
        tag = getattr(event, "ctag", None)
        if tag is not None and str(tag) not in ("", "None"):
            self._complain(event, path, "has a tag, and tags are refused", "put quotes around a value with !")

    def _items(self, path: Path) -> Iterator[Node]:
        index = 0
        while not isinstance(event := next(self._events), SequenceEndEvent):
            yield self._node(event, (*path, index))
            index += 1

    def _mapping(self, start: Event, path: Path) -> Branch:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, path)
            node = self._node(next(self._events), (*path, key or "?"))
            if key is None:
                continue
            line = event.start_mark.line + 1
            if key in lines:
                self._complain(event, (*path, key), "is given twice", f"first in line {lines[key]}")
                continue
            lines[key] = line
            entries[key] = _on_line(node, Place(file=self._file, line=line))
        return Branch(entries=entries, place=self._place(start))

    def _key(self, event: Event, path: Path) -> str | None:
        if isinstance(event, ScalarEvent) and not _SURROGATE.search(event.value):
            self._refuse_marks(event, path)
            return str(event.value)
        self._complain(event, path, "has a key that is no text")
        if not isinstance(event, AliasEvent | ScalarEvent):
            self._node(event, (*path, "?"))
        return None

    def _place(self, event: Event) -> Place:
        return Place(file=self._file, line=event.start_mark.line + 1)

    def _mistake(self, event: Event, path: Path, message: str, hint: str = "") -> ConfigMistake:
        line = event.start_mark.line + 1
        return ConfigMistake(file=self._file, line=line, key=dotted(path), message=message, hint=hint)

    def _complain(self, event: Event, path: Path, message: str, hint: str = "") -> None:
        self.mistakes.append(self._mistake(event, path, message, hint))


def _on_line(node: Node, place: Place) -> Node:
    """A mapping or list in a key is where the key is, not where its first entry is."""
    if isinstance(node, Branch):
        return Branch(entries=node.entries, place=place)
    if isinstance(node, Items):
        return Items(nodes=node.nodes, place=place)
    return node


def resolved(text: str) -> object:
    """A plain scalar by YAML 1.2's core schema, without octal, hexadecimal and infinities."""
    lowered = text.lower()
    if lowered in _CONSTANTS and text in (lowered, lowered.upper(), lowered.capitalize()):
        return _CONSTANTS[lowered]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
