"""The README of the quickstart says what there is: its lines of configuration load, and admit its page."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from broker.config.load import load_mapping
from broker.config.sections.config import Config
from broker.foundation import allowlist_of

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "hanko-elements"
README = (EXAMPLE / "README.md").read_text("utf-8")
PAGE = "http://localhost:8888/"


def blocks() -> list[dict[str, Any]]:
    """The YAML of the README."""
    return [YAML(typ="safe").load(StringIO(text)) for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)]


def loaded(*trees: dict[str, Any]) -> Config:
    merged: dict[str, Any] = {"service": {"environment": "staging", "public_url": "http://localhost:8000"}}
    for tree in trees:
        for name, section in tree.items():
            merged[name] = {**merged.get(name, {}), **section}
    return load_mapping(merged, {}, name="README.md").config


def test_lines_of_the_readme_admit_the_page_it_speaks_of() -> None:
    config = loaded(blocks()[0])
    assert config.server.public.cors.allow_origins == ("http://localhost:8888",)
    assert allowlist_of(config).admit(f"{PAGE}?x=1#here")


def test_delivered_configuration_needs_no_change_for_it() -> None:
    tree = YAML(typ="safe").load((ROOT / "config.yaml").read_text("utf-8"))
    config = load_mapping(tree, {}, name="config.yaml").config
    assert allowlist_of(config).admit(PAGE)
    assert "http://localhost:8888" in config.server.public.cors.allow_origins


def test_lines_for_classic_clients_can_be_loaded() -> None:
    config = loaded(*blocks())
    assert (config.session.delivery, config.third_party.errors_to) == ("token", "redirect_to")


def test_page_and_tests_use_the_same_version_of_the_components() -> None:
    name = "@teamhanko/hanko-elements"
    here, there = (
        json.loads((folder / "package.json").read_text("utf-8"))["dependencies"] for folder in (EXAMPLE, ROOT / "tests")
    )
    assert here[name] == there[name]


def test_page_names_no_other_host_than_this_machine() -> None:
    texts = [path.read_text("utf-8") for path in EXAMPLE.iterdir() if path.suffix in {".html", ".js", ".css"}]
    assert set(re.findall(r"https?://([^/:\"']+)", "".join(texts))) == {"localhost"}
