from collections.abc import Mapping
from pathlib import Path

import pytest

from broker.config.load import load
from broker.config.sections import Config
from tests.unit.config.files import mistakes_of, written


def config_with(tmp_path: Path, line: str, environ: Mapping[str, str]) -> Config:
    return load(written(tmp_path, file_with(line)), environ).config


def file_with(line: str) -> str:
    return f"service: {{environment: staging}}\nthird_party: {{error_redirect_url: http://localhost:8888/}}\n{line}\n"


@pytest.mark.parametrize(
    ("text", "environ", "result"),
    [
        ("${NAME}", {"NAME": "Acme"}, "Acme"),
        ("Sign in to ${NAME}!", {"NAME": "Acme"}, "Sign in to Acme!"),
        ("${NAME:-Nobody}", {}, "Nobody"),
        ("${NAME:-Nobody}", {"NAME": ""}, "Nobody"),
        ("${NAME:-Nobody}", {"NAME": "Acme"}, "Acme"),
        ("${A}${B}", {"A": "1", "B": "2"}, "12"),
        ("$${NAME}", {"NAME": "Acme"}, "${NAME}"),
        ("$NAME costs 5$", {"NAME": "Acme"}, "$NAME costs 5$"),
        ("${NAME}", {"NAME": "${OTHER}", "OTHER": "x"}, "${OTHER}"),
    ],
)
def test_variables_are_replaced_once(tmp_path: Path, text: str, environ: Mapping[str, str], result: str) -> None:
    path = written(
        tmp_path,
        f'service: {{environment: staging, name: "{text}"}}\n'
        "third_party: {error_redirect_url: http://localhost:8888/}\n",
    )
    assert load(path, environ).config.service.name == result


def test_variable_never_becomes_yaml(tmp_path: Path) -> None:
    line = "session: {audience: ['${A}'], cookie: {name: ordinary}}"

    config = config_with(tmp_path, line, {"A": "x]}\nhanko: {enabled: false}\n#"})

    assert config.session.audience == ("x]}\nhanko: {enabled: false}\n#",)


def test_variable_is_read_by_the_type_of_its_key(tmp_path: Path) -> None:
    line = "account: {allow_signup: '${A}'}\nsession: {limit: '${B}', idle_timeout: '${C:-}', lifespan: '${D}'}"

    config = config_with(tmp_path, line, {"A": "false", "B": "3", "D": "15m"})

    assert config.account.allow_signup is False
    assert (config.session.limit, config.session.idle_timeout, config.session.lifespan) == (3, None, 900)


def test_list_cannot_come_from_a_variable(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(written(tmp_path, file_with("session: {audience: '${A}'}")), {"A": '["x"]'})

    assert mistake.message == "must be a list"


@pytest.mark.parametrize("text", ["${}", "${1A}", "${NAME", "${NAME:}", "a ${ b"])
def test_malformed_variable_is_a_mistake(tmp_path: Path, text: str) -> None:
    (mistake,) = mistakes_of(written(tmp_path, file_with(f'session: {{audience: ["{text}"]}}')), {"NAME": "x"})

    assert mistake.message == "has a ${ that is no variable"


def test_variable_that_is_not_set_is_a_mistake_with_line_and_name(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(written(tmp_path, file_with("session:\n  audience:\n    - ok\n    - ${APP}")))

    assert (mistake.line, mistake.key) == (6, "session.audience[1]")
    assert "APP" in mistake.message


def test_variable_set_to_nothing_gives_an_empty_value(tmp_path: Path) -> None:
    config = config_with(tmp_path, "session: {issuer: '${ISSUER}'}", {"ISSUER": ""})

    assert config.session.issuer is None
