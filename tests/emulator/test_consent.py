import html
import re
from typing import Any

import pytest

from tests.emulator.client import ALDER, BIRCH, REDIRECT_URI, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT

ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"
ORGANIZATIONS = "c11e0000-0000-4000-8000-000000000002"
GRAPH = "https://graph.microsoft.com"


def asked_for(answer: Answer) -> list[str]:
    """The permissions that the consent page names; none if it is another page."""
    return re.findall(r"<li>.* <code>(.+)</code></li>", answer.text) if "Permissions requested" in answer.text else []


async def decide(client: Client, page: Answer, decision: str, **more: str) -> Answer:
    """Press a button of the consent page."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    form = {name: html.unescape(value) for name, value in fields} | {"decision": decision, **more}
    return await client.send("POST", action[1], data=form)


async def pick(client: Client, person: str, **changes: str | None) -> Answer:
    """Choose a person on the sign-in page."""
    request = "&".join(f"{name}={value}" for name, value in client.authorization(**changes).items())
    return await client.send("POST", "/common/login", data={"request": request, "person": person})


def number(answer: Answer) -> str:
    text = answer.reply["error_description"] if "Location" in answer.headers else answer.text
    return text.partition("AADSTS")[2].partition(":")[0]


async def test_signing_in_alone_asks_for_nothing(client: Client) -> None:
    assert "code" in (await pick(client, "alice")).reply


async def test_more_is_asked_for_once_and_only_what_is_new(client: Client) -> None:
    scope = "openid offline_access User.Read"
    page = await pick(client, "alice", scope=scope)
    assert (page.status, asked_for(page)) == (200, scope.split())
    assert (await client.redeem((await decide(client, page, "accept")).reply["code"])).json["refresh_token"]
    assert "code" in (await pick(client, "alice", scope=scope)).reply
    assert asked_for(await pick(client, "alice", scope=scope + " Mail.Read")) == [*scope.split(), "Mail.Read"]
    # Each person, each application, each directory for itself.
    assert asked_for(await pick(client, "bob", scope=scope))
    assert asked_for(await pick(client, "alice", scope=scope, client_id=ORGANIZATIONS))


async def test_earlier_consent_shows_in_the_scope_of_the_answer(client: Client) -> None:
    await client.tokens(scope="openid User.Read")
    answer = await client.redeem(await client.code(scope="openid"))
    assert answer.json["scope"] == "openid User.Read"


async def test_declined_consent_comes_back_with_its_number(client: Client) -> None:
    page = await pick(client, "alice", scope="openid User.Read")
    answer = await decide(client, page, "decline")
    assert (answer.reply["error"], number(answer), answer.reply["state"]) == ("access_denied", "65004", "the-state")
    assert asked_for(await pick(client, "alice", scope="openid User.Read"))


async def test_consent_is_the_one_of_the_browser_that_was_asked(client: Client) -> None:
    page = await pick(client, "alice", scope="openid User.Read")
    client.http.cookie_jar.clear()
    answer = await decide(client, page, "accept")
    assert "no longer signed in" in answer.text
    assert asked_for(await pick(client, "alice", scope="openid User.Read"))


async def test_prompt_consent_asks_again(client: Client) -> None:
    page = await pick(client, "alice", prompt="consent")
    assert asked_for(page) == ["openid", "profile", "email"]
    assert "code" in (await decide(client, page, "accept")).reply


async def test_automatic_person_consents_or_declines_as_told(client: Client) -> None:
    scope = "openid User.Read"
    assert number(await client.authorize("alice:decline", scope=scope)) == "65004"
    assert "code" in (await client.authorize("alice", scope=scope)).reply
    assert "code" in (await pick(client, "alice", scope=scope)).reply
    # Where nothing has to be asked for there is nothing to decline, unless the request wants to be asked.
    assert "code" in (await client.authorize("alice:decline")).reply
    assert number(await client.authorize("alice:decline", prompt="consent")) == "65004"


async def test_silent_sign_in_without_consent_is_told_so(client: Client) -> None:
    await client.authorize("alice")
    answer = await client.authorize(prompt="none", scope="openid User.Read")
    assert (answer.reply["error"], number(answer)) == ("consent_required", "65001")


async def test_signed_in_person_is_asked_for_consent_without_the_sign_in_page(client: Client) -> None:
    await client.authorize("alice")
    assert asked_for(await client.authorize(login_hint="alice", scope="openid User.Read")) == ["openid", "User.Read"]


async def test_what_only_an_administrator_allows_stops_on_the_providers_page(client: Client) -> None:
    scope = "openid GroupMember.Read.All"
    for answer in (await pick(client, "alice", scope=scope), await client.authorize("alice", scope=scope)):
        assert (answer.status, number(answer)) == (200, "90094")
    page = await pick(client, "ivan", scope=scope)
    assert "everybody in Alder" in page.text
    await decide(client, page, "accept", for_directory="yes")
    assert "code" in (await pick(client, "alice", scope=scope)).reply
    assert number(await pick(client, "mallory", scope=scope)) == "90094"


async def test_only_an_administrators_tick_speaks_for_the_directory(client: Client) -> None:
    await decide(client, await pick(client, "alice", scope="openid User.Read"), "accept", for_directory="yes")
    assert asked_for(await pick(client, "bob", scope="openid User.Read"))


async def test_personal_account_has_nobody_to_allow_it(client: Client) -> None:
    answer = await client.authorize("dave", scope="openid GroupMember.Read.All")
    assert (answer.reply["error"], number(answer)) == ("invalid_scope", "70011")


@pytest.mark.parametrize(
    ("scope", "where", "expected"),
    [
        ("openid calendar", "redirect", "650053"),
        ("openid Files.Read", "page", "65005"),
        ("https://unknown.example/Files.Read", "redirect", "500011"),
        (f"{GRAPH}/.default Mail.Read", "redirect", "70011"),
    ],
)
async def test_scope_that_is_not_configured_is_refused(client: Client, scope: str, where: str, expected: str) -> None:
    answer = await client.authorize("alice", scope=scope)
    assert ("Location" in answer.headers) == (where == "redirect")
    assert number(answer) == expected


async def test_permission_can_be_configured_and_scopes_named_by_their_address(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, permissions=["Files.Read", "User.Read"])
    for address in (GRAPH, f"{client.peer.base_url}/graph"):
        tokens = await client.tokens(scope=f"openid {address}/files.read")
        assert tokens["scope"].split()[:2] == ["openid", "Files.Read"]
    assert (await client.tokens("bob", scope=f"openid {GRAPH}/.default"))["scope"] == "openid Files.Read User.Read"
    refused = {"client_id": FIRST_CLIENT, "permissions": ["Everything.Read"]}
    assert (await client.send("POST", "/_control/registrations", json=refused)).status == 400


async def test_consent_of_a_guest_is_given_in_the_directory_that_invited(client: Client) -> None:
    await client.tokens("frank")
    assert asked_for(await pick(client, "frank", scope="openid offline_access")) == []
    request = "&".join(f"{k}={v}" for k, v in client.authorization(scope="openid offline_access").items())
    page = await client.send("POST", f"/{ALDER}/login", data={"request": request, "person": "frank"})
    assert asked_for(page) == ["openid", "offline_access"]


def consent_link(**changes: str | None) -> dict[str, Any]:
    parameters = {
        "client_id": FIRST_CLIENT,
        "scope": f"{GRAPH}/GroupMember.Read.All",
        "redirect_uri": REDIRECT_URI,
        "state": "s",
        "login_hint": "auto:ivan",
        **changes,
    }
    return {"params": {name: value for name, value in parameters.items() if value is not None}}


async def test_administrator_consents_for_the_directory_by_link(client: Client) -> None:
    answer = await client.send("GET", f"/{ALDER}/v2.0/adminconsent", **consent_link())
    assert answer.reply == {
        "admin_consent": "True",
        "tenant": ALDER,
        "state": "s",
        "scope": f"{GRAPH}/GroupMember.Read.All",
    }
    assert "code" in (await client.authorize("alice", scope="openid GroupMember.Read.All")).reply
    await client.peer.people("alice", withdraw_admin_consent=[FIRST_CLIENT])
    assert number(await client.authorize("alice", scope="openid GroupMember.Read.All")) == "90094"


async def test_older_link_consents_to_everything_that_is_configured(client: Client) -> None:
    answer = await client.send("GET", "/common/adminconsent", **consent_link(scope=None))
    assert answer.reply == {"admin_consent": "True", "tenant": ALDER, "state": "s"}
    scope = "openid offline_access User.Read Mail.Read Calendars.Read GroupMember.Read.All"
    assert "code" in (await pick(client, "carol", scope=scope)).reply


async def test_link_shows_pages_to_somebody_without_script(client: Client) -> None:
    path = "/organizations/v2.0/adminconsent"
    page = await client.send("GET", path, **consent_link(login_hint=None))
    assert re.findall(r'name="person" value="([a-z]+)"', page.text) == ["ivan"]
    request = re.search(r'name="request" value="([^"]*)"', page.text)
    assert request
    asked = await client.send("POST", path, data={"request": html.unescape(request[1]), "person": "ivan"})
    assert asked_for(asked) == ["GroupMember.Read.All"]
    assert "on behalf of everybody in Alder" in asked.text
    again = await client.send("GET", path, **consent_link(login_hint=None))
    assert asked_for(again) == ["GroupMember.Read.All"]
    assert number(await decide(client, again, "decline")) == "65004"
    assert (await decide(client, again, "accept")).reply["admin_consent"] == "True"


@pytest.mark.parametrize(
    ("path", "changes", "expected"),
    [
        ("/common/v2.0/adminconsent", {}, "90130"),
        ("/consumers/adminconsent", {}, "90130"),
        ("/nowhere/adminconsent", {}, "90002"),
        ("/organizations/adminconsent", {"client_id": None}, "900144"),
        ("/organizations/adminconsent", {"client_id": "unknown"}, "700016"),
        ("/organizations/adminconsent", {"redirect_uri": "https://evil.example/"}, "50011"),
        ("/organizations/adminconsent", {"login_hint": "auto:alice"}, "90094"),
        ("/organizations/adminconsent", {"login_hint": "auto:judy"}, "50057"),
        ("/organizations/adminconsent", {"login_hint": "auto:nobody"}, "50034"),
        (f"/{BIRCH}/adminconsent", {}, "50020"),
        ("/organizations/v2.0/adminconsent", {"scope": None}, "900144"),
        ("/organizations/v2.0/adminconsent", {"scope": "Files.Read"}, "65005"),
        ("/organizations/v2.0/adminconsent", {"login_hint": "auto:ivan:decline"}, "65004"),
    ],
)
async def test_link_that_cannot_be_followed_is_refused(
    client: Client, path: str, changes: dict[str, str | None], expected: str
) -> None:
    answer = await client.send("GET", path, **consent_link(**changes))
    assert number(answer) == expected
    assert "admin_consent" not in answer.headers.get("Location", "")


async def test_administrator_of_another_directory_cannot_consent_to_an_application_of_one(client: Client) -> None:
    await client.peer.people("mallory", admin=True)
    link = consent_link(client_id=ALDER_ONLY, login_hint="auto:mallory", scope=None)
    assert number(await client.send("GET", "/organizations/adminconsent", **link)) == "700016"
    cancelled = await client.send("GET", f"/{ALDER}/adminconsent", **consent_link(login_hint="auto:ivan:cancel"))
    assert cancelled.reply == {"error": "access_denied", "error_subcode": "cancel", "state": "s"}


async def test_decision_and_link_can_fail_as_control_orders(client: Client) -> None:
    for endpoint in ("consent", "admin_consent"):
        await client.peer.fault(endpoint, aadsts=90033)
    page = await pick(client, "alice", scope="openid User.Read")
    assert number(await decide(client, page, "accept")) == "90033"
    assert number(await client.send("GET", f"/{ALDER}/adminconsent", **consent_link())) == "90033"
