"""Keys from the environment: `BROKER_` and the path in upper case, joined with `__`.

Lists and maps are JSON, `_FILE` behind a name reads the value from a file. The environment wins over the file, only a
secret may not be given twice: nobody could say which of the two is meant.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from broker.config.sections.secret import Secret
from broker.config.sections.section import Unfit
from broker.config.shape import Block, Leaf, Many, Named, Shape
from broker.config.tree import Branch, Node, Path, Place, Scalar, dotted, find, from_python, is_given, merged, placed
from broker.errors import ConfigMistake

PREFIX = "BROKER_"
_MAXIMUM = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """The tree with the environment laid over it, what was wrong, and the files that were read for it."""

    tree: Branch
    mistakes: list[ConfigMistake] = field(default_factory=list)
    files: list[FilePath] = field(default_factory=list)


def laid_over(tree: Branch, *, shape: Block, environ: Mapping[str, str]) -> Overlay:
    """Lay the environment over what the file says. Nothing of a value is ever repeated in a mistake."""
    overlay = Overlay(tree=tree)
    seen: dict[Path, str] = {}
    names = sorted(name for name in environ if name.startswith(PREFIX) and "__" in name)
    for name in sorted(names, key=lambda name: name.count("__")):
        target = _target(name, shape)
        if target is None:
            overlay.mistakes.append(_unknown(name, shape))
            continue
        path, found, from_file = target
        if path in seen:
            overlay.mistakes.append(_mistake(name, path, f"is given twice: also as {seen[path]}"))
            continue
        seen[path] = name
        node = _node(name, environ[name], path, found, from_file=from_file, overlay=overlay)
        if node is not None:
            overlay = _set(overlay, name, path, found, node)
    return overlay


def _set(overlay: Overlay, name: str, path: Path, shape: Shape, node: Node) -> Overlay:
    below = find(overlay.tree, path)
    for at in _secrets_twice(below, node, shape, path):
        hint = "remove one: in doubt nobody knows which counts"
        overlay.mistakes.append(_mistake(name, at, "is a secret that the file gives too", hint=hint))
    tree = placed(overlay.tree, path, merged(below, node))
    return Overlay(tree=tree, mistakes=overlay.mistakes, files=overlay.files)


def _secrets_twice(below: Node | None, above: Node, shape: Shape, path: Path) -> Iterator[Path]:
    if isinstance(shape, Leaf):
        if shape.secret and is_given(below) and is_given(above):
            yield path
        return
    if isinstance(below, Branch) and isinstance(above, Branch):
        for key, node in above.entries.items():
            inner = shape.keys.get(key) if isinstance(shape, Block) else shape.item
            if inner is not None:
                yield from _secrets_twice(below.entries.get(key), node, inner, (*path, key))
    elif isinstance(shape, Many) and is_given(below) and is_given(above):
        yield path


def _target(name: str, shape: Block) -> tuple[Path, Shape, bool] | None:
    """Path, shape, and whether the value is the name of a file."""
    parts = name.removeprefix(PREFIX).lower().split("__")
    found = _walk(parts, shape)
    if found is not None:
        return tuple(parts), found, False
    if parts[-1].endswith("_file"):
        parts[-1] = parts[-1].removesuffix("_file")
        found = _walk(parts, shape)
        if found is not None:
            return tuple(parts), found, True
    return None


def _walk(parts: list[str], shape: Shape) -> Shape | None:
    for part in parts:
        if isinstance(shape, Block) and part in shape.keys:
            shape = shape.keys[part]
        elif isinstance(shape, Named) and part:
            shape = shape.item
        else:
            return None
    return shape


def _node(name: str, text: str, path: Path, shape: Shape, *, from_file: bool, overlay: Overlay) -> Node | None:
    place = Place(file=f"environment {name}")
    try:
        if from_file:
            file = FilePath.cwd() / text
            if isinstance(shape, Leaf) and shape.secret and shape.kind == "text":
                return from_python({"file": str(file)}, place)
            text = Secret.from_file(file).reveal()
            overlay.files.append(file)
        if isinstance(shape, Leaf) and shape.kind not in ("list", "map"):
            return Scalar(value=text, place=place, text=True)
        return from_python(_json(text), place)
    except Unfit as error:
        overlay.mistakes.append(_mistake(name, path, str(error), hint=error.hint))
    return None


def _json(text: str) -> Any:
    """Lists and maps; duplicate names are refused as they are in the file."""
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats) if len(text) <= _MAXIMUM else None
    except Unfit:
        raise
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list | dict):
        raise Unfit("must be JSON", 'for example ["https://app.example.com/**"]')
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Unfit("names a key twice")
    return dict(pairs)


def _unknown(name: str, shape: Block) -> ConfigMistake:
    known = [PREFIX + "__".join(path).upper() for path in _leaves(shape, ())]
    close = difflib.get_close_matches(name.removesuffix("_FILE"), known, n=1, cutoff=0.8)
    hint = f"did you mean {close[0]}?" if close else "names without __ are free; with it, they are keys of config.yaml"
    shown = name.encode("ascii", "backslashreplace").decode()
    return ConfigMistake(file=f"environment {shown}", message="is no key of the configuration", hint=hint)


def _leaves(shape: Shape, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(shape, Block):
        for key, inner in shape.keys.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path


def _mistake(name: str, path: Path, message: str, *, hint: str = "") -> ConfigMistake:
    return ConfigMistake(file=f"environment {name}", key=dotted(path), message=message, hint=hint)
