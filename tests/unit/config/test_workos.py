"""What an application's block may say, and what the loader says of mistakes in it."""

import hashlib
from typing import Any

import pytest

from broker.config.sections.workos import hash_of
from tests.unit.config.files import BASE, loaded, refused

APPLICATION: dict[str, Any] = {
    "name": "A",
    "client_id": "client_01A",
    "api_keys": ["sk_0123456789abcdef01234567"],
    "redirect_uris": ["http://localhost:8888/callback"],
}


def mistakes(*applications: dict[str, Any]) -> dict[str, str]:
    found = refused({**BASE, "workos.enabled": True, "workos.applications": list(applications)})
    return {key.removeprefix("workos.applications"): text for key, text in found.items()}


def notices(*applications: dict[str, Any], enabled: bool = True) -> list[str]:
    found = loaded({**BASE, "workos.enabled": enabled, "workos.applications": list(applications)}).notices
    return [each for each in found if "workos" in each]


def test_whole_application_is_accepted() -> None:
    assert mistakes(APPLICATION) == {}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("client_id", "app_01A", "is no client id"),
        ("client_id", "client_01.A", "is no client id"),
        ("client_id", "client_", "is no client id"),
        ("api_keys", ["short"], "must be sk_ and more"),
        ("api_keys", ["sk_short"], "must be sk_ and more"),
        ("api_keys", ["key_0123456789abcdef01234567"], "must be sk_ and more"),
        ("api_keys", ["sk_0123456789abcdef01234567\nsk_89abcdef0123456789abcdef"], "no white space"),
        ("api_keys", ["sha256:" + "a" * 63], "must be sk_ and more"),
        ("api_keys", ["sha256:" + "A" * 64], "must be sk_ and more"),
        ("api_keys", ["a" * 64], "must be sk_ and more"),
        ("default_redirect_uri", "http://localhost:8888/other", "must be one of redirect_uris"),
        ("access_lifespan", "40d", "is longer than refresh_lifespan"),
        ("webhook_secret", "short", "is shorter than 16 characters"),
        ("cookie_domain", ".example.com", "is no domain"),
        ("cookie_domain", "localhost", "is no domain"),
        ("homepage_url", "http://app.example.com/", "must be https"),
        ("allowed_origins", ["http://localhost:8888/path"], "has a path"),
        ("allowed_origins", ["https://*.example.com"], "name each host"),
        ("secret", "x", "is no key"),
    ],
)
def test_mistake_is_named_by_its_key(key: str, value: object, said: str) -> None:
    found = mistakes({**APPLICATION, key: value})

    assert len(found) == 1
    ((where, text),) = found.items()
    assert where.startswith(f"[0].{key}")
    assert said in text


def test_hash_stands_for_a_key_and_is_none_itself() -> None:
    key = APPLICATION["api_keys"][0]
    hashed = "sha256:" + hashlib.sha256(key.encode()).hexdigest()

    assert mistakes({**APPLICATION, "api_keys": [hashed]}) == {}
    assert hash_of(hashed) == hash_of(key)
    assert hash_of("sk_" + hashed) != hash_of(hashed)
    other = {**APPLICATION, "client_id": "client_02B", "api_keys": [hashed]}
    assert set(mistakes(APPLICATION, other)) == {"[1].api_keys[0]"}


def test_two_applications_cannot_share_a_client_id_or_a_key() -> None:
    found = mistakes(APPLICATION, APPLICATION)

    assert set(found) == {"[1].client_id", "[1].api_keys[0]"}
    assert APPLICATION["api_keys"][0] not in str(found)


def test_page_that_no_origin_is_registered_for_is_noticed() -> None:
    page = {key: value for key, value in APPLICATION.items() if key != "api_keys"}

    assert any("applications[0].allowed_origins: is empty" in each for each in notices(page))
    assert notices(APPLICATION) == notices({**page, "allowed_origins": ["http://localhost:8888"]}) == []


def test_applications_that_nobody_can_use_are_noticed() -> None:
    assert any("workos.enabled: is false" in each for each in notices(APPLICATION, enabled=False))
    assert any("workos.applications: is empty" in each for each in notices())


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_sdks_are_served_with_keys_that_they_verify(algorithm: str) -> None:
    wanted = {"session.jwt.algorithm": algorithm}

    assert list(refused({**wanted, "workos.enabled": True})) == ["session.jwt.algorithm"]
    assert refused(wanted) == {}
