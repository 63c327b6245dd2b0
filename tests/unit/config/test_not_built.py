import pytest

from tests.unit.config.files import CLIENT_ID, microsoft, refused

MICROSOFT = "third_party.providers.microsoft"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("session.jwt_template.claims", {"role": "x"}),
        ("account.allow_deletion", True),
        ("hanko.enabled", False),
        ("workos.enabled", True),
        ("workos.applications", [{"name": "x"}]),
        ("webhooks.hooks", [{"callback": "https://app.example.com"}]),
        ("webhooks.allow_private", ["10.0.0.0/8"]),
    ],
)
def test_what_is_not_built_is_known_and_refused(key: str, value: object) -> None:
    assert refused({key: value}) == {key: "is not available in this version (leave it out)"}


@pytest.mark.parametrize("kind", ["certificate", "federated_file", "managed_identity"])
def test_other_credentials_than_secrets_are_not_built(kind: str) -> None:
    found = refused(microsoft(client_id=CLIENT_ID, credentials=[{"kind": kind, "file": "x", "id": "a"}]))

    assert found == {f"{MICROSOFT}.credentials[0].kind": "is not available in this version (kind: secret)"}


def test_what_is_not_built_is_accepted_at_its_default() -> None:
    keys = {
        "hanko.enabled": True,
        "workos": {"enabled": False, "applications": []},
    }

    assert refused(keys) == {}
