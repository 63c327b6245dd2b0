"""What each command says of itself, and what `config` and `redirects` say of a configuration: nothing is opened."""

from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from broker.cli.commands import app
from tests.cli.commands import broker
from tests.cli.houses import House

ROOT = typer.main.get_command(app)
SECRETS = ("client-secret-of-tests", "a-secret-of-tests-that-is-long-enough-9", "pass-word-of-tests")


def commands() -> list[str]:
    """All that can be run, groups left out unless they do something by themselves."""
    found = []
    for name, command in sorted(ROOT.commands.items()):  # type: ignore[attr-defined] # a group
        below = getattr(command, "commands", {})
        if not below:
            found.append(name)
        for sub_name, sub in sorted(below.items()):
            deeper = getattr(sub, "commands", {})
            found += [f"{name} {sub_name} {last}" for last in sorted(deeper)] or [f"{name} {sub_name}"]
    return found


def test_every_command_of_the_interface_is_there() -> None:
    assert set(commands()) >= {
        *("dev", "serve", "demo", "emulator", "clean", "version", "config check", "config show", "config schema"),
        *("redirects explain", "migrate status", "keys list", "keys rotate", "keys retire", "admin key create"),
        *(
            "admin key list",
            "admin key revoke",
            "users list",
            "users show",
            "users lock",
            "users delete",
            "sessions list",
        ),
        *("sessions list", "sessions revoke", "audit list"),
    }


@pytest.mark.parametrize("command", [*commands(), "migrate"])
def test_help_says_what_the_command_does_with_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    assert f"Example: broker {command}" in text
    assert "\x1b" not in result.output
    # The one that writes a configuration reads none of ours.
    assert ("--config" in text) == (command != "config import hanko")


def test_help_of_a_child_process_is_the_same(tmp_path: Path) -> None:
    done = broker("serve", "--help", folder=tmp_path)
    assert (done.code, "Example: broker serve" in " ".join(done.output.split())) == (0, True)


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("configured")
    (folder / "config.yaml").write_text(
        f"""\
service: {{environment: production, public_url: 'https://sign-in.example.com'}}
database: {{url: 'postgresql://broker:{SECRETS[2]}@db.example.com/broker?sslpassword={SECRETS[2]}'}}
secrets: {{keys: ['{SECRETS[1]}']}}
third_party:
  error_redirect_url: https://app.example.com/
  allowed_redirect_urls: ['https://*.example.com/**']
  providers: {{microsoft: {{client_id: 3fa85f64-5717-4562-b3fc-2c963f66afa6, secret: {SECRETS[0]}}}}}
  custom_providers:
    other: {{enabled: true, use_discovery: true, display_name: Other, client_id: a, secret: {SECRETS[0]}, issuer: 'https://other.example.com'}}
"""
    )
    return House(folder=folder, ports={}, changes={}, kept=[])


def test_show_hides_every_secret_and_says_where_values_come_from(configured: House) -> None:
    for arguments in (("config", "show"), ("config", "show", "--json")):
        done = configured.broker(*arguments, BROKER_SESSION__LIMIT="7")
        assert done.code == 0, done
        assert not any(secret in done.output + done.errors for secret in SECRETS)
    shown = {each["key"]: each for each in done.json}
    assert shown["session.limit"] == {"key": "session.limit", "value": 7, "source": "environment BROKER_SESSION__LIMIT"}
    assert shown["third_party.providers.microsoft.secret"]["value"] == "***"
    assert shown["database.url"]["value"].startswith("postgresql://broker:***@db.example.com/broker")
    assert shown["database.url"]["source"] == "config.yaml:2"
    assert shown["session.lifespan"]["source"] == "default"


def test_show_redirect_uri_is_ready_to_paste(configured: House) -> None:
    done = configured.broker("config", "show", "redirect-uri")
    assert (done.code, done.output) == (0, "https://sign-in.example.com/thirdparty/callback\n")
    assert configured.broker("config", "show", "redirect-uri", "--json").json == {
        "microsoft": "https://sign-in.example.com/thirdparty/callback",
        "custom_other": "https://sign-in.example.com/thirdparty/callback/custom_other",
    }


def test_addresses_of_signing_out_are_ready_to_paste(configured: House) -> None:
    front = "https://sign-in.example.com/thirdparty/logout/microsoft"
    done = configured.broker("config", "show", "logout-url")
    assert (done.code, done.output) == (0, f"{front}\n")
    assert f"as front-channel logout URL: {front}" in configured.broker("config", "show").output
    logout = {"BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT__LOGOUT__FRONTCHANNEL": "false"}
    assert configured.broker("config", "show", "logout-url", **logout).code == 1
    logout = {"BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT__LOGOUT__RP_INITIATED": "true"}
    assert configured.broker("config", "show", "redirect-uri", **logout).output.splitlines() == [
        "https://sign-in.example.com/thirdparty/callback",
        "https://sign-in.example.com/logout/return",
    ]


def test_check_of_a_good_file_is_0_and_notes_what_is_seldom_meant(configured: House) -> None:
    done = configured.broker("config", "check", BROKER_THIRD_PARTY__ALLOWED_REDIRECT_URLS='["https://*.vercel.app/"]')
    assert (done.code, done.output) == (0, "config.yaml: no mistakes\n")
    assert "note: redirect pattern https://*.vercel.app/ admits strangers" in done.errors


@pytest.mark.parametrize(
    ("url", "code", "answer"),
    [
        (
            "https://App.example.com:443/page?x=1#y",
            0,
            {
                "admitted": True,
                "canonical": "https://app.example.com/page?x=1#y",
                "pattern": "https://*.example.com/**",
                "rule": None,
            },
        ),
        (
            "https://app.example.org/",
            1,
            {"admitted": False, "canonical": None, "pattern": None, "rule": "no-pattern"},
        ),
    ],
)
def test_explain_answers_by_exit_code_too(configured: House, url: str, code: int, answer: dict[str, object]) -> None:
    done = configured.broker("redirects", "explain", url, "--json")
    assert (done.code, done.json) == (code, answer)
    sentence = configured.broker("redirects", "explain", url)
    assert (sentence.code, sentence.output.split()[0]) == (code, "admitted" if code == 0 else "refused")


def test_explain_answers_for_an_application_by_its_own_lists(configured: House, tmp_path: Path) -> None:
    url, signed_out = "https://shop.example.com/callback", "https://shop.example.com/signed-out"
    section = f"""\
workos:
  enabled: true
  applications:
    - {{name: Shop, client_id: client_01SHOP, redirect_uris: ['{url}'], sign_out_redirects: ['{signed_out}']}}
"""
    (tmp_path / "config.yaml").write_text((configured.folder / "config.yaml").read_text() + section)
    house = House(folder=tmp_path, ports={}, changes={}, kept=[])

    def explained(asked: str, client_id: str = "client_01SHOP") -> tuple[int, str]:
        done = house.broker("redirects", "explain", asked, "--application", client_id)
        return done.code, done.output

    assert explained(url) == (0, f"admitted by {url} as {url}\n")
    assert explained(signed_out) == (0, f"admitted by {signed_out} as {signed_out}, after signing out only\n")
    code, said = explained("https://shop.example.com/")
    assert (code, said.split(":")[0]) == (1, "refused by not-registered")
    assert explained(url, "client_02NOBODY") == (1, "")
