import json
from typing import Any

import pytest

from broker.emulator.people import PEOPLE
from tests.emulator.client import Answer, Client
from tests.peers.microsoft import FIRST_CLIENT

GROUPS = ("GroupMember.Read.All",)
EVERYBODY = "6e000000-0000-4000-8000-000000000001"


def token(client: Client, person: str = "alice", *scopes: str) -> str:
    emulator = client.peer.emulator
    return emulator.access_tokens.issue(
        person=PEOPLE[person], scopes=scopes, client_id=FIRST_CLIENT, now=emulator.clock.now(), lifetime=3600
    )


async def ask(client: Client, path: str, presented: str, method: str = "GET", **rest: Any) -> Answer:
    headers = {"Authorization": f"Bearer {presented}", **rest.pop("headers", {})}
    url = path if path.startswith("http") else f"{client.peer.base_url}{path}"
    async with client.http.request(method, url, headers=headers, **rest) as answer:
        body = (await answer.read()).decode("latin-1")
        return Answer(status=answer.status, headers=answer.headers, text=body)


@pytest.mark.parametrize("prefix", ["/graph", ""])
async def test_work_account_reads_who_it_is(client: Client, prefix: str) -> None:
    redeemed = await client.redeem(await client.code("alice", scope="openid User.Read"))
    answer = await ask(client, f"{prefix}/v1.0/me", redeemed.json["access_token"])
    assert answer.json == {
        "@odata.context": f"{client.peer.base_url}{prefix}/v1.0/$metadata#users/$entity",
        "businessPhones": [],
        "displayName": "Alice Alder",
        "givenName": "Alice",
        "jobTitle": None,
        "mail": "alice@alder.example",
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": "en-US",
        "surname": "Alder",
        "userPrincipalName": "alice@alder.example",
        "id": "5eed0000-0000-4000-8000-0000000000a1",
    }


async def test_personal_account_has_nulls_and_an_id_of_sixteen_digits(client: Client) -> None:
    body = (await ask(client, "/graph/v1.0/me", token(client, "dave", "User.Read"))).json
    assert body["id"] == "da7e000000000001"
    assert body["mail"] is body["preferredLanguage"] is None
    assert body["userPrincipalName"] == "dave@outlook.example"


async def test_without_a_live_token_the_refusal_is_graphs(client: Client) -> None:
    live = token(client, "alice", "User.Read")
    for headers in (
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {live}x"},
    ):
        answer = await client.send("GET", "/graph/v1.0/me", headers=headers)
        assert answer.status == 401
        assert answer.json["error"]["code"] == "InvalidAuthenticationToken"
        assert answer.json["error"].keys() == {"code", "message", "innerError"}
        assert answer.json["error"]["innerError"].keys() == {"date", "request-id", "client-request-id"}
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    client.peer.advance(3601)
    assert (await ask(client, "/graph/v1.0/me", live)).status == 401


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/graph/v1.0/me", "User.Read"),
        ("GET", "/graph/v1.0/me/photo/$value", "User.Read"),
        ("GET", "/graph/v1.0/me/memberOf", "GroupMember.Read.All"),
        ("GET", "/graph/v1.0/me/transitiveMemberOf", "Directory.Read.All"),
        ("POST", "/graph/v1.0/me/getMemberGroups", "https://graph.microsoft.com/Group.Read.All"),
        ("GET", "/graph/oidc/userinfo", "openid"),
    ],
)
async def test_each_call_needs_its_permission(client: Client, method: str, path: str, needed: str) -> None:
    body = json.dumps({"securityEnabledOnly": False})
    assert (await ask(client, path, token(client, "alice", needed), method, data=body)).status == 200
    refused = await ask(client, path, token(client, "alice", "profile"), method, data=body)
    assert (refused.status, refused.json["error"]["code"]) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize("path", ["photo/$value", "photos/48x48/$value", "photos/648x648/$value"])
async def test_photo_is_a_jpeg_where_there_is_one(client: Client, path: str) -> None:
    answer = await ask(client, f"/graph/v1.0/me/{path}", token(client, "alice", "User.Read"))
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.text.startswith("\xff\xd8\xff")
    missing = await ask(client, f"/graph/v1.0/me/{path}", token(client, "bob", "User.Read"))
    assert (missing.status, missing.json["error"]["code"]) == (404, "ImageNotFound")
    odd = await ask(client, "/graph/v1.0/me/photos/1x1/$value", token(client, "alice", "User.Read"))
    assert odd.status == 404


async def test_groups_come_in_pages_on_the_same_host(client: Client) -> None:
    presented, found, pages = token(client, "ivan", *GROUPS), [], 0
    path: str | None = "/graph/v1.0/me/transitiveMemberOf?$top=1&$select=id"
    while path:
        body = (await ask(client, path, presented)).json
        found += body["value"]
        path, pages = body.get("@odata.nextLink"), pages + 1
        assert path is None or path.startswith(f"{client.peer.base_url}/graph/v1.0/me/transitiveMemberOf?")
    assert pages == len(found) == 2
    assert found[0] == {"@odata.type": "#microsoft.graph.group", "id": EVERYBODY}


async def test_groups_are_counted_where_eventual_consistency_will_do(client: Client) -> None:
    presented, path = (
        token(client, "ivan", *GROUPS),
        "/graph/v1.0/me/transitiveMemberOf/microsoft.graph.group?$count=true",
    )
    assert (await ask(client, path, presented, headers={"ConsistencyLevel": "eventual"})).json["@odata.count"] == 2
    assert "@odata.count" not in (await ask(client, path, presented)).json
    assert (await ask(client, f"{path}&$top=1000", presented)).status == 400
    assert (await ask(client, f"{path}&$skiptoken=x", presented)).status == 400


async def test_all_group_ids_come_at_once_where_asked_for(client: Client) -> None:
    presented, path = token(client, "alice", *GROUPS), "/graph/v1.0/me/getMemberGroups"
    answer = await ask(client, path, presented, "POST", json={"securityEnabledOnly": True})
    assert answer.json["value"] == [EVERYBODY, "6e000000-0000-4000-8000-000000000002"]
    for body in ("", "[]", "{}", "[" * 30_000):
        assert (await ask(client, path, presented, "POST", data=body)).status == 400


async def test_personal_accounts_and_other_directories_have_no_groups(client: Client) -> None:
    refused = await ask(client, "/graph/v1.0/me/memberOf", token(client, "dave", *GROUPS))
    assert (refused.status, refused.json["error"]["code"]) == (403, "AccessDenied")
    assert (await ask(client, "/graph/v1.0/me/memberOf", token(client, "mallory", *GROUPS))).json["value"] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_userinfo_is_of_the_id_tokens_subject_and_has_no_directory(client: Client, method: str) -> None:
    code = await client.code("alice")
    redeemed = (await client.redeem(code)).json
    claims = await client.verify(redeemed["id_token"])
    assert (await ask(client, "/graph/oidc/userinfo", redeemed["access_token"], method)).json == {
        "sub": claims["sub"],
        "name": "Alice Alder",
        "family_name": "Alder",
        "given_name": "Alice",
        "picture": f"{client.peer.base_url}/graph/v1.0/me/photo/$value",
        "email": "alice@alder.example",
    }
    assert (await ask(client, "/graph/oidc/userinfo", token(client, "alice", "openid"), method)).json == {
        "sub": claims["sub"]
    }


async def test_address_that_tokens_leave_out_is_told_by_userinfo_and_graph(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, remove_unverified_email=True)
    redeemed = (await client.redeem(await client.code("mallory", scope="openid email User.Read"))).json
    assert "email" not in await client.verify(redeemed["id_token"])
    told = await ask(client, "/graph/oidc/userinfo", redeemed["access_token"])
    assert told.json["email"] == "alice@alder.example"
    assert (await ask(client, "/graph/v1.0/me", redeemed["access_token"])).json["mail"] == "alice@alder.example"


async def test_graph_can_throttle_and_fail_as_told(client: Client) -> None:
    presented = token(client, "alice", "User.Read")
    await client.peer.fault("graph", error="TooManyRequests", status=429, headers={"Retry-After": "7"})
    throttled = await ask(client, "/graph/v1.0/me", presented)
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "7")
    assert throttled.json["error"]["code"] == "TooManyRequests"
    await client.peer.fault("graph", status=503, body="<h1>Busy</h1>")
    assert (await ask(client, "/graph/v1.0/me", presented)).text == "<h1>Busy</h1>"
    assert (await ask(client, "/graph/v1.0/me", presented)).status == 200


async def test_reset_ends_access_tokens(client: Client) -> None:
    presented = token(client, "alice", "User.Read")
    await client.peer.reset()
    assert (await ask(client, "/graph/v1.0/me", presented)).status == 401
