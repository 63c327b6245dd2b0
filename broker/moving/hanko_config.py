"""`broker config import hanko`: a Hanko file in, our `config.yaml` out, and what has to be said of each."""

import json
from collections.abc import Mapping
from typing import Any

from broker.config.load_yaml import read_tree
from broker.config.tree import Branch, Broken, Items, Node, Scalar
from broker.errors import ConfigError
from broker.moving.hanko_settings import translated
from broker.moving.hanko_taking import Translation
from broker.signin.redirects import check_pattern

_HEAD = """\
# Made from a Hanko configuration by `broker config import hanko`, which said what has no meaning here and where a
# default differs. Values like ${NAME} come from the environment.
"""


def imported(data: bytes, *, file: str) -> Translation:
    """Our settings for a Hanko file. Raises `ConfigError` with what is wrong with it as YAML."""
    tree, mistakes = read_tree(data, file=file)
    if mistakes:
        raise ConfigError(mistakes)
    return translated(_plain(tree), is_admitted=_why_not)


def as_yaml(found: Translation) -> str:
    """The text of our file. JSON's values are YAML, so nothing needs quotation marks of its own."""
    variables = "".join(f"#   {name}\n" for name in found.variables)
    return f"{_HEAD}#\n# To be set:\n{variables}\n" + "\n".join(_block(found.settings, 0))


def _block(content: Mapping[str, Any], depth: int) -> list[str]:
    lines = []
    for name, value in content.items():
        if isinstance(value, dict) and value:
            lines += [f"{'  ' * depth}{_name(name)}:", *_block(value, depth + 1)]
        else:
            lines.append(f"{'  ' * depth}{_name(name)}: {json.dumps(value, ensure_ascii=False)}")
        if depth == 0:
            lines.append("")
    return lines


def _name(name: str) -> str:
    return name if name.replace("_", "").isalnum() else json.dumps(name)


def _plain(node: Node) -> Any:
    match node:
        case Branch(entries=entries):
            return {name: _plain(each) for name, each in entries.items()}
        case Items(nodes=items):
            return [_plain(each) for each in items]
        case Scalar(value=value):
            return value
        case Broken():
            return None


def _why_not(pattern: str) -> str | None:
    sentence = check_pattern(pattern)
    return None if sentence is None else sentence.removeprefix(repr(pattern)).lstrip(": ")
