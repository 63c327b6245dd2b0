from typing import Any

import pytest

from tests.unit.config.files import CLIENT_ID, loaded, microsoft, refused

MICROSOFT = "third_party.providers.microsoft"


def trusting(*tenants: dict[str, Any]) -> dict[str, Any]:
    return {"email": {"trusted_tenants": list(tenants)}}


def test_half_credentials_are_refused() -> None:
    assert "no secret beside it" in refused(microsoft(client_id=CLIENT_ID))[f"{MICROSOFT}.secret"]
    assert "no client_id" in refused(microsoft(secret="x"))[f"{MICROSOFT}.client_id"]


def test_secret_and_credentials_together_are_refused() -> None:
    keys = microsoft(client_id=CLIENT_ID, secret="x", credentials=[{"kind": "secret", "value": "y"}])

    assert list(refused(keys)) == [f"{MICROSOFT}.credentials"]


@pytest.mark.parametrize("key", ["secret", "credentials"])
def test_id_of_a_secret_is_told_from_its_value(key: str) -> None:
    value: Any = CLIENT_ID if key == "secret" else [{"kind": "secret", "value": CLIENT_ID}]

    (found,) = refused(microsoft(client_id=CLIENT_ID, **{key: value})).values()

    assert "looks like the secret's ID" in found
    assert "use the secret's value" in found


def test_short_secret_is_the_one_credential() -> None:
    section = loaded(microsoft(client_id=CLIENT_ID, secret="x")).config.third_party.providers.microsoft

    assert [item.value.reveal() for item in section.all_credentials if item.value] == ["x"]


@pytest.mark.parametrize("form", [{"value": {"file": "s"}}, {"file": "s"}, {"value": "of-a-file"}])
def test_credential_may_be_a_file(tmp_path: Any, form: dict[str, Any]) -> None:
    (tmp_path / "s").write_text("of-a-file\n")
    keys = microsoft(
        client_id=CLIENT_ID, credentials=[{"kind": "secret", "id": "a", "expires_on": "2027-05-01", **form}]
    )

    (found,) = loaded(keys, base_dir=tmp_path).config.third_party.providers.microsoft.all_credentials

    assert found.value is not None
    assert found.value.reveal() == "of-a-file"
    assert str(found.expires_on) == "2027-05-01"


def test_credentials_without_a_value_or_with_anothers_keys_are_refused() -> None:
    keys = microsoft(client_id=CLIENT_ID, credentials=[{"kind": "secret"}, {"value": "x", "env": "X"}])

    assert set(refused(keys)) == {f"{MICROSOFT}.credentials[0].value", f"{MICROSOFT}.credentials[1].env"}


@pytest.mark.parametrize("value", ["my-app", CLIENT_ID.replace("-", ""), f"{{{CLIENT_ID}}}"])
def test_client_id_is_a_guid(value: str) -> None:
    assert "is no GUID" in refused(microsoft(client_id=value, secret="x"))[f"{MICROSOFT}.client_id"]


@pytest.mark.parametrize("value", ["common", "organizations", "consumers", CLIENT_ID, "alder.example", "Common"])
def test_tenants_that_there_are(value: str) -> None:
    assert loaded(microsoft(tenant=value)).config.third_party.providers.microsoft.tenant == value.lower()


@pytest.mark.parametrize(
    "value", ["", "any", "common/", "../common", "a b.com", "https://login.example.com", "x" * 300]
)
def test_other_tenants_are_refused(value: str) -> None:
    assert "is no tenant" in refused(microsoft(tenant=value))[f"{MICROSOFT}.tenant"]


def test_consumers_contradicts_a_ban_on_personal_accounts_and_a_list_of_tenants() -> None:
    found = refused(microsoft(tenant="consumers", tenants={"personal": False, "allow": [CLIENT_ID]}))

    assert set(found) == {f"{MICROSOFT}.tenants.personal", f"{MICROSOFT}.tenants.allow"}


def test_government_clouds_have_no_personal_accounts() -> None:
    credentials = {"client_id": CLIENT_ID, "secret": "x", "cloud": "usgov"}

    assert list(refused(microsoft(**credentials, tenant="consumers"))) == [f"{MICROSOFT}.tenant"]
    assert "has no effect" in loaded(microsoft(**credentials, tenants={"personal": True})).notices[0]


@pytest.mark.parametrize(
    ("tenants", "answer"),
    [
        ({}, True),
        ({"allow": [CLIENT_ID]}, False),
        ({"allow": [CLIENT_ID], "personal": True}, True),
        ({"personal": False}, False),
        ({"deny": [CLIENT_ID]}, True),
    ],
)
def test_personal_accounts_follow_the_list_unless_told(tenants: dict[str, Any], answer: bool) -> None:
    section = loaded(microsoft(tenants=tenants)).config.third_party.providers.microsoft.tenants

    assert section.admits_personal is answer


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"tenants": {"allow": ["not a tenant"]}}, "tenants.allow[0]"),
        ({"tenants": {"deny": ["9188040d-6c67-4c5b-b112-36a304b66dad"]}}, "tenants.deny[0]"),
        ({"tenants": {"deny": [CLIENT_ID], "allow": [CLIENT_ID.upper()]}}, "tenants.deny"),
        ({"email": {"sources": []}}, "email.sources"),
        ({"email": {"sources": ["email", "email"]}}, "email.sources"),
        ({"email": {"sources": ["preferred_username"]}}, "email.sources[0]"),
        (trusting({"tenant": "common", "domains": ["a.example"]}), "email.trusted_tenants[0].tenant"),
        (trusting({"tenant": CLIENT_ID, "domains": []}), "email.trusted_tenants[0].domains"),
        (trusting({"tenant": CLIENT_ID}), "email.trusted_tenants[0].domains"),
        (trusting({"tenant": CLIENT_ID, "domains": ["*.com"]}), "email.trusted_tenants[0].domains[0]"),
        (trusting(*[{"tenant": CLIENT_ID, "domains": ["a.example"]}] * 2), "email.trusted_tenants"),
        ({"email": {"on_unverified": "allow"}}, "email.on_unverified"),
        ({"scopes": ["profile", "email"]}, "scopes"),
        ({"scopes": ["openid", "email"]}, "scopes"),
        ({"scopes": ["openid profile"]}, "scopes[0]"),
        ({"scopes": ["openid", "profile", "https://graph.microsoft.com/.default"]}, "scopes"),
        ({"scopes": ["openid", "profile", "profile"]}, "scopes"),
        ({"extra_scopes_allowed": ['a"b']}, "extra_scopes_allowed[0]"),
        ({"prompt": "create"}, "prompt"),
        ({"authority": "https://login.example.com"}, "authority"),
        ({"hosts": ["graph.example.com"]}, "hosts"),
        ({"cloud": "custom", "client_id": CLIENT_ID, "secret": "x"}, "authority"),
        ({"cloud": "custom", "authority": "https://login.example.com"}, "client_id"),
        ({"cloud": "custom", "authority": "http://a.example", "client_id": CLIENT_ID, "secret": "x"}, "authority"),
        ({"cloud": "custom", "authority": "https://a.example/x", "client_id": CLIENT_ID, "secret": "x"}, "authority"),
        ({"cloud": "germany"}, "cloud"),
    ],
)
def test_microsoft_is_checked_at_load(keys: dict[str, Any], key: str) -> None:
    assert list(refused(microsoft(**keys))) == [f"{MICROSOFT}.{key}"]


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"session_claims": ["groups"]}, "session_claims"),
        ({"graph": "https://graph.example"}, "graph"),
        ({"cloud": "usgov", "graph": "https://graph.example"}, "graph"),
        (
            {
                "cloud": "custom",
                "authority": "https://login.example",
                "session_claims": ["groups"],
                "groups": "graph",
                "scopes": ["openid", "profile", "GroupMember.Read.All"],
            },
            "graph",
        ),
    ],
)
def test_groups_that_could_not_be_had_are_refused(members: dict[str, Any], key: str) -> None:
    assert list(refused(microsoft(client_id=CLIENT_ID, secret="x", **members))) == [f"{MICROSOFT}.{key}"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"groups": "token"}, "does not name groups"),
        ({"groups": "graph", "session_claims": ["groups"]}, "GroupMember.Read.All"),
    ],
)
def test_groups_that_nobody_will_see_are_noticed(members: dict[str, Any], words: str) -> None:
    notices = loaded(microsoft(client_id=CLIENT_ID, secret="x", **members)).notices
    assert any(words in notice for notice in notices), notices


def test_graph_of_the_department_of_defense_may_be_named() -> None:
    keys = microsoft(client_id=CLIENT_ID, secret="x", cloud="usgov", graph="https://dod-graph.microsoft.us")
    assert loaded(keys).config.third_party.providers.microsoft.graph == "https://dod-graph.microsoft.us"
