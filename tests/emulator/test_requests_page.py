from typing import Any

import pytest

from broker.emulator.app import create_app
from tests.emulator.client import Client
from tests.peers.microsoft import FIRST_CLIENT, SECRET


async def page(client: Client) -> str:
    answer = await client.send("GET", "/requests")
    assert answer.status == 200
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


async def problem(client: Client) -> str:
    """What was wrong with the last request, which the page shows as control tells it."""
    last = (await client.peer.requests())[-1]
    return str(last["problem"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"redirect_uri": "http://localhost:8000/other"},
            "redirect_uri is not registered: http://localhost:8000/other.",
        ),
        ({"client_id": "c11e0000-0000-4000-8000-0000000000ff"}, "client_id is not known: c11e0000"),
        ({"scope": "openid Nothing.Known"}, "scope was: openid Nothing.Known."),
        ({"response_type": "id_token"}, "response_type was: id_token."),
        ({"client_id": "c11e0000-0000-4000-8000-000000000001"}, "signInAudience of this application is AzureADMyOrg"),
        ({"code_challenge_method": "S512"}, "code_challenge_method was: S512."),
    ],
)
async def test_refused_authorization_is_explained(client: Client, changes: dict[str, str], said: str) -> None:
    await client.authorize("alice", **changes)
    assert said in await problem(client)
    assert said.partition(":")[0] in await page(client)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_secret": "wrong"}, "client_secret is none of the registered ones"),
        ({"client_secret": None}, "Neither client_secret"),
        ({"code_verifier": "w" * 43}, "code_verifier does not belong"),
        ({"redirect_uri": "http://localhost:1/thirdparty/callback"}, "those of the authorization request"),
        ({"grant_type": "password"}, "grant_type was: password."),
        ({"client_secret": None, "client_assertion": "a.b"}, "client_assertion_type"),
    ],
)
async def test_refused_redemption_is_explained(client: Client, changes: dict[str, Any], said: str) -> None:
    await client.redeem(await client.code(), **changes)
    assert said in await problem(client)


async def test_graph_refusals_and_ordered_faults_are_told(client: Client) -> None:
    await client.send("GET", "/graph/v1.0/me")
    assert (await problem(client)).startswith("InvalidAuthenticationToken: ")
    await client.peer.fault("token", aadsts=50173)
    await client.redeem(await client.code())
    assert "Control had ordered a fault." in await problem(client)
    await client.peer.fault("keys", status=503)
    await client.send("GET", "/common/discovery/v2.0/keys")
    assert (await client.peer.requests())[-1]["status"] == 503
    assert "Control had ordered a fault." in await page(client)


async def test_page_masks_secrets_and_escapes_what_was_sent(client: Client) -> None:
    code = await client.code()
    await client.redeem(code, headers={"Authorization": "Bearer very-secret", "User-Agent": "<script>1</script>"})
    await client.authorize("alice", redirect_uri="https://app.example/<img src=x>")
    shown = await page(client)
    assert FIRST_CLIENT in shown
    for secret in (SECRET, code, "very-secret", "<script>", "<img"):
        assert secret not in shown


async def test_page_is_there_with_control_only() -> None:
    for control, there in ((True, True), (False, False)):
        app = create_app(base_url=None, control=control)
        assert ("/requests" in {getattr(route, "path", "") for route in app.routes}) is there
