"""What makes the emulator's answers Microsoft's: one test for each trait that clients stumble over.

Each is looked at more closely beside its subject; here they stand together, so that a reader sees at once what is kept.
"""

import re
from typing import Any

import pytest

from tests.emulator.certificate import ASSERTION_TYPE, Certified
from tests.emulator.client import ALDER, BIRCH, PERSONAL, REDIRECT_URI, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT

DISCOVERY = "v2.0/.well-known/openid-configuration"
MEMBERS = ["error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"]


async def document(client: Client, segment: str = "common") -> dict[str, Any]:
    content: dict[str, Any] = (await client.send("GET", f"/{segment}/{DISCOVERY}")).json
    return content


async def graph(client: Client, access_token: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {access_token}"}
    return (await client.send("GET", f"/graph{path}", headers=headers)).json


def numbers(answer: Answer) -> tuple[int, list[int]]:
    return answer.status, answer.json["error_codes"]


async def test_01_pkce_is_not_advertised_and_enforced_all_the_same(client: Client) -> None:
    assert "code_challenge_methods_supported" not in await document(client)
    for verifier in (None, "w" * 43):
        assert numbers(await client.redeem(await client.code(), code_verifier=verifier)) == (400, [501481])
    assert (await client.redeem(await client.code())).status == 200


async def test_02_issuer_of_many_directories_is_the_literal_placeholder(client: Client) -> None:
    for segment in ("common", "organizations"):
        assert (await document(client, segment))["issuer"] == f"{client.peer.base_url}/{{tenantid}}/v2.0"
    for segment, tenant in (("consumers", PERSONAL), ("alder.example", ALDER)):
        assert (await document(client, segment))["issuer"] == f"{client.peer.base_url}/{tenant}/v2.0"


async def test_03_keys_have_no_alg_and_say_issuer_and_cloud(client: Client) -> None:
    keys = await client.keys()
    assert all("alg" not in key for key in keys)
    assert all({"issuer", "x5c", "x5t", "cloud_instance_name"} <= key.keys() for key in keys)
    assert len([key for key in keys if key["issuer"].endswith(f"/{PERSONAL}/v2.0")]) == 2
    own = (await document(client))["cloud_instance_name"]
    assert len([key for key in keys if key["cloud_instance_name"] != own]) == 2


async def test_04_unproven_client_is_401_every_other_mistake_400_with_all_members(client: Client) -> None:
    unproven, malformed = await client.redeem("x", client_secret="wrong"), await client.redeem("x")
    assert numbers(unproven) == (401, [7000215])
    assert numbers(malformed) == (400, [9002313])
    assert numbers(await client.redeem("x", client_id="unknown")) == (400, [700016])
    for answer in (unproven, malformed):
        assert list(answer.json) == MEMBERS
        assert re.match(r"AADSTS[0-9]+: .*\r\nTrace ID: .*\r\nCorrelation ID: ", answer.json["error_description"])


async def test_05_cancel_comes_with_a_subcode_and_without_a_description(client: Client) -> None:
    answer = await client.authorize("alice:cancel")
    assert answer.reply == {"error": "access_denied", "error_subcode": "cancel", "state": "the-state"}


async def test_06_work_and_personal_tokens_differ_in_life_session_and_object_id(client: Client) -> None:
    work, personal = await client.sign_in("alice"), await client.sign_in("dave")
    assert (work["exp"] - work["iat"], personal["exp"] - personal["iat"]) == (3_900, 86_700)
    assert ("sid" in work, "sid" in personal) == (True, False)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", work["oid"])
    assert re.fullmatch(r"00000000-0000-0000-[0-9a-f]{4}-[0-9a-f]{12}", personal["oid"])
    assert (personal["tid"], personal["sub"][:21]) == (PERSONAL, "A" * 21)


async def test_07_refresh_token_stays_valid_after_it_was_used(client: Client) -> None:
    token = (await client.tokens())["refresh_token"]
    answers = [await client.refresh(token) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert len({token, *(answer.json["refresh_token"] for answer in answers)}) == 4


async def test_08_nothing_revokes_or_introspects_and_userinfo_says_little(client: Client) -> None:
    content = await document(client)
    assert not {"revocation_endpoint", "introspection_endpoint", "registration_endpoint"} & content.keys()
    for name in ("revoke", "introspect"):
        assert (await client.send("POST", f"/common/oauth2/v2.0/{name}")).status == 404
    said = await graph(client, (await client.tokens())["access_token"], "/oidc/userinfo")
    assert said.keys() == {"sub", "name", "family_name", "given_name", "picture", "email"}


async def test_09_throttling_is_bare_text_with_retry_after(client: Client) -> None:
    await client.peer.fault("token", status=429, headers={"Retry-After": "60"}, body="Too Many Requests")
    answer = await client.redeem("x")
    assert (answer.status, answer.text, answer.headers["Retry-After"]) == (429, "Too Many Requests", "60")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("redirect_uri", "fits"),
    [
        (REDIRECT_URI, True),
        (REDIRECT_URI.replace("8000", "65000"), True),
        (REDIRECT_URI.replace("callback", "Callback"), False),
        (REDIRECT_URI + "/", False),
        (REDIRECT_URI.replace("localhost", "[::1]"), False),
    ],
)
async def test_10_redirect_uri_matches_exactly_on_any_loopback_port(
    client: Client, redirect_uri: str, fits: bool
) -> None:
    assert ("Location" in (await client.authorize("alice", redirect_uri=redirect_uri)).headers) is fits


async def test_11_front_channel_logout_tells_sid_and_nothing_else(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, logout_url="https://app.example/out")
    sid = (await client.sign_in("alice"))["sid"]
    page = (await client.send("GET", "/common/oauth2/v2.0/logout")).text
    assert re.findall(r'<iframe [^>]*src="([^"]+)"', page) == [f"https://app.example/out?sid={sid}"]


async def test_12_code_is_bound_and_a_failed_client_authentication_does_not_burn_it(client: Client) -> None:
    code, late = await client.code(), await client.code()
    assert numbers(await client.redeem(code, client_secret="wrong")) == (401, [7000215])
    assert numbers(await client.redeem(code, tenant="organizations")) == (400, [700005])
    other: dict[str, Any] = {"client_id": "c11e0000-0000-4000-8000-000000000002"}
    assert numbers(await client.redeem(code, **other)) == (401, [500112])
    assert numbers(await client.redeem(code, redirect_uri=REDIRECT_URI.replace("8000", "8001"))) == (401, [500112])
    assert numbers(await client.redeem(code, code_verifier="w" * 43)) == (400, [501481])
    assert (await client.redeem(code)).status == 200
    assert numbers(await client.redeem(code)) == (400, [54005])
    client.peer.advance(600)
    assert numbers(await client.redeem(late)) == (400, [70008])


async def test_13_assertion_is_really_verified_and_another_hosts_audience_refused(client: Client) -> None:
    certified, stranger = Certified.make(), Certified.make()
    await client.peer.registrations(client_id=FIRST_CLIENT, certificates=[certified.pem])
    address = f"{client.peer.base_url}/common/oauth2/v2.0/token"
    alias = address.replace("localhost", "127.0.0.1")

    async def redeem(signer: Certified, audience: str, **changes: Any) -> Answer:
        assertion = signer.assertion(client_id=FIRST_CLIENT, audience=audience, **changes)
        proof: dict[str, Any] = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
        return await client.redeem(code, client_secret=None, **proof)

    code = await client.code()
    assert numbers(await redeem(certified, alias)) == (401, [700023])
    assert numbers(await redeem(stranger, address)) == (401, [700027])
    assert numbers(await redeem(certified, address, exp=1_000)) == (401, [700024])
    assert (await redeem(certified, address)).status == 200


async def test_14_unverified_address_leaves_the_token_but_not_userinfo_and_graph(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, remove_unverified_email=True)
    tokens = await client.tokens("mallory", scope="openid profile email User.Read")
    assert "email" not in await client.verify(tokens["id_token"])
    assert (await graph(client, tokens["access_token"], "/oidc/userinfo"))["email"] == "alice@alder.example"
    assert (await graph(client, tokens["access_token"], "/v1.0/me"))["mail"] == "alice@alder.example"


async def test_15_one_person_is_two_identities_through_common_and_as_a_guest(client: Client) -> None:
    at_home, as_guest = await client.sign_in("frank"), await client.sign_in("frank", tenant=ALDER)
    assert (at_home["tid"], as_guest["tid"]) == (BIRCH, ALDER)
    assert at_home["oid"] != as_guest["oid"]
    assert at_home["sub"] != as_guest["sub"]


async def test_16_metadata_may_be_kept_for_a_day_and_tokens_not_at_all(client: Client) -> None:
    metadata = await client.send("GET", f"/common/{DISCOVERY}")
    assert metadata.headers["Cache-Control"] == "max-age=86400, private"
    for answer in (await client.redeem(await client.code()), await client.redeem("x")):
        assert answer.headers["Cache-Control"] == "no-store, no-cache"
