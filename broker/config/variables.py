"""`${NAME}` and `${NAME:-default}` in the file's values.

They are replaced in scalars that are already parsed, so that a variable can never bring YAML of its own; a value with
a variable in it is then read by the type of its key. `$${` stands for a plain `${`.
"""

import re
from collections.abc import Mapping

from broker.config.tree import Branch, Broken, Items, Node, Path, Scalar, dotted
from broker.errors import ConfigMistake

_VARIABLE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?", re.ASCII)


def filled(branch: Branch, environ: Mapping[str, str]) -> tuple[Branch, list[ConfigMistake]]:
    """The tree with every variable replaced, and a mistake for each that is not set or not well formed."""
    filler = _Filler(environ)
    return filler.branch(branch, ()), filler.mistakes


class _Filler:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.mistakes: list[ConfigMistake] = []
        self._environ = environ

    def branch(self, branch: Branch, path: Path) -> Branch:
        entries = {key: self._node(node, (*path, key)) for key, node in branch.entries.items()}
        return Branch(entries=entries, place=branch.place)

    def _node(self, node: Node, path: Path) -> Node:
        if isinstance(node, Branch):
            return self.branch(node, path)
        if isinstance(node, Items):
            nodes = tuple(self._node(item, (*path, index)) for index, item in enumerate(node.nodes))
            return Items(nodes=nodes, place=node.place)
        if isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value:
            return self._scalar(node, node.value, path)
        return node

    def _scalar(self, node: Scalar, text: str, path: Path) -> Node:
        problems: list[tuple[str, str]] = []

        def value(found: re.Match[str]) -> str:
            name, default = found[1], found[2]
            if found[0] == "$${":
                return "${"
            if name is None:
                problems.append(
                    ("has a ${ that is no variable", "write ${NAME} or ${NAME:-default}; $${ for a plain ${")
                )
                return ""
            given = self._environ.get(name)
            if default is not None:
                return given or default
            if given is None:
                problems.append(
                    (f"needs the environment variable {name}, which is not set", f"or ${{{name}:-default}}")
                )
            return given or ""

        result = _VARIABLE.sub(value, text)
        if not problems:
            return Scalar(value=result, place=node.place, text=True)
        for message, hint in problems:
            self.mistakes.append(
                ConfigMistake(file=node.place.file, line=node.place.line, key=dotted(path), message=message, hint=hint)
            )
        return Broken(place=node.place)
