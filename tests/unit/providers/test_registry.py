from typing import Any

import pytest
from pydantic import TypeAdapter

from broker.clock import FrozenClock
from broker.config.sections.third_party import ThirdPartySection
from broker.errors import ConfigError
from broker.providers.base import AccountPolicy
from broker.providers.registry import TYPES, Providers, build_providers

GUID = "c11e0000-0000-4000-8000-0000000000ff"
PEER = {
    "enabled": True,
    "display_name": "Peer",
    "client_id": "us",
    "secret": "a secret",
    "issuer": "https://peer.example",
    "use_discovery": True,
}


def build(
    section: dict[str, Any], *, emulator_url: str | None = None, public_url: str = "https://us.example"
) -> Providers:
    third_party = TypeAdapter(ThirdPartySection).validate_python(section)
    return build_providers(third_party, public_url=public_url, clock=FrozenClock(), emulator_url=emulator_url)


def microsoft(**members: Any) -> dict[str, Any]:
    return {"providers": {"microsoft": members}}


NO_MICROSOFT = microsoft(enabled=False)


def test_what_we_speak_is_one_table() -> None:
    assert set(TYPES) == {"microsoft", "oidc", "oauth2"}


def test_without_credentials_microsoft_is_the_emulator_where_that_may_stand_in() -> None:
    provider = build(microsoft(), emulator_url="http://localhost:8400")["microsoft"]
    assert provider.emulator is True


def test_without_credentials_and_without_emulator_there_is_no_microsoft() -> None:
    with pytest.raises(ConfigError):
        build(microsoft())


def test_with_credentials_the_emulator_never_stands_in() -> None:
    provider = build(microsoft(client_id=GUID, secret="a secret"), emulator_url="http://localhost:8400")["microsoft"]
    assert provider.emulator is False


@pytest.mark.parametrize("half", [{"client_id": GUID}, {"secret": "a secret"}])
def test_half_of_a_registration_is_never_completed_by_the_emulators(half: dict[str, str]) -> None:
    if "client_id" in half:
        assert build(microsoft(**half), emulator_url="http://localhost:8400")["microsoft"].emulator is False
    else:
        with pytest.raises(ConfigError):
            build(microsoft(**half), emulator_url="http://localhost:8400")


def test_what_is_not_enabled_is_not_there() -> None:
    assert dict(build(NO_MICROSOFT | {"custom_providers": {"peer": PEER | {"enabled": False}}})) == {}


def test_a_custom_provider_has_an_id_and_a_callback_of_its_own() -> None:
    providers = build(
        NO_MICROSOFT | {"custom_providers": {"peer": PEER, "shared": PEER | {"callback": "shared", "client_id": "2"}}}
    )
    assert {id: (each.callback_url, each.own_callback) for id, each in providers.items()} == {
        "custom_peer": ("https://us.example/thirdparty/callback/custom_peer", True),
        "custom_shared": ("https://us.example/thirdparty/callback", False),
    }


def test_a_callback_of_ones_own_is_where_we_serve_it_whatever_the_shared_one_is() -> None:
    shared = "https://us.example/auth/cb"
    providers = {"own": PEER, "sharing": PEER | {"client_id": "other", "callback": "shared"}}
    built = build(NO_MICROSOFT | {"redirect_url": shared, "custom_providers": providers})
    assert built["custom_own"].callback_url == "https://us.example/thirdparty/callback/custom_own"
    assert built["custom_sharing"].callback_url == shared
    plain = build(microsoft(client_id=GUID, secret="a secret"), public_url="https://us.example/")
    assert plain["microsoft"].callback_url == "https://us.example/thirdparty/callback"


def test_what_the_operator_wants_of_new_accounts_is_passed_on() -> None:
    section = microsoft(
        client_id=GUID,
        secret="a secret",
        display_name="Work",
        linking="verified_both",
        email={"on_unverified": "create_without_email"},
    ) | {"custom_providers": {"peer": PEER | {"linking": "verified_both"}}}
    providers = build(section)
    assert providers["microsoft"].display_name == "Work"
    assert providers["microsoft"].account_policy == AccountPolicy(
        on_unverified="create_without_email",
        on_unverified_of_applications="create_without_email",
        linking="verified_both",
    )
    assert providers["custom_peer"].account_policy == AccountPolicy(linking="verified_both")


def test_two_providers_with_one_issuer_and_client_id_are_refused() -> None:
    with pytest.raises(ConfigError):
        build(NO_MICROSOFT | {"custom_providers": {"one": PEER, "two": PEER}})


@pytest.mark.parametrize(
    "members",
    [
        {"client_id": None},
        {"secret": None},
        {"issuer": None},
        {"use_discovery": False},
        {"use_discovery": False, "claims_from": "userinfo"},
        {
            "use_discovery": False,
            "claims_from": "id_token",
            "authorization_endpoint": "https://peer.example/a",
            "token_endpoint": "https://peer.example/t",
            "userinfo_endpoint": "https://peer.example/u",
        },
    ],
)
def test_a_custom_provider_that_lacks_something_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        build(NO_MICROSOFT | {"custom_providers": {"peer": PEER | members}})


@pytest.mark.parametrize("cloud", ["global", "usgov", "china"])
async def test_each_cloud_can_be_chosen(cloud: str) -> None:
    providers = build(microsoft(client_id=GUID, secret="a secret", cloud=cloud))
    await providers.close()
    assert providers["microsoft"].emulator is False


def test_a_custom_cloud_needs_an_authority() -> None:
    with pytest.raises(ConfigError):
        build(microsoft(client_id=GUID, secret="a secret", cloud="custom"))
