"""What was written, before anybody judged it: values in their places.

A tree holds scalars, lists and mappings as they stand in the file, the environment or in code, and each knows where
it came from. `text` scalars come from variables and are read by the type of their key, never as YAML.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
"""Where in the configuration: keys, and indices of lists."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is written; `file` may also name an environment variable or a command."""

    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """One value; with `text`, characters that still have to be read by their key's type."""

    value: object
    place: Place
    text: bool = False


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list."""

    nodes: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A mapping."""

    entries: dict[str, "Node"] = field(default_factory=dict)
    place: Place


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Something already refused, kept so that nobody takes it for missing."""

    place: Place


Node = Scalar | Items | Branch | Broken


def dotted(path: Path) -> str:
    """`third_party.allowed_redirect_urls[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def undotted(key: str) -> Path:
    """The path of a dotted key."""
    parts = re.findall(r"\[([0-9]+)\]|([^.\[\]]+)", key)
    return tuple(int(index) if index else name for index, name in parts)


def is_given(node: Node | None) -> bool:
    """Whether a value stands there that is neither null nor an empty list."""
    if isinstance(node, Items):
        return bool(node.nodes)
    return node is not None and not (isinstance(node, Scalar) and node.value in (None, ""))


def from_python(value: Any, place: Place) -> Node:
    """The tree of plain data, all of it in one place."""
    if isinstance(value, Mapping):
        return Branch(entries={str(key): from_python(item, place) for key, item in value.items()}, place=place)
    if isinstance(value, list | tuple):
        return Items(nodes=tuple(from_python(item, place) for item in value), place=place)
    return Scalar(value=value, place=place)


def find(branch: Branch, path: Path) -> Node | None:
    """What stands at a path of keys."""
    node: Node | None = branch
    for part in path:
        node = node.entries.get(str(part)) if isinstance(node, Branch) else None
    return node


def placed(branch: Branch, path: Path, node: Node) -> Branch:
    """The tree with this node at this path of keys, whatever stood there."""
    key, rest = str(path[0]), path[1:]
    if rest:
        below = branch.entries.get(key)
        inner = below if isinstance(below, Branch) else Branch(place=node.place)
        node = placed(inner, rest, node)
    return Branch(entries={**branch.entries, key: node}, place=branch.place)


def merged(below: Node | None, above: Node) -> Node:
    """Two mappings become one, key by key, and `above` wins; anything else is replaced."""
    if not isinstance(below, Branch) or not isinstance(above, Branch):
        return above
    entries = dict(below.entries)
    for key, node in above.entries.items():
        entries[key] = merged(entries.get(key), node)
    return Branch(entries=entries, place=below.place)
