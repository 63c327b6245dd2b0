"""`config.yaml` is the documentation: it lists what the code knows, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

from broker.config.load import load
from broker.config.load_yaml import read_tree
from broker.config.schema import json_schema
from broker.config.sections import Config
from broker.config.shape import settings
from broker.config.shipped import default_config_path, default_config_text
from broker.config.tree import Branch, dotted
from broker.config.tree import Path as KeyPath

TOP = Path(__file__).parents[2]
NOT_AT_DEFAULT = {
    "service.environment",
    "server.public.cors.allow_origins",
    "third_party.error_redirect_url",
    "third_party.allowed_redirect_urls",
}


def keys_of(branch: Branch, known: set[KeyPath], path: KeyPath = ()) -> list[KeyPath]:
    found: list[KeyPath] = []
    for key, node in branch.entries.items():
        here = (*path, key)
        if isinstance(node, Branch) and here not in known:
            found += keys_of(node, known, here)
        else:
            found.append(here)
    return found


def test_file_and_code_know_the_same_keys() -> None:
    tree, mistakes = read_tree(default_config_text().encode(), file="config.yaml")
    built = {setting.path for setting in settings(Config())}
    named_by_people = {("third_party", "custom_providers")}

    written = set(keys_of(tree, built | named_by_people)) - named_by_people

    assert mistakes == []
    assert {dotted(path) for path in written} == {dotted(path) for path in built}


def test_file_names_every_key_of_a_custom_provider() -> None:
    (line,) = (line for line in default_config_text().splitlines() if line.strip().startswith("custom_providers:"))
    keys = json_schema()["$defs"]["CustomProviderSection"]["properties"]

    assert [key for key in keys if not re.search(rf"\b{key}\b", line)] == []


def test_file_names_every_key_of_an_application() -> None:
    _, _, block = default_config_text().partition("\nworkos:")
    keys = json_schema()["$defs"]["ApplicationSection"]["properties"]

    assert [key for key in keys if not re.search(rf"\b{key}\b", block)] == []


def test_file_says_the_defaults() -> None:
    loaded = load(default_config_path(), {})
    differing = {dotted(setting.path) for setting in settings(loaded.config) if setting.value != setting.default}

    assert differing - {"session.cookie.secure"} == NOT_AT_DEFAULT


def test_every_key_has_a_line_of_comment() -> None:
    bare = [
        line
        for line in default_config_text().splitlines()
        if re.match(r"\s*[a-z_]+:", line) and not line.rstrip().endswith(":") and " # " not in line
    ]

    assert bare == []


def test_file_runs_as_it_is() -> None:
    loaded = load(default_config_path(), {})

    assert loaded.config.emulator_stands_in
    assert loaded.config.makes_secret_file
    assert loaded.config.service.is_loopback
    assert len(loaded.notices) == 1


def test_wheel_carries_the_file_that_stands_at_the_top() -> None:
    assert '"config.yaml" = "broker/config/config.yaml"' in (TOP / "pyproject.toml").read_text()
    assert default_config_text() == (TOP / "config.yaml").read_text()


def test_loading_reads_no_list_of_public_suffixes_without_need() -> None:
    code = (
        "import sys; from pathlib import Path; from broker.config.load import load; "
        f"load(Path({str(default_config_path())!r}), {{}}); "
        "from broker.config.suffixes import _suffixes; print(_suffixes.cache_info().misses)"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our own interpreter and text

    assert answer.stdout.strip() == "0"
