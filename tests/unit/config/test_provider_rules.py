from collections.abc import Mapping
from typing import Any

import pytest

from broker.config.sections import emulator_stands_in
from broker.config.sections.microsoft import MicrosoftSection
from tests.unit.config.files import BASE, CLIENT_ID, PRODUCTION, SECRET, loaded, microsoft, refused

MICROSOFT = "third_party.providers.microsoft"
EMULATOR_ID = "c11e0000-0000-4000-8000-00000000000c"


def without_credentials(**service: Any) -> dict[str, Any]:
    left = {key: value for key, value in PRODUCTION.items() if not key.startswith(MICROSOFT)}
    return {**left, **{f"service.{key}": value for key, value in service.items()}}


def test_production_with_credentials_is_fine() -> None:
    config = loaded(base=PRODUCTION).config

    assert not emulator_stands_in(config)
    assert config.third_party.providers.microsoft.has_credentials


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:8000", "https://localhost"])
def test_emulator_stands_in_on_staging_and_loopback(url: str) -> None:
    assert emulator_stands_in(loaded({"service.public_url": url}).config)


def test_answer_by_form_needs_https() -> None:
    asked = microsoft(response_mode="form_post")
    found = refused({**asked, "service.public_url": "http://localhost:8000"})

    assert "needs an https public_url" in found[f"{MICROSOFT}.response_mode"]
    loaded({**asked, "service.public_url": "https://localhost:8000"})
    loaded({**microsoft(response_mode="form_post", enabled=False), "service.public_url": "http://localhost:8000"})


def test_production_without_credentials_is_refused() -> None:
    for url in ("https://login.example.com", "http://localhost:8000"):
        found = refused(base=without_credentials(environment="production", public_url=url))

        assert list(found) == [f"{MICROSOFT}.client_id"]
        assert "in production" in found[f"{MICROSOFT}.client_id"]


def test_environment_is_production_unless_the_file_says_otherwise() -> None:
    base = {key: value for key, value in without_credentials().items() if key != "service.environment"}

    assert "in production" in refused(base=base)[f"{MICROSOFT}.client_id"]


@pytest.mark.parametrize("host", ["login.example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_staging_on_a_public_host_without_credentials_is_refused(host: str) -> None:
    found = refused(base=without_credentials(environment="staging", public_url=f"https://{host}"))

    assert "not on loopback" in found[f"{MICROSOFT}.client_id"]


def test_disabled_provider_needs_no_credentials() -> None:
    config = loaded(microsoft(enabled=False), base=without_credentials()).config

    assert not config.third_party.any_enabled
    assert not emulator_stands_in(config)


def test_emulator_never_stands_in_where_credentials_are_given() -> None:
    assert not emulator_stands_in(loaded(microsoft(client_id=CLIENT_ID, secret="x")).config)


@pytest.mark.parametrize(
    "keys",
    [
        microsoft(client_id=EMULATOR_ID, secret="a.real~secret"),
        microsoft(client_id=EMULATOR_ID.upper(), secret="a.real~secret"),
        microsoft(client_id=CLIENT_ID, secret="emulator-secret"),
        microsoft(client_id=CLIENT_ID, secret="emulator-secret-2"),
        microsoft(client_id=EMULATOR_ID, secret="emulator-secret", cloud="usgov"),
        microsoft(client_id=EMULATOR_ID, secret="x", cloud="custom", authority="https://login.microsoftonline.com"),
        microsoft(client_id=CLIENT_ID, credentials=[{"kind": "secret", "value": "emulator-secret"}]),
    ],
)
@pytest.mark.parametrize("base", [BASE, {**PRODUCTION, f"{MICROSOFT}.secret": None}])
def test_emulators_registration_at_microsoft_is_refused(keys: Mapping[str, Any], base: Mapping[str, Any]) -> None:
    (found,) = refused(keys, base=base).values()

    assert "is the emulator's" in found


@pytest.mark.parametrize("authority", ["https://emulator.example.com", "http://localhost:8400", "https://10.0.0.1"])
@pytest.mark.parametrize("environment", ["production", "staging"])
def test_emulators_registration_on_a_public_broker_is_refused_wherever_the_emulator_is(
    authority: str, environment: str
) -> None:
    """Also where it listens on the broker's own machine: whoever reaches it is whoever they like."""
    keys = microsoft(client_id=EMULATOR_ID, secret="emulator-secret", cloud="custom", authority=authority)
    public = {**keys, "service.environment": environment}

    assert "public broker" in refused(public, base=PRODUCTION)[f"{MICROSOFT}.client_id"]
    assert (
        "public broker"
        in refused({**public, f"{MICROSOFT}.client_id": CLIENT_ID}, base=PRODUCTION)[f"{MICROSOFT}.secret"]
    )
    assert refused(keys) == {}


@pytest.mark.parametrize(
    ("client_id", "secret", "wrong"), [(EMULATOR_ID, "a.real~secret", "client_id"), ("me", "emulator-secret", "secret")]
)
def test_emulators_registration_under_another_name_is_refused_alike(client_id: str, secret: str, wrong: str) -> None:
    provider = {"enabled": True, "display_name": "M", "use_discovery": True, "client_id": client_id, "secret": secret}
    issuers = {"http://localhost:8400/common/v2.0": "public broker", "https://sts.windows.net/x/": "does not know it"}
    for issuer, sentence in issuers.items():
        keys = {"third_party.custom_providers": {"m": {**provider, "issuer": issuer}}}
        assert sentence in refused(keys, base=PRODUCTION)[f"third_party.custom_providers.m.{wrong}"]


def test_authority_on_this_machine_is_told_in_production() -> None:
    keys = microsoft(cloud="custom", authority="http://localhost:8400")

    assert "plain http on loopback" in " ".join(loaded(keys, base=PRODUCTION).notices)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://login.example.com/thirdparty/callback?x=1", "query or fragment"),
        ("https://login.example.com", "has no path"),
        ("https://login.example.com/", "has no path"),
        ("https://login.example.com/thirdparty/callback(1)", "Microsoft refuses"),
        ("https://login.example.com/" + "x" * 256, "256 characters"),
        ("https://other.example.com/thirdparty/callback", "not on public_url's origin"),
        ("http://login.example.com/thirdparty/callback", "not on public_url's origin"),
    ],
)
def test_callback_keeps_to_microsofts_limits_and_to_our_origin(url: str, message: str) -> None:
    (found,) = refused({"third_party.redirect_url": url}, base=PRODUCTION).values()

    assert message in found


def test_callback_elsewhere_on_our_origin_is_told() -> None:
    notices = loaded({"third_party.redirect_url": "https://login.example.com/oidc/cb"}, base=PRODUCTION).notices

    assert "a path that we do not serve" in notices[0]


@pytest.mark.parametrize("host", ["[::1]", "app.localhost", "127.0.0.2"])
def test_http_callback_that_microsoft_would_refuse_is_refused_here(host: str) -> None:
    assert "https only" in refused({"service.public_url": f"http://{host}:8000"})["service.public_url"]


def test_enabled_provider_needs_a_page_for_errors() -> None:
    base = {key: value for key, value in BASE.items() if key != "third_party.error_redirect_url"}

    assert list(refused(base=base)) == ["third_party.error_redirect_url"]
    assert refused(microsoft(enabled=False), base=base) == {}


def test_section_made_in_code_has_the_same_defaults() -> None:
    assert loaded().config.third_party.providers.microsoft == MicrosoftSection()
    assert SECRET not in repr(loaded({"secrets.keys": [SECRET]}).config)


def test_listening_beyond_this_machine_beside_the_emulator_is_told() -> None:
    assert "while the emulator stands in" in loaded({"server.public.address": "0.0.0.0:8000"}).notices[0]


def test_production_on_loopback_is_told() -> None:
    assert (
        "only browsers on this machine"
        in loaded({"service.public_url": "https://localhost"}, base=PRODUCTION).notices[0]
    )
