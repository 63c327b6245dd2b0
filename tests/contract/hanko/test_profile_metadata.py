"""What a page keeps about its person: written by them in the profile, shown wherever the person is."""

from typing import Any

import pytest

from broker.models.events import NOBODY
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.steps import FlowClient
from tests.contract.hanko.two_providers import profile_of
from tests.contract.plain.calls import told


async def patched(client: FlowClient, patch: Any) -> dict[str, Any]:
    return await client.run("patch_metadata", {"patch_metadata": patch})


async def test_patch_is_merged_and_shown_wherever_the_person_is(alice: Browser) -> None:
    client = await profile_of(alice)
    assert "metadata" not in client.state["payload"]["user"]
    await patched(client, {"theme": "dark", "box": {"a": 1, "b": "\u00fc"}})
    state = await patched(client, {"theme": None, "box": {"a": None}})
    assert (state["name"], state["status"]) == ("profile_init", 200)
    shown = {"unsafe_metadata": {"box": {"b": "\u00fc"}}}
    assert state["payload"]["user"]["metadata"] == shown
    me = told(await alice.get("/me"))
    assert me["metadata"] == shown
    assert told(await alice.get(f"/users/{me['id']}"))["metadata"] == shown
    again = await FlowClient(alice).sign_in("alice")
    assert again["payload"]["user"]["metadata"] == shown


async def test_what_operators_keep_is_out_of_reach_and_the_private_part_out_of_sight(
    broker: RunningBroker, alice: Browser
) -> None:
    metadata = broker.application.broker.accounts.metadata
    user_id = told(await alice.get("/me"))["id"]
    kept = {"public": {"plan": "free"}, "private": {"score": "a-secret-score"}}
    await metadata.patch(user_id, kept, requester=NOBODY, actor="operator")
    client = await profile_of(alice)
    state = await patched(client, {"public_metadata": {"plan": "paid"}, "private": {"score": 1}})
    assert state["payload"]["user"]["metadata"]["public_metadata"] == {"plan": "free"}
    for page in (client.page, await alice.get("/me")):
        assert page is not None
        assert "a-secret-score" not in page.text
    assert (await metadata.of(user_id)).private == {"score": "a-secret-score"}


@pytest.mark.parametrize(
    "patch",
    ["text", 3, True, ["a"], {"long": "x" * 3001}],
    ids=["text", "number", "boolean", "list", "too long"],
)
async def test_patch_of_another_form_is_refused_and_changes_nothing(alice: Browser, patch: Any) -> None:
    client = await profile_of(alice)
    state = await patched(client, patch)
    assert (state["name"], state["status"], state["error"]["code"]) == ("profile_init", 400, "form_data_invalid_error")
    assert "metadata" not in told(await alice.get("/me"))


async def test_characters_that_no_database_takes_are_refused_and_not_a_bug(alice: Browser) -> None:
    client = await profile_of(alice)
    assert (await patched(client, {"a": "\x00"}))["status"] == 200
    assert told(await alice.get("/me"))["metadata"]["unsafe_metadata"] == {"a": "\x00"}
    assert (await patched(client, {"a": "\ud800"}))["status"] == 400
