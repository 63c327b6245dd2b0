from pathlib import Path

import pytest

from broker.config.load import load
from broker.config.load_yaml import MAXIMUM_BYTES, read_tree, resolved
from broker.errors import ConfigError
from tests.unit.config.files import mistakes_of, written

RUNS = "service: {environment: staging}\nthird_party: {error_redirect_url: http://localhost:8888/}\n"


def said(data: str | bytes) -> list[tuple[int | None, str, str]]:
    raw = data.encode() if isinstance(data, str) else data
    return [(mistake.line, mistake.key, mistake.message) for mistake in read_tree(raw, file="config.yaml")[1]]


def test_small_file_loads_with_defaults_for_the_rest(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, RUNS), {})

    assert loaded.config.service.environment == "staging"
    assert loaded.config.session.lifespan == 12 * 3600
    assert loaded.base_dir == tmp_path


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert mistakes_of(written(tmp_path, "\ufeff" + RUNS)) == []


def test_missing_file_gets_one_clear_sentence(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path / "nowhere.yaml")

    assert mistake.message == "there is no such file"
    assert "--config" in mistake.hint
    assert str(tmp_path / "nowhere.yaml") in mistake.file


def test_directory_in_place_of_a_file_gets_one_clear_sentence(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path)

    assert mistake.message.startswith("cannot be read")


def test_empty_file_is_an_empty_configuration() -> None:
    assert said("") == []
    assert said("# nothing\n") == []


@pytest.mark.parametrize("text", ["just text", "- a\n- b\n", "5"])
def test_file_that_is_no_mapping_is_refused(text: str) -> None:
    assert said(text) == [(1, "", "must be a mapping of keys to values")]


@pytest.mark.parametrize("value", ["**", "*.example.com", "*--x"])
def test_unquoted_star_is_told_to_put_quotes_around_it(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, f"{RUNS}session:\n  audience:\n    - ok\n    - {value}\n  limit: 0\n")

    alias, limit = mistakes_of(path)

    assert (alias.line, alias.key) == (6, "session.audience[1]")
    assert "put quotes around it" in alias.hint
    assert limit.key == "session.limit"


@pytest.mark.parametrize("text", ["a: *\n", "a: [*]\n", "a:\n  - *\n"])
def test_lone_star_is_told_to_put_quotes_around_it(tmp_path: Path, text: str) -> None:
    (mistake,) = mistakes_of(written(tmp_path, text))

    assert "put quotes around it" in mistake.hint
    assert mistake.line is not None


def test_anchors_and_tags_are_refused() -> None:
    found = said("service: &a {name: !!str x}\nlog: {level: !python/object:os.system x}\nserver: &b\n")

    assert [(line, key) for line, key, _ in found] == [
        (1, "service"),
        (1, "service.name"),
        (2, "log.level"),
        (3, "server"),
    ]
    assert all("refused" in message for _, _, message in found)


def test_billion_laughs_is_only_a_list_of_refusals() -> None:
    lines = ["a0: &a0 lol"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]

    found = said("\n".join(lines))

    assert len(found) == 30 + 29 * 9


def test_repeated_key_is_refused_and_names_the_first_line(tmp_path: Path) -> None:
    path = written(tmp_path, f"{RUNS}log:\n  level: info\n  level: debug\n")

    (mistake,) = mistakes_of(path)

    assert (mistake.line, mistake.key, mistake.message) == (5, "log.level", "is given twice")
    assert mistake.hint == "first in line 4"


def test_key_that_is_no_text_is_refused() -> None:
    assert said("? [a, b]\n: 1\nlog: {? {x: y} : 2}\n") == [
        (1, "", "has a key that is no text"),
        (3, "log", "has a key that is no text"),
    ]


def test_second_document_is_refused() -> None:
    assert said("log: {}\n---\nlog: {level: debug}\n") == [(2, "", "begins a second document")]


def test_too_large_file_is_refused() -> None:
    assert said("# " + "x" * MAXIMUM_BYTES) == [(None, "", "is larger than 256 KiB")]


@pytest.mark.parametrize("text", ["a: " + "[" * 500 + "]" * 500, "a: " + "{a: " * 500 + "1" + "}" * 500])
def test_too_deep_file_is_refused(text: str) -> None:
    (found,) = said(text)

    assert found[2] == "is nested too deep"


def test_file_in_another_encoding_is_refused_with_its_line() -> None:
    assert said(b"log: {}\nservice:\n  name: caf\xe9\n") == [(3, "", "is not UTF-8 text")]


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("log:\n\tlevel: info\n", 2, "spaces"),
        ("log: a: b\n", 1, "quotes"),
        ("log: 'x\n", 2, ""),
        ("log: {a: [\n", 2, ""),
        ("log: \x07\n", None, ""),
    ],
)
def test_error_of_syntax_has_its_line(tmp_path: Path, text: str, line: int | None, hint: str) -> None:
    (mistake,) = mistakes_of(written(tmp_path, text))

    assert mistake.message.startswith("is no YAML")
    assert mistake.line == line
    assert hint in mistake.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("yes", "yes"),
        ("off", "off"),
        ("012", 12),
        ("0x1f", "0x1f"),
        ("12:30", "12:30"),
        ("1e3", 1000.0),
        ("2027-05-01", "2027-05-01"),
        (".inf", ".inf"),
        ("9" * 30, float("9" * 30)),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    assert resolved(text) == value
    assert type(resolved(text)) is type(value)


def test_quoted_number_is_text(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(written(tmp_path, f'{RUNS}session: {{limit: "5"}}\n'))

    assert mistake.message == "must be a whole number"


def test_errors_carry_every_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, f"{RUNS}log: {{level: loud}}\nsession: {{limit: -1}}\n"), {})

    assert len(caught.value.mistakes) == 2
    assert "config.yaml:3: log.level: must be one of debug, info, warning, error" in str(caught.value)
