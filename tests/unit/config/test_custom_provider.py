from typing import Any

import pytest

from tests.unit.config.files import CLIENT_ID, loaded, microsoft, refused

EMULATOR_ID = "c11e0000-0000-4000-8000-00000000000c"


def custom(**keys: Any) -> dict[str, Any]:
    provider = {
        "enabled": True,
        "display_name": "Acme",
        "client_id": "acme-client",
        "secret": "acme-secret",
        "issuer": "https://id.acme.example",
        "use_discovery": True,
        **keys,
    }
    return {
        "third_party.custom_providers": {"acme": {key: value for key, value in provider.items() if value is not None}}
    }


def test_custom_provider_by_discovery_is_fine() -> None:
    config = loaded(custom()).config

    assert config.callback_url_of("acme") == "http://localhost:8000/thirdparty/callback/custom_acme"
    assert loaded(custom(callback="shared")).config.callback_url_of("acme") == config.callback_url


def test_custom_provider_by_endpoints_is_fine() -> None:
    keys = {f"{name}_endpoint": f"https://acme.example/{name}" for name in ("authorization", "token", "userinfo")}

    assert refused(custom(use_discovery=False, issuer=None, claims_from="userinfo", scopes=["user"], **keys)) == {}


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"display_name": None}, "display_name"),
        ({"client_id": None}, "client_id"),
        ({"secret": None}, "secret"),
        ({"issuer": None}, "issuer"),
        ({"issuer": "http://id.acme.example"}, "issuer"),
        ({"use_discovery": False}, "use_discovery"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["email"]}, "scopes"),
        ({"acr_values": ["a b"]}, "acr_values[0]"),
        ({"linking": "always"}, "linking"),
        ({"claims_from": "graph"}, "claims_from"),
        ({"attribute_mapping": {"email": "mail", "name": "mail"}}, "attribute_mapping"),
        ({"attribute_mapping": {"email": "aud"}}, "attribute_mapping"),
        ({"attribute_mapping": {"nonce": "x"}}, "attribute_mapping"),
        ({"attribute_mapping": {"sub": "id"}}, "attribute_mapping"),
        ({"attribute_mapping": {"email": 5}}, "attribute_mapping.email"),
        ({"attribute_mapping": {"": "x"}}, "attribute_mapping."),
    ],
)
def test_custom_provider_is_checked_at_load(keys: dict[str, Any], key: str) -> None:
    found = set(refused(custom(**keys)))

    assert f"third_party.custom_providers.acme.{key}" in found
    assert len(found) <= 2


def test_custom_provider_without_discovery_names_every_missing_endpoint() -> None:
    found = refused(custom(use_discovery=False, issuer=None, token_endpoint="https://acme.example/t"))

    assert [key.rpartition(".")[2] for key in found] == ["authorization_endpoint", "userinfo_endpoint", "claims_from"]


@pytest.mark.parametrize("key", ["Acme", "a-b", "", "a.b", "x" * 41])
def test_key_of_a_custom_provider_is_a_plain_word(key: str) -> None:
    found = refused({"third_party.custom_providers": {key: {}}})

    assert "is no key of a provider" in " ".join(found.values())


def test_two_providers_with_one_registration_are_refused() -> None:
    acme = custom()["third_party.custom_providers"]["acme"]
    twice = {"third_party.custom_providers": {"one": acme, "two": {**acme, "issuer": "https://id.acme.example/"}}}
    tenant = {**acme, "issuer": f"https://login.microsoftonline.com/{CLIENT_ID}/v2.0", "client_id": CLIENT_ID.upper()}
    beside = {**microsoft(client_id=CLIENT_ID, secret="x"), "third_party.custom_providers": {"entra": tenant}}

    assert list(refused(twice)) == ["third_party.custom_providers.two.client_id"]
    assert "also used by microsoft" in refused(beside)["third_party.custom_providers.entra.client_id"]


def test_emulators_registration_at_microsoft_as_custom_provider_is_refused() -> None:
    keys = custom(issuer=f"https://login.microsoftonline.com/{CLIENT_ID}/v2.0", client_id=EMULATOR_ID)

    assert "is the emulator's" in refused(keys)["third_party.custom_providers.acme.client_id"]
