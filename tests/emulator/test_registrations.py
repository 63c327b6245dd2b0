import re

import pytest

from broker.emulator.app import create_app
from broker.emulator.registrations import Audience, redirect_mistake
from tests.emulator.client import ALDER, BIRCH, PERSONAL, REDIRECT_URI, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT, running_microsoft

ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"
ORGANIZATIONS = "c11e0000-0000-4000-8000-000000000002"
PERSONAL_ONLY = "c11e0000-0000-4000-8000-000000000003"


def outcome(answer: Answer) -> str:
    """`code`, or the AADSTS number (`error` where there is none) with where it was said."""
    if answer.status == 302:
        if "error" not in answer.reply:
            return "code"
        number = re.match(r"AADSTS([0-9]+): ", answer.reply["error_description"])
        return f"redirect {number[1] if number else answer.reply['error']}"
    return "page " + answer.text.partition("AADSTS")[2].partition(":")[0]


@pytest.mark.parametrize(
    ("client_id", "tenant", "person", "expected"),
    [
        (FIRST_CLIENT, "common", "alice", "code"),
        (FIRST_CLIENT, "common", "dave", "code"),
        (FIRST_CLIENT, "organizations", "mallory", "code"),
        (FIRST_CLIENT, "organizations", "dave", "page 50020"),
        (FIRST_CLIENT, "consumers", "erin", "code"),
        (FIRST_CLIENT, PERSONAL, "erin", "code"),
        (FIRST_CLIENT, "consumers", "alice", "page 50020"),
        (FIRST_CLIENT, "alder.example", "alice", "code"),
        (FIRST_CLIENT, ALDER, "mallory", "page 50020"),
        (FIRST_CLIENT, BIRCH, "mallory", "code"),
        (FIRST_CLIENT, "nowhere.example", "alice", "page 90002"),
        (ALDER_ONLY, ALDER, "alice", "code"),
        (ALDER_ONLY, "common", "alice", "redirect 50194"),
        (ALDER_ONLY, "organizations", "alice", "redirect 50194"),
        (ALDER_ONLY, "consumers", "dave", "page 9002332"),
        (ALDER_ONLY, BIRCH, "mallory", "page 700016"),
        (ORGANIZATIONS, "organizations", "alice", "code"),
        (ORGANIZATIONS, BIRCH, "mallory", "code"),
        (ORGANIZATIONS, "common", "alice", "code"),
        (ORGANIZATIONS, "common", "dave", "redirect unauthorized_client"),
        (ORGANIZATIONS, "consumers", "dave", "page 9002332"),
        (PERSONAL_ONLY, "consumers", "dave", "code"),
        (PERSONAL_ONLY, PERSONAL, "dave", "code"),
        (PERSONAL_ONLY, "common", "dave", "page 9002331"),
        (PERSONAL_ONLY, "organizations", "alice", "page 9002331"),
        (PERSONAL_ONLY, ALDER, "alice", "page 9002331"),
        ("c11e0000-0000-4000-8000-0000000000ff", "common", "alice", "page 700016"),
    ],
)
async def test_audience_of_a_registration_fits_segment_and_person(
    client: Client, client_id: str, tenant: str, person: str, expected: str
) -> None:
    assert outcome(await client.authorize(person, tenant=tenant, client_id=client_id)) == expected


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost/thirdparty/callback",
        "http://localhost:8000/thirdparty/callback",
        "http://localhost:1/thirdparty/callback",
        "http://127.0.0.1:65535/thirdparty/callback",
    ],
)
async def test_loopback_redirect_matches_on_any_port(client: Client, redirect_uri: str) -> None:
    answer = await client.authorize("alice", redirect_uri=redirect_uri)
    assert answer.location.startswith(redirect_uri + "?code=")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:8000/thirdparty/Callback",
        "http://localhost:8000/thirdparty/callback/",
        "http://localhost:8000/thirdparty/callback?a=b",
        "http://localhost:8000/thirdparty/callback?",
        "http://localhost:8000/thirdparty/callback#",
        "http://localhost:8000/thirdparty/callback\n",
        "http://localhost:8000/thirdparty/../thirdparty/callback",
        "http://localhost:8000/thirdparty%2Fcallback",
        "http://localhost:8000//thirdparty/callback",
        "http://localhost:/thirdparty/callback",
        "http://localhost:80000000/thirdparty/callback",
        "http://LOCALHOST:8000/thirdparty/callback",
        "HTTP://localhost:8000/thirdparty/callback",
        "https://localhost:8000/thirdparty/callback",
        "http://localhost.evil.example/thirdparty/callback",
        "http://evil.example/thirdparty/callback",
        "http://user@localhost:8000/thirdparty/callback",
        "http://localhost:8000@evil.example/thirdparty/callback",
        "http://localhost:8000\\@evil.example/thirdparty/callback",
        "http://127.0.0.2:8000/thirdparty/callback",
        "http://127.1/thirdparty/callback",
        "http://[::1]:8000/thirdparty/callback",
        "http://[::1/thirdparty/callback",
        "javascript:alert(1)",
    ],
)
async def test_any_other_redirect_ends_on_the_providers_page(client: Client, redirect_uri: str) -> None:
    answer = await client.authorize("alice", redirect_uri=redirect_uri)
    assert "Location" not in answer.headers
    assert outcome(answer) == "page 50011"
    assert answer.status == 400


async def test_redirect_uris_can_be_added_and_match_exactly(client: Client) -> None:
    added = "https://app.example/thirdparty/callback"
    await client.peer.registrations(client_id=FIRST_CLIENT, add_redirect_uris=[added])
    assert outcome(await client.authorize("alice", redirect_uri=added)) == "code"
    assert outcome(await client.authorize("alice", redirect_uri=REDIRECT_URI)) == "code"
    for other in ("https://app.example:443/thirdparty/callback", "https://app.example/thirdparty/callback/"):
        assert outcome(await client.authorize("alice", redirect_uri=other)) == "page 50011"
    await client.peer.reset()
    assert outcome(await client.authorize("alice", redirect_uri=added)) == "page 50011"


async def test_redirect_uri_without_a_path_gets_one_in_the_answer(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, add_redirect_uris=["https://app.example"])
    answer = await client.authorize("alice", redirect_uri="https://app.example")
    assert answer.location.startswith("https://app.example/?code=")


async def test_redirect_uris_given_at_the_start_hold_for_every_registration_and_survive_a_reset() -> None:
    extra = "https://broker.example/thirdparty/callback"
    async with running_microsoft(redirect_uris=[extra]) as peer, Client.open(peer) as client:
        await peer.reset()
        assert outcome(await client.authorize("alice", redirect_uri=extra)) == "code"
        answer = await client.authorize("dave", tenant="consumers", client_id=PERSONAL_ONLY, redirect_uri=extra)
        assert outcome(answer) == "code"


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://app.example/callback",
        "http://[::1]:8000/callback",
        "ftp://app.example/callback",
        "https:///callback",
        "https://*.app.example/callback",
        "https://app.example/callback?tenant=1",
        "https://app.example/callback#part",
        "https://app.example/call back",
        "https://app.example/" + "a" * 240,
        *(f"https://app.example/call{sign}back" for sign in "!$'(),;"),
    ],
)
def test_redirect_uri_that_microsoft_would_not_register_is_refused(redirect_uri: str) -> None:
    assert redirect_mistake(redirect_uri, Audience.ANY_DIRECTORY_AND_PERSONAL)
    with pytest.raises(ValueError, match="a redirect URI"):
        create_app(base_url=None, control=False, redirect_uris=[redirect_uri])


def test_query_in_a_redirect_uri_is_for_organizations_only() -> None:
    assert redirect_mistake("https://app.example/callback?a=b", Audience.ANY_DIRECTORY) is None


async def test_a_new_registration_can_be_added(client: Client) -> None:
    new = "c11e0000-0000-4000-8000-0000000000AA"
    shown = await client.peer.registrations(
        client_id=new,
        audience="AzureADMyOrg",
        tenant="birch.example",
        secrets=[{"value": "another-secret"}],
        redirect_uris=[REDIRECT_URI],
    )
    assert shown["client_id"] == new.lower()
    assert shown["secrets"] == [{"value": "***", "expires_at": None}]
    code = await client.code("mallory", tenant=BIRCH, client_id=new)
    answer = await client.redeem(code, tenant=BIRCH, client_id=new, client_secret="another-secret")
    assert answer.status == 200
    assert outcome(await client.authorize("alice", tenant=ALDER, client_id=new)) == "page 700016"
