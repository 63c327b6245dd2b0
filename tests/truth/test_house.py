"""What CONTRIBUTING.md promises about the code can be counted: answers that are there, files and functions that fit."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_FILE = 300
MAX_FUNCTION = 50


def modules() -> list[Path]:
    return sorted(path for folder in ("broker", "tests") for path in (ROOT / folder).rglob("*.py"))


def test_each_of_the_five_questions_has_a_file_as_answer() -> None:
    words = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = words.partition("## Five questions")[2].partition("\n## ")[0]
    answers = [re.findall(r"\]\(([^)]+)\)", line) for line in table.splitlines() if "?" in line]
    assert len(answers) == 5
    assert [path for paths in answers for path in paths if not (ROOT / path).is_file()] == []


def test_no_module_is_longer_than_one_can_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE} == {}


def test_no_function_is_longer_than_the_eye() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.is_relative_to(ROOT / "broker") and path.name != "__init__.py"
        if ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]
    assert silent == []


def test_no_use_case_names_the_product_whose_clients_it_serves() -> None:
    core = ("signin", "accounts", "sessions", "events", "grants", "models", "providers", "protocol", "store")
    knowing = [
        str(path.relative_to(ROOT))
        for folder in core
        for path in (ROOT / "broker" / folder).rglob("*.py")
        if re.search("workos|authkit", path.read_text("utf-8"), re.IGNORECASE)
    ]
    assert knowing == []
