"""Which keys there are: the sections' types, read as a tree of names.

The loader asks it for unknown keys, for the environment's names and for how a text becomes a value; `show`, reload
and the JSON Schema walk it. Nothing is written twice: a field added to a section is known here.
"""

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator

from broker.config.sections import Config, Secret
from broker.config.sections.section import RESTART, Section
from broker.config.tree import Path

Kind = Literal["text", "switch", "number", "list", "map"]


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A key with a value. `secret`: may be given once only. `spelled`: a duration, which prints as written."""

    kind: Kind
    nullable: bool = False
    secret: bool = False
    spelled: bool = False
    restart: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """A section: its keys."""

    keys: Mapping[str, "Shape"]


@dataclass(frozen=True, kw_only=True)
class Named:
    """A mapping whose keys people choose, each with a section."""

    item: Block


@dataclass(frozen=True, kw_only=True)
class Many:
    """A list of sections."""

    item: Block


Shape = Leaf | Block | Named | Many


@cache
def shape_of_config() -> Block:
    """Every key that `config.yaml` may have."""
    return _block(Config)


def _block(section: type) -> Block:
    hints = get_type_hints(section, include_extras=True)
    return Block(keys={field.name: _shape(hints[field.name]) for field in fields(section)})


def _shape(hint: Any) -> Shape:
    marks, hint, nullable = _unwrapped(hint)
    if isinstance(hint, type) and is_dataclass(hint) and issubclass(hint, Section):
        return _block(hint)
    origin, args = get_origin(hint), get_args(hint)
    inner = _unwrapped(args[-2 if origin is tuple else -1])[1] if args and origin in (tuple, dict) else None
    if isinstance(inner, type) and issubclass(inner, Section):
        return Many(item=_block(inner)) if origin is tuple else Named(item=_block(inner))
    spelled = hint is int and any(isinstance(mark, BeforeValidator) for mark in marks)
    kind: Kind = "text"
    if origin in (tuple, dict):
        kind = "list" if origin is tuple else "map"
    elif hint in (bool, int) and not spelled:
        kind = "switch" if hint is bool else "number"
    return Leaf(
        kind=kind,
        nullable=nullable,
        secret=hint is Secret or inner is Secret,
        spelled=spelled,
        restart=RESTART in marks,
    )


def _unwrapped(hint: Any) -> tuple[list[Any], Any, bool]:
    """The marks of `Annotated`, the type inside, and whether null may stand there."""
    marks: list[Any] = []
    nullable = False
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            marks.extend(hint.__metadata__)
            hint = get_args(hint)[0]
        elif origin in (Union, types.UnionType) and type(None) in get_args(hint):
            nullable = True
            (hint,) = (arg for arg in get_args(hint) if arg is not type(None))
        else:
            return marks, hint, nullable


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One key with its value in a given configuration; `default` is what the code would have."""

    path: Path
    leaf: Leaf
    value: Any
    default: Any


def settings(config: Config) -> Iterator[Setting]:
    """Every key of a configuration with its value, in the order of the sections; a list of sections is one value."""
    return _settings(config, shape_of_config(), ())


def _settings(section: Section, block: Block, path: Path) -> Iterator[Setting]:
    for key, shape in block.keys.items():
        value, here = getattr(section, key), (*path, key)
        if isinstance(shape, Block):
            yield from _settings(value, shape, here)
        elif isinstance(shape, Named):
            for name, item in value.items():
                yield from _settings(item, shape.item, (*here, name))
        else:
            leaf = shape if isinstance(shape, Leaf) else Leaf(kind="list")
            yield Setting(path=here, leaf=leaf, value=value, default=_default(section, key))


def _default(section: Section, key: str) -> Any:
    (field,) = (field for field in fields(cast(Any, section)) if field.name == key)
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default
