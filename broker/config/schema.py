"""The JSON Schema of `config.yaml`, for editors. Each key's description is its comment in the shipped file."""

import re
from typing import Any

from broker.config.load_yaml import read_tree
from broker.config.sections import Config
from broker.config.shape import settings
from broker.config.shipped import default_config_text
from broker.config.show import shown_value
from broker.config.tree import Branch, Path
from broker.config.validation import adapter

_COMMENT = re.compile(r"\s#\s(.*)$")


def json_schema() -> dict[str, Any]:
    """Draft 2020-12. What keys may not say together is not in it: `broker config check` knows that."""
    schema = adapter().json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "config.yaml of identity-broker"
    for path, words in _comments().items():
        _amend(schema, path, {"description": words})
    for setting in settings(Config()):
        _amend(schema, setting.path, {"default": shown_value(setting.default, setting.leaf)})
    return schema


def _comments() -> dict[Path, str]:
    text = default_config_text()
    lines = text.splitlines()
    tree, _ = read_tree(text.encode(), file="config.yaml")
    found: dict[Path, str] = {}
    _collect(tree, (), lines, found)
    return found


def _collect(branch: Branch, path: Path, lines: list[str], found: dict[Path, str]) -> None:
    for key, node in branch.entries.items():
        comment = _COMMENT.search(lines[(node.place.line or 1) - 1])
        if comment is not None:
            found[(*path, key)] = comment[1].strip()
        if isinstance(node, Branch):
            _collect(node, (*path, key), lines, found)


def _amend(schema: dict[str, Any], path: Path, members: dict[str, Any]) -> None:
    holder = schema
    for part in path[:-1]:
        holder = _resolved(schema, holder.get("properties", {}).get(part, {}))
    target = holder.get("properties", {}).get(path[-1])
    if target is not None:
        target.update(members)


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref", "")
    found: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]] if reference else part
    return found
