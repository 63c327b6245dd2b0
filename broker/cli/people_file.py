"""The file of `broker emulator --people`: YAML or JSON, as plain data."""

from pathlib import Path
from typing import Any

from broker.config.load_yaml import read_tree
from broker.config.tree import Branch, Items, Node, Scalar
from broker.errors import ConfigError, ConfigMistake


def read_people_file(path: Path) -> Any:
    """What the file holds. Raises `ConfigError` for one that cannot be read or is no YAML."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError([ConfigMistake(file=str(path), message=f"cannot be read: {error.strerror}")]) from error
    tree, mistakes = read_tree(data, file=str(path))
    if mistakes:
        raise ConfigError(mistakes)
    return _plain(tree)


def _plain(node: Node) -> Any:
    match node:
        case Branch():
            return {name: _plain(each) for name, each in node.entries.items()}
        case Items():
            return [_plain(each) for each in node.nodes]
        case Scalar():
            return node.value
    return None
