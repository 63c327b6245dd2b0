import re

import pytest

from tests.emulator.client import REDIRECT_URI, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT

PATH = "/common/oauth2/v2.0/logout"
ORGANIZATIONS = "c11e0000-0000-4000-8000-000000000002"
LOGOUT_URL = "https://app.example/logout?from=microsoft"


async def logout(client: Client, **parameters: str) -> Answer:
    return await client.send("GET", PATH, params=parameters)


async def signed_in(client: Client, person: str) -> bool:
    return "code" in (await client.authorize(prompt="none", login_hint=person)).reply


def frames(answer: Answer) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(r'<iframe [^>]*src="([^"]+)"', answer.text)]


async def test_discovery_names_the_endpoint(client: Client) -> None:
    document = (await client.send("GET", "/common/v2.0/.well-known/openid-configuration")).json
    assert document["end_session_endpoint"] == client.peer.base_url + PATH


async def test_browser_goes_back_to_a_registered_redirect_uri_with_state(client: Client) -> None:
    await client.authorize("alice")
    answer = await logout(client, post_logout_redirect_uri=REDIRECT_URI, state="a b")
    assert (answer.status, answer.location) == (302, f"{REDIRECT_URI}?state=a+b")
    assert not await signed_in(client, "alice")
    assert (await logout(client, post_logout_redirect_uri=REDIRECT_URI)).location == REDIRECT_URI


async def test_logout_may_be_posted(client: Client) -> None:
    await client.authorize("alice")
    answer = await client.send("POST", PATH, data={"post_logout_redirect_uri": REDIRECT_URI})
    assert answer.location == REDIRECT_URI
    assert not await signed_in(client, "alice")


@pytest.mark.parametrize(
    "parameters",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": REDIRECT_URI + "/"},
        {"post_logout_redirect_uri": REDIRECT_URI, "client_id": "c11e0000-0000-4000-8000-0000000000ff"},
        {"post_logout_redirect_uri": "javascript:alert(1)"},
        {},
    ],
    ids=str,
)
async def test_anywhere_else_it_ends_on_the_providers_page(client: Client, parameters: dict[str, str]) -> None:
    await client.authorize("alice")
    answer = await logout(client, **parameters)
    assert answer.status == 200
    assert "You are signed out" in answer.text
    assert "evil.example" not in answer.text
    assert not await signed_in(client, "alice")


async def test_redirect_uri_has_to_be_of_the_application_that_is_named(client: Client) -> None:
    added = "https://app.example/thirdparty/callback"
    await client.peer.registrations(client_id=FIRST_CLIENT, add_redirect_uris=[added])
    assert (await logout(client, post_logout_redirect_uri=added, client_id=FIRST_CLIENT)).location == added
    assert (await logout(client, post_logout_redirect_uri=added, client_id=ORGANIZATIONS)).status == 200


async def test_repeated_parameter_and_unknown_tenant_are_refused(client: Client) -> None:
    assert (await client.send("GET", f"{PATH}?state=a&state=b")).status == 400
    assert (await client.send("GET", PATH.replace("common", "nowhere"))).status == 400


async def test_among_several_accounts_one_is_chosen(client: Client) -> None:
    for person in ("alice", "bob"):
        await client.authorize(person)
    page = await logout(client, post_logout_redirect_uri=REDIRECT_URI)
    assert "Which account" in page.text
    assert await signed_in(client, "alice")
    (alice,) = re.findall(r'name="session" value="([0-9a-f-]+)">Alice', page.text)
    answer = await client.send("POST", PATH, data={"post_logout_redirect_uri": REDIRECT_URI, "session": alice})
    assert answer.location == REDIRECT_URI
    assert (await signed_in(client, "alice"), await signed_in(client, "bob")) == (False, True)


async def test_logout_hint_is_the_claim_login_hint_and_skips_the_choice(client: Client) -> None:
    claims = await client.sign_in("alice")
    await client.authorize("bob")
    assert "Which account" in (await logout(client, logout_hint="alice@alder.example")).text
    await logout(client, logout_hint=claims["login_hint"])
    assert (await signed_in(client, "alice"), await signed_in(client, "bob")) == (False, True)


async def test_id_token_hint_names_the_session_too(client: Client) -> None:
    token = (await client.redeem(await client.code("alice"))).json["id_token"]
    await client.authorize("bob")
    answer = await logout(client, id_token_hint=token, post_logout_redirect_uri=REDIRECT_URI)
    assert answer.location == REDIRECT_URI
    assert (await signed_in(client, "alice"), await signed_in(client, "bob")) == (False, True)
    for odd in ("a.b.c", "x", "..", "a." + "W10" + ".c"):
        assert (await logout(client, id_token_hint=odd)).status == 200


async def test_signed_out_page_loads_the_logout_urls_of_those_who_took_part(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, logout_url=LOGOUT_URL)
    await client.peer.registrations(client_id=ORGANIZATIONS, logout_url="http://localhost:9000/out")
    first = await client.sign_in("alice")
    assert frames(await logout(client)) == [f"{LOGOUT_URL}&sid={first['sid']}"]
    second = await client.sign_in("alice", client_id=ORGANIZATIONS)
    third = await client.sign_in("alice")
    assert second["sid"] == third["sid"] != first["sid"]
    answer = await logout(client, post_logout_redirect_uri=REDIRECT_URI)
    sid = f"sid={third['sid']}"
    assert frames(answer) == [f"http://localhost:9000/out?{sid}", f"{LOGOUT_URL}&{sid}"]
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-src http://localhost:9000 https://app.example;" in policy
    assert f'href="{REDIRECT_URI}"' in answer.text


async def test_personal_session_has_no_sid_to_tell(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, logout_url=LOGOUT_URL)
    await client.sign_in("dave")
    assert frames(await logout(client)) == []


@pytest.mark.parametrize(
    ("logout_url", "fits"),
    [
        ("https://app.example/out", True),
        ("http://localhost:8000/thirdparty/logout/microsoft", True),
        ("http://app.example/out", False),
        ("https://app.example/out#part", False),
        ("https://app.example/out; frame-src *", False),
        ("https://app.example/" + "a" * 250, False),
        ("", True),
    ],
)
async def test_logout_url_is_https_or_on_the_loopback(client: Client, logout_url: str, fits: bool) -> None:
    order = {"client_id": FIRST_CLIENT, "logout_url": logout_url}
    answer = await client.send("POST", "/_control/registrations", json=order)
    assert answer.status == (200 if fits else 400)
    if fits:
        assert answer.json["logout_url"] == (logout_url or None)


async def test_logout_can_fail_as_control_orders(client: Client) -> None:
    await client.peer.fault("logout", status=503)
    await client.peer.fault("logout", aadsts=90033)
    assert (await logout(client)).status == 503
    assert "AADSTS90033" in (await logout(client)).text
    assert (await logout(client)).status == 200
