"""Whatever stands in the file or the environment: a Config or mistakes, never another error."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.config.load import load, load_mapping
from broker.config.load_yaml import read_tree
from broker.config.sections import Config
from broker.config.shape import settings as keys_of
from broker.errors import ConfigError
from tests.unit.config.files import SECRET, mistakes_of, refused, tree, written

KEYS = [".".join(map(str, setting.path)) for setting in keys_of(Config())]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["https://a.example", "http://[::1", "*", "**", "12h", "[]", "unix:", "::1", "0/s", "\ud800", "a.0"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.text(alphabet="abc:-*&!{}[]'\"#|>?%@`,\n \t\\${}\ud800x01", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_tree(text.encode("utf-8", "surrogatepass"), file="config.yaml")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_tree(data, file="config.yaml")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_any_values_at_known_keys_are_a_config_or_mistakes(changes: dict[str, Any]) -> None:
    with contextlib.suppress(ConfigError):
        load_mapping(tree(changes), {}, name="test")


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), st.one_of(SCALARS.map(str), VALUES.map(json.dumps)), max_size=4))
def test_any_environment_is_a_config_or_mistakes(values: dict[str, str]) -> None:
    environ = {"BROKER_" + key.replace(".", "__").upper(): value for key, value in values.items()}

    with contextlib.suppress(ConfigError):
        load(None, environ)


@pytest.mark.parametrize("text", ['service: {name: "\\ud800"}', '"\\ud800": 1', 'log: {"\\udfff": {}}'])
def test_half_of_a_surrogate_pair_is_refused(tmp_path: Path, text: str) -> None:
    messages = [mistake.message for mistake in mistakes_of(written(tmp_path, text))]

    assert {"is not UTF-8 text", "has a key that is no text"} & set(messages)
    assert all(message.isascii() for message in messages)


def test_secret_that_is_no_text_is_refused() -> None:
    assert "is not UTF-8" in refused({"secrets.keys": [SECRET + "\udc80"]})["secrets.keys[0]"]


def test_number_of_five_thousand_digits_in_the_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be JSON"):
        load(None, {"BROKER_SESSION__AUDIENCE": f"[{'1' * 5000}]"})
