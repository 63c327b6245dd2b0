"""From a tree and a user's data to text. Bounded: a template cannot run for long, nor grow a token without end."""

from collections.abc import Mapping, Sequence
from typing import Any

from broker.sessions.templates.functions import FUNCTIONS, Struct, TemplateFails, is_true, shown
from broker.sessions.templates.grammar import Block, Command, Fields, Literal, Node, Pipeline, Term, Text

MOST_CHARACTERS = 4096
MOST_STEPS = 10_000


def render(nodes: Sequence[Node], data: dict[str, Any]) -> str:
    """The text. Raises `TemplateFails`."""
    return _Rendering(data).render(nodes, data)


class _Rendering:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0
        self._length = 0

    def render(self, nodes: Sequence[Node], dot: Any) -> str:
        out: list[str] = []
        for node in nodes:
            self._step()
            text = self._node(node, dot)
            if not isinstance(node, Block):  # whose parts were counted
                self._length += len(text)
            if self._length > MOST_CHARACTERS:
                raise TemplateFails(f"grows beyond {MOST_CHARACTERS} characters")
            out.append(text)
        return "".join(out)

    def _node(self, node: Node, dot: Any) -> str:
        if isinstance(node, Text):
            return node.text
        if isinstance(node, Block):
            return self._block(node, dot)
        return shown(self._pipeline(node.pipeline, dot))

    def _block(self, block: Block, dot: Any) -> str:
        value = self._pipeline(block.pipeline, dot)
        if block.kind == "range":
            items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
            if items is None:
                raise TemplateFails("range over what is no list")
            return (
                "".join(self.render(block.body, item) for item in items) if items else self.render(block.otherwise, dot)
            )
        if not is_true(value):
            return self.render(block.otherwise, dot)
        return self.render(block.body, value if block.kind == "with" else dot)

    def _pipeline(self, pipeline: Pipeline, dot: Any) -> Any:
        passed: tuple[Any, ...] = ()
        for command in pipeline.commands:
            passed = (self._command(command, passed, dot),)
        return passed[0]

    def _command(self, command: Command, passed: tuple[Any, ...], dot: Any) -> Any:
        self._step()
        if command.function in ("and", "or") and not passed:
            return self._until(command, dot)
        arguments = [self._term(each, dot) for each in command.arguments] + list(passed)
        if command.function is not None:
            return _called(FUNCTIONS[command.function], arguments)
        assert command.term is not None  # noqa: S101 - a command is one or the other
        value = self._term(command.term, dot)
        if callable(value):
            return _called(value, arguments)
        if arguments:
            raise TemplateFails("what takes no argument is given one")
        return value

    def _until(self, command: Command, dot: Any) -> Any:
        """`and`, `or`: what comes behind the value that decides is not looked at, as in Go."""
        value: Any = None
        for each in command.arguments:
            value = self._term(each, dot)
            if is_true(value) == (command.function == "or"):
                return value
        if not command.arguments:
            raise TemplateFails(f"{command.function} takes values")
        return value

    def _term(self, term: Term, dot: Any) -> Any:
        self._step()
        match term:
            case Literal(value=value):
                return value
            case Pipeline():
                return self._pipeline(term, dot)
            case Fields(base=base, names=names):
                value = self._base(base, dot)
                for name in names:
                    value = _member(value, name)
                return value

    def _base(self, base: Term | str, dot: Any) -> Any:
        if isinstance(base, str):
            return self._root if base == "$" else dot
        return self._term(base, dot)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TemplateFails("takes too long")


def _member(value: Any, name: str) -> Any:
    members = value.members if isinstance(value, Struct) else value
    if isinstance(members, Mapping) and name in members:
        return members[name]
    raise TemplateFails(f"there is no {name}")


def _called(function: Any, arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError) as error:
        raise TemplateFails("is called with what it cannot take") from error
