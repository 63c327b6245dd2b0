import time
from typing import Any

import jwt
import pytest

from tests.emulator.certificate import ASSERTION_TYPE, Certified
from tests.emulator.client import ALDER, Client
from tests.peers.microsoft import FIRST_CLIENT

SUBJECT = "system:serviceaccount:login:broker"
EXCHANGE = "api://AzureADTokenExchange"
IDENTITY = "1de70000-0000-4000-8000-0000000000a1"
IMDS = f"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={EXCHANGE}"
APP_SERVICE = f"/msi/token?api-version=2019-08-01&resource={EXCHANGE}"


async def trust(client: Client, **changes: object) -> None:
    credential = {"name": "cluster", "issuer": f"{client.peer.base_url}/_federated", "subject": SUBJECT, **changes}
    await client.peer.registrations(client_id=FIRST_CLIENT, federated_credentials=[credential])


async def redeem(client: Client, assertion: str) -> int:
    """0 for a success, or the AADSTS number, after which the code still works."""
    form: dict[str, Any] = {
        "client_secret": None,
        "client_assertion": assertion,
        "client_assertion_type": ASSERTION_TYPE,
    }
    code = await client.code()
    answer = await client.redeem(code, **form)
    if answer.status == 200:
        return 0
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert (await client.redeem(code)).status == 200
    number: int = answer.json["error_codes"][0]
    return number


async def test_trusted_workload_authenticates(client: Client) -> None:
    await trust(client)
    assert await redeem(client, await client.peer.federated_token(SUBJECT)) == 0


async def test_without_a_federated_credential_nobody_else_is_believed(client: Client) -> None:
    assert await redeem(client, await client.peer.federated_token(SUBJECT)) == 70025


@pytest.mark.parametrize(
    ("trusted", "token", "expected"),
    [
        ({"issuer": "https://elsewhere.example"}, {}, 700211),
        ({"issuer": "BASE/_federated/"}, {}, 700211),
        ({"issuer": "BASE/_FEDERATED"}, {}, 7002137),
        ({"subject": "system:serviceaccount:login:other"}, {}, 700213),
        ({"subject": "system:serviceaccount:login:*"}, {}, 700213),
        ({"subject": SUBJECT.upper()}, {}, 7002138),
        ({"audiences": ["api://other"]}, {}, 700212),
        ({}, {"audience": "api://azureadtokenexchange"}, 700212),
        ({"audiences": ["api://other", "api://mine"]}, {"audience": "api://mine"}, 0),
        ({}, {"lifetime": -400}, 700024),
    ],
)
async def test_each_value_is_compared_exactly(
    client: Client, trusted: dict[str, Any], token: dict[str, Any], expected: int
) -> None:
    if "issuer" in trusted:
        trusted = {**trusted, "issuer": trusted["issuer"].replace("BASE", client.peer.base_url)}
    await trust(client, **trusted)
    assert await redeem(client, await client.peer.federated_token(SUBJECT, **token)) == expected


async def test_token_signed_by_another_key_is_refused_under_any_kid(client: Client) -> None:
    await trust(client)
    genuine = await client.peer.federated_token(SUBJECT)
    claims = jwt.decode(genuine, options={"verify_signature": False})
    stranger = Certified.make()
    for kid in (jwt.get_unverified_header(genuine)["kid"], "other"):
        assert await redeem(client, jwt.encode(claims, stranger.key, "RS256", headers={"kid": kid})) == 700027


async def test_issuer_that_would_have_to_be_fetched_is_not(client: Client) -> None:
    await trust(client, issuer="https://elsewhere.example")
    claims = {"iss": "https://elsewhere.example", "sub": SUBJECT, "aud": EXCHANGE, "exp": int(time.time()) + 60}
    assert await redeem(client, jwt.encode(claims, Certified.make().key, "RS256")) == 50166


async def test_built_in_issuer_publishes_the_key_that_signs(client: Client) -> None:
    base = f"{client.peer.base_url}/_federated"
    document = (await client.send("GET", f"{base}/.well-known/openid-configuration")).json
    (key,) = (await client.send("GET", document["jwks_uri"])).json["keys"]
    token = await client.peer.federated_token("a:b", audience="x")
    claims = jwt.decode(token, jwt.PyJWK(key), ["RS256"], audience="x", issuer=document["issuer"])
    assert (claims["iss"], claims["sub"]) == (base, "a:b")


@pytest.mark.parametrize(
    ("path", "headers"),
    [(IMDS, {"Metadata": "true"}), (APP_SERVICE, {"X-IDENTITY-HEADER": "emulator-identity-header"})],
)
async def test_managed_identity_is_trusted_by_principal_id(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = await client.send("GET", path, headers=headers)
    assert int(answer.json["expires_on"]) > time.time() + 80_000
    token = answer.json["access_token"]
    assert await redeem(client, token) == 70025
    await trust(client, issuer=f"{client.peer.base_url}/{ALDER}/v2.0", subject=IDENTITY)
    assert await redeem(client, token) == 0
    await client.peer.keys("emergency")
    assert await redeem(client, token) == 700027


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (IMDS, {}, (400, "metadata header")),
        (IMDS, {"Metadata": "false"}, (400, "metadata header")),
        (IMDS, {"Metadata": "true", "X-Forwarded-For": "10.0.0.1"}, (400, "proxy")),
        (IMDS.replace("2018-02-01", "2017"), {"Metadata": "true"}, (400, "api-version")),
        (IMDS.partition("&")[0], {"Metadata": "true"}, (400, "resource")),
        (IMDS + "&client_id=" + FIRST_CLIENT, {"Metadata": "true"}, (400, "not found")),
        (APP_SERVICE, {}, (401, "X-IDENTITY-HEADER")),
        (APP_SERVICE, {"X-IDENTITY-HEADER": "other"}, (401, "X-IDENTITY-HEADER")),
        (APP_SERVICE.partition("&")[0], {"X-IDENTITY-HEADER": "emulator-identity-header"}, (400, "resource")),
    ],
)
async def test_managed_identity_is_given_to_who_asks_properly(
    client: Client, path: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    answer = await client.send("GET", path, headers=headers)
    assert (answer.status, expected[1] in answer.text) == (expected[0], True), answer.text


async def test_identity_endpoint_can_fail_as_the_metadata_service_does(client: Client) -> None:
    for status in (404, 410, 429, 500):
        await client.peer.fault("identity", status=status)
        assert (await client.send("GET", IMDS, headers={"Metadata": "true"})).status == status
    assert (await client.send("GET", IMDS, headers={"Metadata": "true"})).status == 200
    assert (await client.peer.counters())["identity"] == 5
