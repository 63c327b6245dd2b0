"""A tree → plain data for pydantic, by the shape of the sections: unknown keys are named, text becomes values."""

import difflib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from broker.config.shape import Block, Leaf, Many, Shape
from broker.config.tree import Branch, Broken, Items, Node, Path, Place, Scalar, dotted
from broker.errors import ConfigMistake

_OTHER_WORDS: Final = {"allow_linking": "linking", "client_secret": "secret", "redirect_uri": "redirect_url"}
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_ABSENT: Final = object()


@dataclass(kw_only=True)
class Reading:
    """`plain` is what pydantic gets, `places` where each key stands, `broken` what was refused already."""

    plain: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)
    mistakes: list[ConfigMistake] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Where a key stands, or the nearest block around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return Place()

    def mistake(self, path: Path, message: str, hint: str = "") -> None:
        """Refuse what stands at a path."""
        place = self.place(path)
        self.broken.add(path)
        self.mistakes.append(
            ConfigMistake(file=place.file, line=place.line, key=dotted(path), message=message, hint=hint)
        )


def read(tree: Branch, shape: Block) -> Reading:
    """Everything that the tree says about keys that there are."""
    reading = Reading()
    reading.places[()] = tree.place
    reading.plain = _block(tree, shape, (), reading)
    return reading


def _value(node: Node, shape: Shape, path: Path, reading: Reading) -> Any:
    reading.places[path] = node.place
    if isinstance(node, Broken):
        reading.broken.add(path)
        return _ABSENT
    if isinstance(shape, Leaf):
        return _leaf(node, shape, path, reading)
    if isinstance(node, Scalar) and node.value in (None, ""):
        return _ABSENT  # a block whose every line is commented out
    if isinstance(shape, Many):
        return _many(node, shape, path, reading)
    if not isinstance(node, Branch):
        reading.mistake(path, "must be a block of keys")
        return _ABSENT
    if isinstance(shape, Block):
        return _block(node, shape, path, reading)
    return {key: _block_or_refuse(item, shape.item, (*path, key), reading) for key, item in node.entries.items()}


def _many(node: Node, shape: Many, path: Path, reading: Reading) -> Any:
    if not isinstance(node, Items):
        reading.mistake(path, "must be a list")
        return _ABSENT
    return [_block_or_refuse(item, shape.item, (*path, i), reading) for i, item in enumerate(node.nodes)]


def _block_or_refuse(node: Node, block: Block, path: Path, reading: Reading) -> Any:
    value = _value(node, block, path, reading)
    return {} if value is _ABSENT else value


def _block(branch: Branch, block: Block, path: Path, reading: Reading) -> dict[str, Any]:
    """The keys of a block. Blocks that are absent are filled in: pydantic's defaults would be built one by one."""
    plain: dict[str, Any] = {}
    for key, node in branch.entries.items():
        here = (*path, key)
        shape = block.keys.get(key)
        if shape is None:
            reading.places[here] = node.place
            meant = _meant(key, block)
            reading.mistake(here, "is no key", _suggestion(meant, path, block))
            if meant is not None and meant not in branch.entries:
                reading.broken.add((*path, meant))  # its default counts for nothing: nobody asked for it
            continue
        value = _value(node, shape, here, reading)
        if value is not _ABSENT:
            plain[key] = value
    for key, shape in block.keys.items():
        if isinstance(shape, Block) and key not in plain:
            plain[key] = _block(Branch(place=branch.place), shape, (*path, key), reading)
    return plain


def _meant(key: str, block: Block) -> str | None:
    other = _OTHER_WORDS.get(key)
    if other in block.keys:
        return other
    close = difflib.get_close_matches(key.lower(), list(block.keys), n=1, cutoff=0.6)
    return close[0] if close else None


def _suggestion(meant: str | None, path: Path, block: Block) -> str:
    if meant is not None:
        return f"did you mean {dotted((*path, meant))}?"
    return "known here: " + ", ".join(block.keys)


def _leaf(node: Node, leaf: Leaf, path: Path, reading: Reading) -> Any:
    if isinstance(node, Scalar):
        return _text(str(node.value), leaf) if node.text else node.value
    return _plain(node, path, reading)


def _plain(node: Node, path: Path, reading: Reading) -> Any:
    """A list or map inside one key."""
    reading.places[path] = node.place
    if isinstance(node, Branch):
        return {key: _plain(item, (*path, key), reading) for key, item in node.entries.items()}
    if isinstance(node, Items):
        return [_plain(item, (*path, index), reading) for index, item in enumerate(node.nodes)]
    if isinstance(node, Broken):
        reading.broken.add(path)
        return None  # its place in a list is kept, so that later ones are counted right
    return node.value


def _text(text: str, leaf: Leaf) -> object:
    """A text from a variable, by the type of its key. What does not fit stays text, and is refused as that."""
    if leaf.nullable and text == "":
        return None
    if leaf.kind == "switch" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if leaf.kind == "number" and _INTEGER.fullmatch(text):
        return int(text)
    return text
