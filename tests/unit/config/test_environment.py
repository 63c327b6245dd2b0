import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from broker.config.load import LoadedConfig, load
from tests.unit.config.files import CLIENT_ID, SECRET, mistakes_of, written

RUNS = "service: {environment: staging}\nthird_party: {error_redirect_url: http://localhost:8888/}\n"
MICROSOFT = "BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT__"


def loaded(tmp_path: Path, environ: Mapping[str, str], more: str = "") -> LoadedConfig:
    return load(written(tmp_path, RUNS + more), environ)


def refusals(tmp_path: Path, environ: Mapping[str, str], more: str = "") -> list[str]:
    return [str(mistake) for mistake in mistakes_of(written(tmp_path, RUNS + more), environ)]


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {
        "BROKER_SESSION__LIMIT": "9",
        "BROKER_SESSION__LIFESPAN": "30d",
        "BROKER_ACCOUNT__ALLOW_SIGNUP": "false",
        "BROKER_SERVICE__NAME": "007",
    }

    found = loaded(tmp_path, environ, "session: {limit: 2}\n")

    assert found.config.session.limit == 9
    assert found.config.session.lifespan == 30 * 86400
    assert found.config.account.allow_signup is False
    assert found.config.service.name == "007"
    assert found.sources["session.limit"] == "environment BROKER_SESSION__LIMIT"
    assert found.sources["service.environment"].endswith("config.yaml:1")
    assert found.sources["session.delivery"] == "default"


def test_file_is_not_needed() -> None:
    environ = {"BROKER_SERVICE__ENVIRONMENT": "staging", "BROKER_THIRD_PARTY__ERROR_REDIRECT_URL": "http://localhost/"}

    assert load(None, environ).config.emulator_stands_in


def test_lists_and_maps_are_json(tmp_path: Path) -> None:
    environ = {
        "BROKER_SESSION__AUDIENCE": '["a", "b"]',
        "BROKER_SESSION__COOKIE": '{"name": "other"}',
        "BROKER_THIRD_PARTY__CUSTOM_PROVIDERS": json.dumps({"acme": {"display_name": "Acme"}}),
        "BROKER_THIRD_PARTY__CUSTOM_PROVIDERS__ACME__ACR_VALUES": '["x"]',
    }

    config = loaded(tmp_path, environ, "session: {cookie: {retention: session}}\n").config

    assert config.session.audience == ("a", "b")
    assert (config.session.cookie.name, config.session.cookie.retention) == ("other", "session")
    assert config.third_party.custom_providers["acme"].display_name == "Acme"
    assert config.third_party.custom_providers["acme"].acr_values == ("x",)


@pytest.mark.parametrize("text", ["a,b", "[", '"a"', "5", "null", "[" * 100_000, '{"a": 1, "a": 2}', ""])
def test_list_that_is_no_json_is_refused_without_being_repeated(tmp_path: Path, text: str) -> None:
    (mistake,) = refusals(tmp_path, {"BROKER_SECRETS__KEYS": text})

    assert mistake.startswith("environment BROKER_SECRETS__KEYS: secrets.keys: ")
    assert len(mistake) < 200


def test_empty_variable_unsets_what_may_be_unset(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"BROKER_SESSION__IDLE_TIMEOUT": ""}, "session: {idle_timeout: 5m}\n")

    assert found.config.session.idle_timeout is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BROKER_SESSION__LIMIT", "many", "must be a whole number"),
        ("BROKER_SESSION__LIMIT", "0", "must be at least 1"),
        ("BROKER_ACCOUNT__ALLOW_SIGNUP", "yes", "must be true or false"),
        ("BROKER_SESSION__LIFESPAN", "20", "is no duration"),
        ("BROKER_THIRD_PARTY__CUSTOM_PROVIDERS__ACME__ENABLED", "1", "must be true or false"),
    ],
)
def test_value_of_the_wrong_type_names_its_variable(tmp_path: Path, name: str, value: str, message: str) -> None:
    (mistake,) = refusals(tmp_path, {name: value})

    assert mistake.startswith(f"environment {name}: ")
    assert message in mistake


def test_unknown_name_with_two_underscores_is_a_mistake_with_the_nearest(tmp_path: Path) -> None:
    environ = {"BROKER_SESSION__LIMITT": "5", "BROKER_NO__SUCH__THING": "x"}

    mistakes = refusals(tmp_path, environ)

    assert "did you mean BROKER_SESSION__LIMIT?" in mistakes[0] + mistakes[1]
    assert len(mistakes) == 2


def test_names_without_two_underscores_are_free(tmp_path: Path) -> None:
    assert refusals(tmp_path, {"BROKER_CONFIG": "x", "BROKER_ANYTHING": "y", "OTHER__NAME": "z"}) == []


def test_file_behind_a_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "limit").write_text("7\n")
    (tmp_path / "secret").write_text("of-a-file\n")
    (tmp_path / "keys").write_text(json.dumps([SECRET]))
    environ = {
        "BROKER_SESSION__LIMIT_FILE": str(tmp_path / "limit"),
        MICROSOFT + "CLIENT_ID": CLIENT_ID,
        MICROSOFT + "SECRET_FILE": str(tmp_path / "secret"),
        "BROKER_SECRETS__KEYS_FILE": str(tmp_path / "keys"),
    }

    found = loaded(tmp_path, environ)

    secret = found.config.third_party.providers.microsoft.secret
    assert found.config.session.limit == 7
    assert secret is not None
    assert secret.reveal() == "of-a-file"
    assert found.config.secrets.keys[0].reveal() == SECRET
    assert set(found.files) == {tmp_path / "limit", tmp_path / "secret", tmp_path / "keys"}


def test_name_that_ends_in_file_itself_is_the_key(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")

    config = loaded(tmp_path, {MICROSOFT + "CA_FILE": str(tmp_path / "ca.pem")}).config

    assert config.third_party.providers.microsoft.ca_file == tmp_path / "ca.pem"


def test_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    environ = {MICROSOFT + "SECRET_FILE": str(tmp_path / "gone"), "BROKER_SESSION__LIMIT_FILE": str(tmp_path / "gone")}

    mistakes = refusals(tmp_path, environ)

    assert [("cannot be read" in mistake) for mistake in mistakes] == [True, True]


def test_secret_given_in_file_and_environment_is_a_mistake(tmp_path: Path) -> None:
    more = f"secrets: {{keys: [{SECRET}]}}\n"

    (mistake,) = refusals(tmp_path, {"BROKER_SECRETS__KEYS": json.dumps([SECRET])}, more)

    assert "is a secret that the file gives too" in mistake


def test_secret_inside_a_map_of_json_counts_as_given_too(tmp_path: Path) -> None:
    text = f"""\
service: {{environment: staging}}
third_party:
  error_redirect_url: http://localhost:8888/
  providers: {{microsoft: {{client_id: {CLIENT_ID}, secret: one}}}}
"""
    environ = {"BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT": '{"secret": "two"}'}

    (mistake,) = mistakes_of(written(tmp_path, text), environ)

    assert mistake.key == "third_party.providers.microsoft.secret"


def test_empty_secret_in_the_file_leaves_room_for_the_environment(tmp_path: Path) -> None:
    environ = {"BROKER_SECRETS__KEYS": json.dumps([SECRET])}

    assert loaded(tmp_path, environ, "secrets: {keys: []}\n").config.secrets.keys[0].reveal() == SECRET


def test_database_url_may_be_overridden(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"BROKER_DATABASE__URL": "sqlite:///x.db"}, "database: {url: sqlite:///y.db}\n")

    assert found.config.database.url.reveal() == "sqlite:///x.db"


def test_value_and_file_of_one_key_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "limit").write_text("7")
    environ = {"BROKER_SESSION__LIMIT": "5", "BROKER_SESSION__LIMIT_FILE": str(tmp_path / "limit")}

    (mistake,) = refusals(tmp_path, environ)

    assert "is given twice: also as BROKER_SESSION__LIMIT" in mistake
