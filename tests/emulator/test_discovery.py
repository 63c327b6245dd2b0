from email.message import Message

import pytest

from tests.emulator.client import ALDER, PERSONAL, Client

PATH = "/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("segment", ["common", "organizations"])
async def test_documents_for_many_directories_hold_the_placeholder_literally(client: Client, segment: str) -> None:
    document = (await client.send("GET", f"/{segment}{PATH}")).json
    assert document["issuer"] == f"{client.peer.base_url}/{{tenantid}}/v2.0"
    assert document["token_endpoint"] == f"{client.peer.base_url}/{segment}/oauth2/v2.0/token"
    assert document["tenant_region_scope"] is None


@pytest.mark.parametrize(
    ("segment", "shown", "tenant"),
    [
        (ALDER, ALDER, ALDER),
        (ALDER.upper(), ALDER, ALDER),
        ("alder.example", ALDER, ALDER),
        ("ALDER.onmicrosoft.com", ALDER, ALDER),
        ("consumers", "consumers", PERSONAL),
        (PERSONAL, PERSONAL, PERSONAL),
    ],
)
async def test_documents_of_one_directory_name_its_guid(client: Client, segment: str, shown: str, tenant: str) -> None:
    document = (await client.send("GET", f"/{segment}{PATH}")).json
    assert document["issuer"] == f"{client.peer.base_url}/{tenant}/v2.0"
    assert document["authorization_endpoint"] == f"{client.peer.base_url}/{shown}/oauth2/v2.0/authorize"
    assert document["jwks_uri"] == f"{client.peer.base_url}/{shown}/discovery/v2.0/keys"
    assert document["tenant_region_scope"]


async def test_document_lacks_what_microsofts_lacks(client: Client) -> None:
    document = (await client.send("GET", f"/common{PATH}")).json
    missing = {
        "code_challenge_methods_supported",
        "revocation_endpoint",
        "introspection_endpoint",
        "registration_endpoint",
        "authorization_response_iss_parameter_supported",
        "backchannel_logout_supported",
        "check_session_iframe",
    }
    assert not missing & document.keys()
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert document["token_endpoint_auth_methods_supported"][0] == "client_secret_post"
    assert document["request_uri_parameter_supported"] is False


@pytest.mark.parametrize("path", [PATH, "/discovery/v2.0/keys"])
async def test_metadata_may_be_cached_for_a_day_and_read_by_pages(client: Client, path: str) -> None:
    headers = (await client.send("GET", f"/common{path}")).headers
    assert headers["Cache-Control"] == "max-age=86400, private"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["x-ms-request-id"]
    assert headers["x-ms-ests-server"]
    parsed = Message()
    parsed["Content-Type"] = headers["Content-Type"]
    assert parsed.get_content_type() == "application/json"


@pytest.mark.parametrize("path", [PATH, "/discovery/v2.0/keys"])
@pytest.mark.parametrize("tenant", ["unknown.example", "b12c0000-0000-4000-8000-00000000dead", "commons"])
async def test_unknown_tenant_is_told_in_the_shape_of_a_token_error(client: Client, path: str, tenant: str) -> None:
    answer = await client.send("GET", f"/{tenant}{path}")
    assert answer.status == 400
    assert answer.json["error"] == "invalid_tenant"
    assert answer.json["error_codes"] == [90002]
    assert answer.json["error_description"].startswith("AADSTS90002: ")


async def test_instance_discovery_knows_one_host(client: Client) -> None:
    base = client.peer.base_url
    query = {"api-version": "1.1", "authorization_endpoint": f"{base}/common/oauth2/v2.0/authorize"}
    document = (await client.send("GET", "/common/discovery/instance", params=query)).json
    assert document["tenant_discovery_endpoint"] == f"{base}/common{PATH}"
    assert document["api-version"] == "1.1"
    host = base.removeprefix("http://")
    assert document["metadata"] == [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]


@pytest.mark.parametrize(
    ("endpoint", "number"),
    [
        (None, 900144),
        ("https://login.microsoftonline.com/common/oauth2/v2.0/authorize", 50049),
        ("http://[", 50049),
        ("BASE.evil.example/common/oauth2/v2.0/authorize", 50049),
        ("BASE/nowhere/oauth2/v2.0/authorize", 50049),
    ],
)
async def test_instance_discovery_refuses_foreign_endpoints(client: Client, endpoint: str | None, number: int) -> None:
    query = {} if endpoint is None else {"authorization_endpoint": endpoint.replace("BASE", client.peer.base_url)}
    answer = await client.send("GET", "/common/discovery/instance", params=query)
    assert answer.status == 400
    assert answer.json["error_codes"] == [number]


async def test_error_numbers_are_explained_where_error_uri_points(client: Client) -> None:
    refused = await client.redeem(None)
    answer = await client.send("GET", refused.json["error_uri"])
    assert answer.status == 200
    assert "AADSTS900144" in answer.text
    assert (await client.send("GET", "/error?code=%3Cscript%3E")).status == 200
