"""`/webhooks` of the admin API, exchange by exchange as Hanko answers it; and what is ours beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker.clock import FrozenClock
from broker.models.keys import Scope
from broker.store import audit
from tests.brokers import running_broker
from tests.webhooks.receiver import Receiver
from tests.webhooks.stage import Stage, configured

NOBODY = "00000000-0000-4000-8000-000000000000"
UNKNOWN = {"code": 404, "message": "unable to find webhook with id: %s"}


def refused(text: str) -> dict[str, Any]:
    return {"code": 400, "message": f"code=400, message={text}"}


async def ask(stage: Stage, method: str, path: str, body: object = None, *scopes: Scope) -> tuple[int, Any]:
    """As a program with a key."""
    keys = stage.broker.application.broker.api_keys
    name = f"test {method} {path} {stage.clock.now_ms()}"
    stage.clock.advance(0.001)
    key = (await keys.create(name, scopes=scopes or None)).key
    async with stage.broker.browser() as program:
        page = await program.send(
            method,
            stage.broker.admin_url + path,
            headers={
                "Authorization": f"Bearer {key}",
                **({} if body is None else {"Content-Type": "application/json"}),
            },
            data=None if body is None else json.dumps(body),
        )
    return page.status, json.loads(page.body) if page.body else None


async def test_hook_is_made_read_changed_listed_and_removed(simple: Stage) -> None:
    assert await ask(simple, "GET", "/webhooks") == (200, {"database": [], "config": None})
    made = {"callback": "http://127.0.0.1:9298/hook", "events": ["user", "email.send"]}
    status, hook = await ask(simple, "POST", "/webhooks", made)
    assert status == 201
    assert list(hook) == ["id", "callback", "enabled", "failures", "expires_at", "events", "created_at", "updated_at"]
    assert (hook["callback"], hook["enabled"], hook["failures"]) == (made["callback"], True, 0)
    assert [each["event"] for each in hook["events"]] == made["events"]
    assert await ask(simple, "GET", f"/webhooks/{hook['id']}") == (200, hook)

    change = {"callback": "http://127.0.0.1:9297/hook", "events": ["user.create"], "enabled": True}
    status, changed = await ask(simple, "PUT", f"/webhooks/{hook['id']}", change)
    assert (status, changed["callback"], changed["id"]) == (200, change["callback"], hook["id"])
    assert await ask(simple, "GET", "/webhooks") == (200, {"database": [changed], "config": None})
    assert await ask(simple, "DELETE", f"/webhooks/{hook['id']}") == (204, None)
    assert await ask(simple, "GET", f"/webhooks/{hook['id']}") == (404, UNKNOWN)
    async with simple.store.read() as connection:
        trail = [one for one in await audit.entries(connection) if one.type.startswith("webhook.")]
    assert [one.type for one in trail] == ["webhook.deleted", "webhook.changed", "webhook.created"]
    assert {one.detail["webhook"] for one in trail} == {hook["id"]}
    assert all(str(one.detail["api_key"]).startswith("test ") and one.ip_address == "127.0.0.1" for one in trail)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "callback is a required field and events is a required field"),
        ({"callback": "no url", "events": ["user"]}, "callback must be a valid URL"),
        ({"callback": "http://127.0.0.1/", "events": []}, "length of events must be greater or equal to 1"),
        ({"callback": "http://127.0.0.1/", "events": ["nope"]}, "nope in events[0] is not a valid webhook event"),
        ({"callback": "http://127.0.0.1/", "events": ["user", 7]}, "7 in events[1] is not a valid webhook event"),
        ({"callback": "http://127.0.0.1/", "events": "user"}, "events must be a list of events"),
        ({"callback": 7, "events": ["user"]}, "callback must be a string"),
        ({"callback": "https://10.0.0.1/", "events": ["user"]}, "callback is a private address"),
        (
            {"callback": "https://a:b@app.example/", "events": ["user"]},
            "callback must not hold a user name or password",
        ),
    ],
)
async def test_what_is_wrong_with_a_hook_is_said_as_hanko_says_it(simple: Stage, body: object, text: str) -> None:
    assert await ask(simple, "POST", "/webhooks", body) == (400, refused(text))
    assert await simple.rows("webhooks") == []


@pytest.mark.parametrize("unverified", ["\ud800", "\x00", "a" * 10_000, {"a": "\udfff"}, ["user"], None, True])
async def test_whatever_stands_for_an_event_is_refused_and_never_a_fault_of_ours(
    simple: Stage, unverified: object
) -> None:
    status, body = await ask(simple, "POST", "/webhooks", {"callback": simple.receiver.url(), "events": [unverified]})
    assert status == 400
    assert len(body["message"]) < 200
    status, _ = await ask(simple, "POST", "/webhooks", {"callback": unverified, "events": ["user"]})
    assert status == 400


async def test_page_of_deliveries_begins_at_an_event_of_the_hook(simple: Stage) -> None:
    hook = await simple.hook()
    for before in ("%00", "x", NOBODY, "%ed%a0%80"):
        status, _ = await ask(simple, "GET", f"/webhooks/{hook.id}/deliveries?before={before}")
        assert status in (400, 404)


async def test_change_must_say_whether_the_hook_is_on_and_may_say_no(simple: Stage) -> None:
    hook = await simple.hook()
    path, change = f"/webhooks/{hook.id}", {"callback": hook.callback, "events": ["user"]}
    assert await ask(simple, "PUT", path, change) == (400, refused("enabled is a required field"))
    assert await ask(simple, "PUT", path, {**change, "enabled": "no"}) == (
        400,
        refused("enabled must be true or false"),
    )
    status, changed = await ask(simple, "PUT", path, {**change, "enabled": False})
    assert (status, changed["enabled"]) == (200, False)
    assert (await ask(simple, "GET", "/webhooks"))[1]["database"][0]["enabled"] is False


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_hook_that_is_not_there_is_named_literally_and_an_id_that_is_none_is_refused(
    simple: Stage, method: str
) -> None:
    body = {"callback": "http://127.0.0.1/", "events": ["user"], "enabled": True} if method == "PUT" else None
    assert await ask(simple, method, f"/webhooks/{NOBODY}", body) == (404, UNKNOWN)
    assert await ask(simple, method, "/webhooks/x", body) == (400, refused("ID must be a valid uuid4"))


async def test_hooks_of_the_configuration_are_listed_and_not_changed(simple: Stage, receiver: Receiver) -> None:
    await simple.broker.reload(configured(receiver, "user.create"))
    _, listed = await ask(simple, "GET", "/webhooks")
    (shown,) = listed["config"]
    assert (shown["callback"], shown["events"]) == (receiver.url(), ["user.create"])
    assert await ask(simple, "DELETE", f"/webhooks/{shown['id']}") == (404, UNKNOWN)
    assert (await ask(simple, "GET", f"/webhooks/{shown['id']}/deliveries")) == (200, [])


async def test_what_a_hook_did_not_take_is_listed_without_the_person_and_sent_again(simple: Stage) -> None:
    hook = await simple.hook()
    simple.receiver.answer = lambda _path: 503
    alice = await simple.user()
    await simple.happened(alice)
    await simple.drained()

    status, (failed,) = await ask(simple, "GET", f"/webhooks/{hook.id}/deliveries")
    assert status == 200
    assert (failed["event"], failed["user_id"], failed["state"], failed["attempts"]) == (
        "user.update",
        alice,
        "waiting",
        1,
    )
    assert (failed["last_status"], failed["last_failure"]) == (503, "HTTP 503")
    assert not {"data", "content", "token"} & set(failed)
    assert await ask(simple, "GET", f"/webhooks/{hook.id}/deliveries?before={failed['id']}") == (200, [])

    simple.receiver.answer = lambda _path: 200
    simple.clock.advance(3)
    status, again = await ask(simple, "POST", f"/webhooks/{hook.id}/deliveries/{failed['id']}/redeliver")
    await simple.drained()
    assert (status, again["attempts"]) == (202, 0)
    assert [one.id for one in simple.receiver.taken()] == [failed["id"]]
    status, _ = await ask(simple, "POST", f"/webhooks/{hook.id}/deliveries/{NOBODY}/redeliver")
    assert status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhooks", 200),
        ("GET", "/webhooks/{id}", 200),
        ("GET", "/webhooks/{id}/deliveries", 200),
        ("POST", "/webhooks", 403),
        ("PUT", "/webhooks/{id}", 403),
        ("DELETE", "/webhooks/{id}", 403),
        ("POST", "/webhooks/{id}/deliveries/{id}/redeliver", 403),
    ],
)
async def test_key_that_reads_webhooks_changes_none(simple: Stage, method: str, path: str, status: int) -> None:
    hook = await simple.hook()
    answered, _ = await ask(simple, method, path.replace("{id}", hook.id), None, "webhooks:read")
    assert answered == status
    answered, _ = await ask(simple, method, path.replace("{id}", hook.id), None, "users:write")
    assert answered == 403


async def test_without_a_key_nobody_learns_of_hooks(simple: Stage) -> None:
    async with simple.broker.browser() as program:
        assert (await program.get(simple.broker.admin_url + "/webhooks")).status == 401


async def test_there_are_only_so_many_hooks(simple: Stage) -> None:
    for number in range(100):
        await simple.hook(f"/{number}")
    status, body = await ask(simple, "POST", "/webhooks", {"callback": simple.receiver.url(), "events": ["user"]})
    assert (status, body) == (400, refused("there are 100 webhooks already"))


async def test_broker_that_faces_the_world_takes_no_hook_on_its_own_machine(tmp_path: Path, receiver: Receiver) -> None:
    private = {"callback": receiver.url(), "events": ["user"]}
    registered = {"client_id": NOBODY, "secret": "a.real~secret"}
    changes = {"third_party.providers": {"microsoft": registered}}
    async with running_broker(base_dir=tmp_path, public_url="https://login.example.com", changes=changes) as broker:
        stage = Stage(broker=broker, clock=FrozenClock(), receiver=receiver)
        assert await ask(stage, "POST", "/webhooks", private) == (400, refused("callback must be https"))
        await broker.reload({"webhooks": {"allow_private": ["127.0.0.0/8"]}})
        assert (await ask(stage, "POST", "/webhooks", private))[0] == 201
