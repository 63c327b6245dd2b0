"""The profile flow: what a signed-in person sees of their account, and can do to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.hanko.steps import FlowClient
from tests.peers.microsoft import MicrosoftPeer


async def opened(browser: Browser) -> FlowClient:
    """A profile that is open in this browser."""
    client = FlowClient(browser)
    await client.start("profile")
    await client.run("register_client_capabilities", {})
    return client


async def test_profile_shows_the_person_and_where_they_are_signed_in(alice: Browser) -> None:
    client = await opened(alice)
    assert client.state["name"] == "profile_init"
    payload = client.state["payload"]
    assert payload["user"]["emails"][0]["address"] == "alice@alder.example"
    assert [each["current"] for each in payload["sessions"]] == [True]
    assert "disconnect_thirdparty_oauth_provider" not in client.state["actions"]
    assert "account_delete" not in client.state["actions"]
    assert client.state["actions"]["email_delete"]["inputs"]["email_id"].get("allowed_values") is None


async def test_profile_without_session_is_unauthorized(browser: Browser) -> None:
    state = await FlowClient(browser).start("profile")
    assert (state["name"], state["status"], state["error"]["code"]) == ("error", 401, "unauthorized")


async def test_another_session_is_ended_and_the_own_one_is_not_offered(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as elsewhere:
        await elsewhere.sign_in("alice")
        client = await opened(alice)
        offered = client.state["actions"]["session_delete"]["inputs"]["session_id"]["allowed_values"]
        own = next(each["id"] for each in client.state["payload"]["sessions"] if each["current"])
        assert own not in {each["value"] for each in offered}
        refused = await client.run("session_delete", {"session_id": own})
        assert refused["status"] == 400
        await client.run("session_delete", {"session_id": offered[0]["value"]})
        assert len(client.state["payload"]["sessions"]) == 1
        assert (await elsewhere.get("/me")).status == 401
    assert (await alice.get("/me")).status == 200


@pytest.fixture
async def leaving(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """A broker whose people may delete their accounts."""
    changes = {"account": {"allow_deletion": True}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def test_account_is_deleted_with_its_session_and_cookie(leaving: RunningBroker) -> None:
    async with leaving.browser() as browser:
        await browser.sign_in("alice")
        client = await opened(browser)
        state = await client.run("account_delete")
        assert (state["name"], state["status"], state["actions"]) == ("account_deleted", 200, {})
        assert client.page is not None
        assert any(cookie.startswith("hanko=;") for cookie in client.page.set_cookies)
        assert (await browser.get("/me")).status == 401
        assert await leaving.application.broker.users.list() == []
