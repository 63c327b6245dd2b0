"""A further provider is connected in the profile, signs in from then on, and is parted with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browsers import Browser
from tests.contract.hanko.steps import PAGE, FlowClient, through_provider
from tests.contract.hanko.two_providers import (
    PEER,
    TwoProviders,
    connect,
    connected,
    profile_of,
    providers_in,
    two_providers,
)
from tests.contract.plain.calls import told
from tests.observed import all_rows, written


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[TwoProviders]:
    async with two_providers(tmp_path) as running:
        yield running


@pytest.fixture
async def alice(place: TwoProviders) -> AsyncIterator[Browser]:
    """Her browser, signed in with Microsoft."""
    async with place.broker.browser() as browser:
        assert (await browser.sign_in("alice")).status == 303
        yield browser


async def test_only_providers_that_are_not_connected_are_offered(alice: Browser) -> None:
    client = await profile_of(alice)
    inputs = client.state["actions"]["connect_thirdparty_oauth_provider"]["inputs"]
    assert inputs["provider"]["allowed_values"] == [{"value": PEER, "name": "Peer"}]
    assert inputs.keys() == {"provider", "redirect_to", "code_verifier"}
    refused = await client.run("connect_thirdparty_oauth_provider", {"provider": "microsoft", "redirect_to": PAGE})
    assert (refused["name"], refused["status"]) == ("profile_init", 400)
    assert refused["error"]["code"] == "form_data_invalid_error"


async def test_connected_provider_is_shown_everywhere_and_the_session_stays(
    place: TwoProviders, alice: Browser
) -> None:
    before = alice.cookie("hanko")
    client = await connected(place, alice)
    assert (client.state["name"], client.state["status"]) == ("profile_init", 200)
    assert providers_in(client.state) == ["Microsoft", "Peer"]
    assert "connect_thirdparty_oauth_provider" not in client.state["actions"]
    assert client.page is not None
    assert not client.page.set_cookies
    assert alice.cookie("hanko") == before
    me = told(await alice.get("/me"))
    assert sorted(each["provider"] for each in me["identities"]) == ["Microsoft", "Peer"]
    assert {each["address"]: [one["provider"] for one in each["identities"]] for each in me["emails"]} == {
        "alice@alder.example": ["Microsoft"],
        "person@peer.example": ["Peer"],
    }
    assert [each["current"] for each in client.state["payload"]["sessions"]] == [True]


async def test_connected_provider_signs_in_to_the_same_account(place: TwoProviders, alice: Browser) -> None:
    await connected(place, alice)
    async with place.broker.browser() as elsewhere:
        state = await place.signed_in_by_peer(elsewhere)
        assert state["payload"]["user"]["id"] == told(await alice.get("/me"))["id"]
    assert len(await place.broker.application.broker.users.list()) == 1


async def test_proof_at_the_callback_signs_nobody_in_and_changes_no_account(
    place: TwoProviders, alice: Browser
) -> None:
    client = await profile_of(alice)
    url = await connect(client)
    before = await all_rows(place.broker.application.broker.store)
    back = await place.through_peer(alice, url)
    assert not [cookie for cookie in back.set_cookies if cookie.startswith("hanko=")]
    after = await all_rows(place.broker.application.broker.store)
    assert written(before, after) == {"consumed_states": 1, "pending_identities": 1}


async def test_page_that_is_not_allowed_is_refused_before_anybody_leaves(alice: Browser) -> None:
    client = await profile_of(alice)
    inputs = {"provider": PEER, "redirect_to": "https://evil.example.org"}
    state = await client.run("connect_thirdparty_oauth_provider", inputs)
    assert (state["name"], state["status"], state["error"]["code"]) == ("profile_init", 400, "form_data_invalid_error")
    assert state["payload"]["user"]["id"]


async def test_whoever_cancels_comes_back_to_the_profile(place: TwoProviders) -> None:
    async with place.broker.browser() as browser:
        await place.signed_in_by_peer(browser)
        client = await profile_of(browser)
        back = await through_provider(browser, await connect(client, "microsoft"), "alice:cancel")
        assert back.query["error"] == "access_denied"
        state = await client.run("back")
        assert (state["name"], state["status"], providers_in(state)) == ("profile_init", 200, ["Peer"])


async def test_identity_of_somebody_else_is_refused_on_the_profile_and_stays_theirs(
    place: TwoProviders, alice: Browser
) -> None:
    async with place.broker.browser() as other:
        owner = (await place.signed_in_by_peer(other))["payload"]["user"]["id"]
    client = await connected(place, alice)
    assert (client.state["name"], client.state["status"]) == ("profile_init", 403)
    assert client.state["error"]["code"] == "operation_not_permitted_error"
    assert providers_in(client.state) == ["Microsoft"]
    async with place.broker.browser() as other:
        assert (await place.signed_in_by_peer(other))["payload"]["user"]["id"] == owner


async def test_code_is_good_once_and_its_verifier_is_demanded(place: TwoProviders, alice: Browser) -> None:
    client = await profile_of(alice)
    back = await place.through_peer(alice, await connect(client))
    at_provider, token = dict(client.state), back.query["hanko_token"]
    refused = await client.exchange(token, verifier=None)
    assert (refused["name"], refused["status"], providers_in(refused)) == ("profile_init", 400, ["Microsoft"])
    client.state = at_provider
    assert providers_in(await client.exchange(token)) == ["Microsoft", "Peer"]
    client.state = at_provider
    again = await client.exchange(token)
    assert (again["status"], again["error"]["code"], providers_in(again)) == (
        500,
        "technical_error",
        ["Microsoft", "Peer"],
    )


async def test_session_that_ended_at_the_provider_is_unauthorized_and_adds_nothing(
    place: TwoProviders, alice: Browser
) -> None:
    client = await profile_of(alice)
    back = await place.through_peer(alice, await connect(client))
    internals = place.broker.application.broker
    (user,) = await internals.users.list()
    await internals.users.lock(user.user.id)
    state = await client.exchange(back.query["hanko_token"])
    assert (state["name"], state["status"], state["error"]["code"]) == ("error", 401, "unauthorized")
    (user,) = await internals.users.list()
    assert len(user.identities) == 1


async def test_provider_is_parted_with_by_an_id_that_no_input_lists(place: TwoProviders, alice: Browser) -> None:
    client = await connected(place, alice)
    action = "disconnect_thirdparty_oauth_provider"
    assert client.state["actions"][action]["inputs"] == {}
    for given in ({}, {"identity_id": "00000000-0000-4000-8000-000000000000"}):
        refused = await client.run(action, given)
        assert (refused["name"], refused["status"]) == ("profile_init", 400)
        assert refused["error"]["code"] == "form_data_invalid_error"
    identities = client.state["payload"]["user"]["identities"]
    microsoft = next(each["identity_id"] for each in identities if each["provider"] == "Microsoft")
    href = client.state["actions"][action]["href"]
    state = await client.run(action, {"identity_id": microsoft})
    assert (state["status"], providers_in(state)) == (200, ["Peer"])
    assert action not in state["actions"]
    assert (await alice.get("/me")).status == 200
    peer = state["payload"]["user"]["identities"][0]["identity_id"]
    forged = await client.post(href, {"csrf_token": state["csrf_token"], "input_data": {"identity_id": peer}})
    assert (forged["name"], forged["status"]) == ("error", 403)
    assert len(told(await alice.get("/me"))["identities"]) == 1


async def test_session_by_a_provider_that_was_parted_with_ends_in_the_other_browser(
    place: TwoProviders, alice: Browser
) -> None:
    client = await connected(place, alice)
    async with place.broker.browser() as elsewhere:
        await place.signed_in_by_peer(elsewhere)
        identities = client.state["payload"]["user"]["identities"]
        peer = next(each["identity_id"] for each in identities if each["provider"] == "Peer")
        state = await client.run("disconnect_thirdparty_oauth_provider", {"identity_id": peer})
        assert [each["current"] for each in state["payload"]["sessions"]] == [True]
        assert (await elsewhere.get("/me")).status == 401


async def test_address_that_is_proven_names_the_account_and_the_old_one_goes(
    place: TwoProviders, alice: Browser
) -> None:
    client = await connected(place, alice)
    choosable = client.state["actions"]["email_set_primary"]["inputs"]["email_id"]["allowed_values"]
    assert [each["name"] for each in choosable] == ["person@peer.example"]
    state = await client.run("email_set_primary", {"email_id": choosable[0]["value"]})
    assert {each["address"]: each["is_primary"] for each in state["payload"]["user"]["emails"]} == {
        "alice@alder.example": False,
        "person@peer.example": True,
    }
    assert "allowed_values" not in state["actions"]["email_delete"]["inputs"]["email_id"], "Microsoft vouches for it"
    identities = state["payload"]["user"]["identities"]
    microsoft = next(each["identity_id"] for each in identities if each["provider"] == "Microsoft")
    state = await client.run("disconnect_thirdparty_oauth_provider", {"identity_id": microsoft})
    [removable] = state["actions"]["email_delete"]["inputs"]["email_id"]["allowed_values"]
    state = await client.run("email_delete", {"email_id": removable["value"]})
    assert [each["address"] for each in state["payload"]["user"]["emails"]] == ["person@peer.example"]
    assert "email_delete" in state["actions"], "without it the component breaks down"
    assert "email_set_primary" not in state["actions"]


async def test_account_is_added_to_parted_with_and_left_on_both_engines(
    tmp_path: Path, empty_database_url: str
) -> None:
    async with two_providers(tmp_path, database=empty_database_url) as place, place.broker.browser() as browser:
        await browser.sign_in("alice")
        client = await connected(place, browser)
        identities = client.state["payload"]["user"]["identities"]
        microsoft = next(each["identity_id"] for each in identities if each["provider"] == "Microsoft")
        state = await client.run("disconnect_thirdparty_oauth_provider", {"identity_id": microsoft})
        assert providers_in(state) == ["Peer"]
        async with place.broker.browser() as elsewhere:
            await place.signed_in_by_peer(elsewhere)
            assert (await client.run("account_delete"))["name"] == "account_deleted"
            assert (await elsewhere.get("/me")).status == 401
        assert await place.broker.application.broker.users.list() == []


async def test_whole_of_it_by_header_where_cookies_are_blocked(tmp_path: Path) -> None:
    """The page that starts at the broker carries nothing then, and is not refused for that."""
    by_header = {"session.enable_auth_token_header": True}
    async with two_providers(tmp_path, by_header) as place, place.broker.browser() as browser:
        login = FlowClient(browser)
        await login.sign_in("alice")
        assert login.page is not None
        bearer = {"Authorization": f"Bearer {login.page.headers['X-Auth-Token']}"}
        client = await profile_of(browser, bearer)
        back = await place.through_peer(browser, await connect(client))
        assert providers_in(await client.exchange(back.query["hanko_token"])) == ["Microsoft", "Peer"]
