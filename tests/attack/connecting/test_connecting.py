"""Attacks on the adding of an identity, and on whose profile it is: each ends without anything added to anybody."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import Browser, Page
from tests.contract.hanko.steps import PAGE, VERIFIER, FlowClient
from tests.contract.hanko.two_providers import (
    TwoProviders,
    connect,
    connected,
    profile_of,
    providers_in,
    two_providers,
)
from tests.contract.plain.calls import told
from tests.observed import Counted, all_rows, written

REFUSED = PAGE.partition("#")[0] + "&error=wrong_browser"


@dataclass(kw_only=True)
class Scene:
    """Mallory, signed in, and a victim's browser, not yet; the broker knows both providers."""

    place: TwoProviders
    mallory: Browser
    victim: Browser

    async def rows(self) -> Mapping[str, Any]:
        return await all_rows(self.place.broker.application.broker.store)

    def counted(self) -> Counted:
        return Counted.of(self.place.broker.application.broker.metrics)

    async def identities(self) -> dict[str | None, list[str]]:
        """Who has which identities."""
        users = await self.place.broker.application.broker.users.list()
        return {each.user.name: sorted(one.provider for one in each.identities) for each in users}


async def a_scene(stack: AsyncExitStack, base_dir: Path, changes: Mapping[str, Any] | None = None) -> Scene:
    place = await stack.enter_async_context(two_providers(base_dir, changes))
    mallory, victim = [await stack.enter_async_context(place.broker.browser()) for _ in range(2)]
    assert (await mallory.sign_in("mallory")).status == 303
    return Scene(place=place, mallory=mallory, victim=victim)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield await a_scene(stack, tmp_path)


async def nobody(_scene: Scene) -> dict[str, str]:
    return {}


async def alice(scene: Scene) -> dict[str, str]:
    await scene.victim.sign_in("alice")
    return {}


async def alice_with_a_planted_session(scene: Scene) -> dict[str, str]:
    """A sibling host tossed mallory's cookie in beside hers."""
    await scene.victim.sign_in("alice")
    return {"Cookie": f"hanko={scene.victim.cookie('hanko')}; hanko={scene.mallory.cookie('hanko')}"}


async def with_a_broken_session(scene: Scene) -> dict[str, str]:
    return {"Cookie": f"hanko={(scene.mallory.cookie('hanko') or '')[:-4]}AAAA"}


@pytest.mark.parametrize("who", [nobody, alice, alice_with_a_planted_session, with_a_broken_session])
async def test_address_that_was_sent_to_a_victim_begins_nothing(scene: Scene, who: Any) -> None:
    """He would have her identity in his account: her next sign-in with it would end there, and so would her data."""
    url = await connect(await profile_of(scene.mallory))
    headers = await who(scene)
    rows, counted = await scene.rows(), scene.counted()
    page = await scene.victim.get(url, **headers)
    assert (page.status, (page.location or "").startswith(REFUSED)) == (303, True), page.location
    assert not page.set_cookies
    assert written(rows, await scene.rows()) == {}
    assert dict(scene.counted().since(counted).security) == {"wrong_browser": 1}


async def test_own_address_is_of_no_use_once_one_is_signed_out(scene: Scene) -> None:
    url = await connect(await profile_of(scene.mallory))
    assert (await scene.mallory.send("POST", "/logout")).status == 204
    assert ((await scene.mallory.get(url)).location or "").startswith(REFUSED)


async def test_where_sessions_are_headers_the_code_of_a_victim_ends_on_a_page_that_cannot_use_it(
    tmp_path: Path,
) -> None:
    """No cookie can say whose browser it is. Her page has neither his session nor his flow; he has not the code."""
    async with AsyncExitStack() as stack:
        scene = await a_scene(stack, tmp_path, {"session.enable_auth_token_header": True})
        his = FlowClient(scene.mallory)
        await his.sign_in("mallory")
        url = await connect(await profile_of(scene.mallory, bearer(his.page)))
        back = await scene.place.through_peer(scene.victim, url)
        code = back.query["hanko_token"]
        hers = FlowClient(scene.victim)
        await hers.sign_in("alice")
        profile = await profile_of(scene.victim, bearer(hers.page))
        await connect(profile)
        assert (await profile.exchange(code))["error"]["code"] == "technical_error"
        login = FlowClient(scene.victim)
        await login.to_provider()
        assert (await login.exchange(code))["error"]["code"] == "technical_error"
        assert all(each == ["microsoft"] for each in (await scene.identities()).values())


async def test_parameters_of_a_start_name_no_account_to_add_to(scene: Scene) -> None:
    me = told(await scene.mallory.get("/me"))["id"]
    await scene.victim.sign_in("alice", connect_to=me, redeemer="6f0b2f4e-6a43-4c9e-9f9e-0f3a3c2b1a00")
    assert told(await scene.victim.get("/me"))["id"] != me
    assert all(each == ["microsoft"] for each in (await scene.identities()).values())


async def test_sealed_state_is_no_ticket_and_a_ticket_no_sealed_state(scene: Scene) -> None:
    client = await profile_of(scene.mallory)
    page = await scene.mallory.get(f"/thirdparty/start?ticket={client.state['csrf_token']}")
    assert "error=invalid_request" in (page.location or "")
    href = client.state["actions"]["email_delete"]["href"]
    ticket = (await connect(client)).partition("ticket=")[2]
    answer = await client.post(href, {"csrf_token": ticket, "input_data": {}})
    assert (answer["name"], answer["status"]) == ("error", 403)


async def test_code_that_adds_signs_nobody_in_and_one_that_signs_in_adds_nothing(scene: Scene) -> None:
    client = await profile_of(scene.mallory)
    back = await scene.place.through_peer(scene.mallory, await connect(client))
    token = back.query["hanko_token"]
    body = {"value": token, "code_verifier": VERIFIER}
    assert (await scene.victim.send("POST", "/token", json=body)).status == 404
    login = FlowClient(scene.victim)
    there = await login.signed_in_at_provider(await login.to_provider(), "alice")
    assert (await login.exchange(token))["error"]["code"] == "technical_error"
    at_provider = dict(client.state)
    assert (await client.exchange(there.query["hanko_token"]))["error"]["code"] == "technical_error"
    client.state = at_provider
    assert providers_in(await client.exchange(token)) == ["Microsoft", "Peer"], "and neither try used it up"


async def test_callback_that_is_replayed_brings_no_second_code(scene: Scene) -> None:
    client = await profile_of(scene.mallory)
    back = await scene.place.through_peer(scene.mallory, await connect(client))
    rows = await scene.rows()
    again = await scene.mallory.get(back.url)
    assert again.query["error"] == "already_used"
    assert written(rows, await scene.rows()) == {}


async def test_flow_of_one_account_adds_nothing_for_another_in_the_same_browser(scene: Scene) -> None:
    """Somebody signed in as somebody else between the button and the way back."""
    client = await profile_of(scene.mallory)
    back = await scene.place.through_peer(scene.mallory, await connect(client))
    await scene.mallory.sign_in("alice")
    state = await client.exchange(back.query["hanko_token"])
    assert (state["name"], state["status"]) == ("profile_init", 403)
    assert state["error"]["code"] == "operation_not_permitted_error"
    assert state["payload"]["user"]["name"] == "Alice Alder"
    assert all(each == ["microsoft"] for each in (await scene.identities()).values())


async def test_state_of_another_persons_profile_does_nothing(scene: Scene) -> None:
    """Every action of it, by a session of one's own."""
    theirs = await connected(scene.place, scene.mallory)
    await scene.victim.sign_in("alice")
    actions, token = theirs.state["actions"], theirs.state["csrf_token"]
    assert {"email_delete", "email_set_primary", "disconnect_thirdparty_oauth_provider", "account_delete"} <= set(
        actions
    )
    rows = await scene.rows()
    for action in actions.values():
        mine = FlowClient(scene.victim)
        answer = await mine.post(action["href"], {"csrf_token": token, "input_data": {}})
        assert (answer["name"], answer["status"]) == ("error", 403), action["action"]
        assert answer["error"]["code"] == "operation_not_permitted_error"
    assert written(rows, await scene.rows()) == {}


async def test_ids_of_another_person_are_none_of_ones_own(scene: Scene) -> None:
    theirs = (await connected(scene.place, scene.mallory)).state["payload"]
    async with scene.place.broker.browser() as elsewhere:
        await elsewhere.sign_in("alice")
        await scene.victim.sign_in("alice")
        mine = await profile_of(scene.victim)
        rows = await scene.rows()
        for action, inputs in (
            ("session_delete", {"session_id": theirs["sessions"][0]["id"]}),
            ("email_delete", {"email_id": theirs["user"]["emails"][0]["id"]}),
        ):
            refused = await mine.run(action, inputs)
            assert (refused["name"], refused["status"]) == ("profile_init", 400)
        assert written(rows, await scene.rows()) == {}
    assert (await scene.mallory.get("/me")).status == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_page_of_a_stranger_does_nothing_with_a_profile(scene: Scene, headers: dict[str, str]) -> None:
    client = await profile_of(scene.mallory)
    rows = await scene.rows()
    client.headers = headers
    state = await client.run("account_delete")
    assert (state["name"], state["status"]) == ("error", 403)
    assert written(rows, await scene.rows()) == {}


async def test_whoever_has_the_flow_but_no_session_is_unauthorized(scene: Scene) -> None:
    client = await profile_of(scene.mallory)
    back = await scene.place.through_peer(scene.mallory, await connect(client))
    client.browser = scene.victim
    state = await client.exchange(back.query["hanko_token"])
    assert (state["name"], state["status"], state["error"]["code"]) == ("error", 401, "unauthorized")
    assert all(each == ["microsoft"] for each in (await scene.identities()).values())


def bearer(page: Page | None) -> dict[str, str]:
    assert page is not None
    return {"Authorization": f"Bearer {page.headers['X-Auth-Token']}"}
