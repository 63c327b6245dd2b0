import pytest

from tests.unit.config.files import CLIENT_ID, microsoft, refused

MICROSOFT = "third_party.providers.microsoft"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{MICROSOFT}.groups", "token"),
        (f"{MICROSOFT}.response_mode", "form_post"),
        (f"{MICROSOFT}.graph", "https://graph.example.com"),
        (f"{MICROSOFT}.return_provider_tokens", True),
        (f"{MICROSOFT}.recheck", "1h"),
        (f"{MICROSOFT}.custom_signing_keys", True),
        (f"{MICROSOFT}.logout.rp_initiated", True),
        (f"{MICROSOFT}.logout.frontchannel", False),
        (f"{MICROSOFT}.logout.redirects", ["https://app.example.com/"]),
        (f"{MICROSOFT}.provider_tokens.by_session", True),
        (f"{MICROSOFT}.provider_tokens.origins", ["https://app.example.com"]),
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
        **microsoft(groups="off", recheck=None, logout={"frontchannel": True}, response_mode="query"),
        "hanko.enabled": True,
        "workos": {"enabled": False, "applications": []},
    }

    assert refused(keys) == {}
