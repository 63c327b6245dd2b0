"""What the README tells people to type can be typed: each command and option is there, each block belongs to a test."""

import re
import shlex
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer.main

from broker.cli.commands import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MARKED = dict(re.findall(r"<!-- test: (\S+) -->\n```\w+\n(.*?)\n```", README, re.DOTALL))
READ_ELSEWHERE = {
    *("config", "frontend", "backend-python", "backend-node"),
    *("people", "msal-python", "msal-node", "control"),
}
"""Blocks that other tests load or run."""


def lines_of(program: str) -> list[str]:
    """Whatever stands behind the program's name: in `code` in the text, and in what is to be typed."""
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    inline = re.findall(rf"`{program} ([^`]+)`", prose)
    typed = re.findall(rf"(?:^|&& )\.venv/bin/{program} ([^&\n]+)", "\n".join(MARKED.values()), re.MULTILINE)
    return [" ".join(line.split()) for line in (*inline, *typed)]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and its arguments."""
    found: Any = typer.main.get_command(app)
    while words and words[0] in getattr(found, "commands", {}):
        found, words = found.commands[words[0]], words[1:]
    return found, words


@pytest.mark.parametrize("line", lines_of("broker"))
def test_command_that_the_readme_names_can_be_given(line: str) -> None:
    command, arguments = command_of(shlex.split(line))
    assert command.name != "broker", f"there is no command: broker {line}"
    command.make_context(command.name, arguments)


def test_commands_are_found_in_the_text_and_in_what_is_typed() -> None:
    assert {"dev", "serve", "config check", "keys retire KID", "redirects explain URL"} <= set(lines_of("broker"))


def test_every_marked_block_belongs_to_a_test() -> None:
    assert set(MARKED) == READ_ELSEWHERE | {"try", "tests", "bench", "emulator"}
    paths = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    elsewhere = "\n".join(path.read_text("utf-8") for path in paths)
    assert [name for name in READ_ELSEWHERE if name not in elsewhere] == []


@pytest.mark.parametrize("name", ["try", "tests", "bench", "emulator"])
def test_what_is_to_be_typed_names_what_is_there(name: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for step in MARKED[name].split(" && "):
        program, *arguments = shlex.split(step)
        match (program.removeprefix(".venv/bin/"), *arguments):
            case ("python3", "-m", "venv", ".venv"):
                pass
            case ("pip", "install", what):
                assert what == "." or what.removeprefix(".[").removesuffix("]") in extras
            case ("python", "-m", module, *options):
                assert find_spec(module) is not None
                assert options in ([], ["-n", "logical"])
            case ("broker", *_):
                pass  # it is tried above
            case _:
                pytest.fail(f"nobody has looked at: {step}")
