"""What an operator is told when the configuration is wrong: everything at once, each with its line, and exit 78."""

from pathlib import Path

import pytest

from tests.cli.commands import Done, broker

EIGHT = """\
service:
  enviroment: staging
  public_url: http://sign-in.example.com
server:
  shutdown_grace: soon
third_party:
  error_redirect_url: https://app.example.com/
  default_redirect_url: https://app.example.com/elsewhere
  allowed_redirect_urls:
    - app.example.com/**
    - https://{app,www}.example.com/**
  providers:
    microsoft:
      tenant: commun
      linking: maybe
session:
  limit: 0
"""
LINES = {
    2: "service.enviroment: is no key (did you mean service.environment?)",
    3: "service.public_url: ",
    5: "server.shutdown_grace: ",
    10: "third_party.allowed_redirect_urls[0]: has no scheme",
    11: "third_party.allowed_redirect_urls[1]: braces have no meaning here",
    14: "third_party.providers.microsoft.tenant: is no tenant",
    15: "third_party.providers.microsoft.linking: must be one of never, verified_both",
    17: "session.limit: must be at least 1",
}
ONE_LINE = {
    "a default that is not admitted": (
        "third_party: {default_redirect_url: 'https://b.example/', allowed_redirect_urls: ['https://a.example/']}",
        "third_party.default_redirect_url: must itself be allowed by allowed_redirect_urls: refused by no-pattern",
    ),
    "an origin that is not one": (
        "server: {public: {cors: {allow_origins: ['https://*a*.example.com']}}}",
        "server.public.cors.allow_origins[0]: at most one wildcard in each part",
    ),
    "a database URL that cannot be meant": (
        "database: {url: 'postgresql://localhost/broker?require_auth=none'}",
        "database.url: the parameter require_auth is not supported",
    ),
    "production without credentials": (
        "service: {environment: production, public_url: 'https://sign-in.example.com'}",
        "third_party.providers.microsoft",
    ),
    "staging on a public host without credentials": (
        "service: {environment: staging, public_url: 'https://sign-in.example.com'}",
        "third_party.providers.microsoft",
    ),
    "production without a secret": ("service: {environment: production}", "secrets.keys: is empty"),
    "PostgreSQL without a secret": (
        "service: {environment: staging}\ndatabase: {url: 'postgresql://localhost/broker'}",
        "secrets.keys: is empty: PostgreSQL needs a secret",
    ),
    "no error URL": ("service: {environment: staging}", "third_party.error_redirect_url: is missing"),
}


def check(folder: Path, text: str, command: tuple[str, ...] = ("config", "check")) -> Done:
    (folder / "config.yaml").write_text(text)
    return broker(*command, folder=folder)


@pytest.mark.parametrize("command", [("config", "check"), ("serve",)], ids=" ".join)
def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = check(tmp_path, EIGHT, command)
    assert done.code == 78
    assert done.output == ""
    told = done.errors.splitlines()
    assert len(told) == len(LINES) == 8, done.errors  # nothing is told that only follows from another mistake
    for each, (line, text) in zip(told, LINES.items(), strict=True):
        assert each.startswith(f"config.yaml:{line}: {text}")


@pytest.mark.parametrize("name", list(ONE_LINE))
def test_mistake_gets_a_sentence(tmp_path: Path, name: str) -> None:
    text, sentence = ONE_LINE[name]
    done = check(tmp_path, text)
    assert done.code == 78, done
    assert f": {sentence}" in done.errors
    assert "Traceback" not in done.errors


def test_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    changes = {"BROKER_THIRD_PARTY__ALLOWED_REDIRECT_URLS": '["https://a.example/{b}"]', "BROKER_SESION__LIMIT": "5"}
    done = broker("config", "check", folder=tmp_path, changes=changes)
    assert done.code == 78
    assert "config.yaml: there is no such file" in done.errors
    (tmp_path / "config.yaml").write_text("")
    done = broker("config", "check", folder=tmp_path, changes=changes)
    assert done.code == 78
    assert (
        "environment BROKER_THIRD_PARTY__ALLOWED_REDIRECT_URLS: third_party.allowed_redirect_urls[0]: br" in done.errors
    )
    assert "environment BROKER_SESION__LIMIT: is no key of the configuration (did you mean " in done.errors
