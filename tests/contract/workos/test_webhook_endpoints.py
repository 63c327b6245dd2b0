"""`/webhook_endpoints` and what is told there: the event of the list to the byte, signed so that SDKs believe it."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import SealBroken
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.events.webhooks.hooks import HookChange
from broker.store import audit
from broker.web.workos import ids
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, application, other_application, served
from tests.contract.workos.sessions import begun
from tests.peers.microsoft import MicrosoftPeer
from tests.store.rows import stored_user
from tests.webhooks.receiver import Received, Receiver, receiving

PATH = "/webhook_endpoints"
SECRET = "a-secret-for-webhooks-0123456789"
EVENTS = ["user.created", "session.created"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def sent(program: Browser, method: str, path: str = PATH, body: object = None, key: str = API_KEY) -> Page:
    return await program.send(method, path, headers={"Authorization": f"Bearer {key}"}, json=body)


async def made(program: Browser, url: str) -> dict[str, Any]:
    page = await sent(program, "POST", body={"endpoint_url": url, "events": EVENTS})
    assert page.status == 201, page.text
    found: dict[str, Any] = json.loads(page.body)
    return found


async def drained(broker: RunningBroker) -> None:
    await broker.application.broker.webhooks.worker.drain()


def is_signed(one: Received, secret: str, *, now_ms: int | None = None) -> bool:
    """As the SDKs do it: the header is split at the comma and the blank."""
    stamp, mac = one.headers["workos-signature"].split(", ")
    at = stamp.removeprefix("t=")
    expected = hmac.new(secret.encode(), f"{at}.{one.raw.decode()}".encode(), hashlib.sha256).hexdigest()
    assert now_ms is None or abs(now_ms - int(at)) < 180_000
    return hmac.compare_digest(mac.removeprefix("v1="), expected)


async def test_endpoint_is_made_listed_changed_and_removed(
    program: Browser, broker: RunningBroker, receiver: Receiver
) -> None:
    endpoint = await made(program, receiver.url())
    assert list(endpoint) == [
        "object", "id", "endpoint_url", "secret", "status", "events", "created_at", "updated_at",
    ]  # fmt: skip
    assert (endpoint["object"], endpoint["status"], endpoint["events"]) == ("webhook_endpoint", "enabled", EVENTS)
    assert endpoint["id"].startswith("we_")

    listed = json.loads((await sent(program, "GET")).body)
    assert listed == {"object": "list", "data": [endpoint], "list_metadata": {"before": None, "after": None}}

    page = await sent(program, "PATCH", f"{PATH}/{endpoint['id']}", {"status": "disabled"})
    assert json.loads(page.body) == {
        **endpoint,
        "status": "disabled",
        "updated_at": json.loads(page.body)["updated_at"],
    }
    page = await sent(program, "PATCH", f"{PATH}/{endpoint['id']}", {"events": ["user.deleted"], "status": "enabled"})
    assert (json.loads(page.body)["events"], json.loads(page.body)["status"]) == (["user.deleted"], "enabled")
    assert json.loads(page.body)["secret"] == endpoint["secret"]

    assert (await sent(program, "DELETE", f"{PATH}/{endpoint['id']}")).status == 204
    assert (await sent(program, "DELETE", f"{PATH}/{endpoint['id']}")).status == 404
    async with broker.application.broker.store.read() as connection:
        trail = [one for one in await audit.entries(connection) if one.type.startswith("webhook.")]
    assert {(one.detail["application"], one.actor) for one in trail} == {(CLIENT_ID, "operator")}
    assert len(trail) == 4


async def test_endpoint_is_told_what_it_asked_for_and_can_prove_who_told_it(
    program: Browser, browser: Browser, broker: RunningBroker, receiver: Receiver
) -> None:
    endpoint = await made(program, receiver.url())
    await begun(browser)
    await drained(broker)

    page = await sent(program, "GET", "/events?events=user.created,session.created")
    assert [one.body for one in receiver.taken()] == json.loads(page.body)["data"]
    now_ms = broker.application.broker.clock.now_ms()
    assert all(is_signed(one, endpoint["secret"], now_ms=now_ms) for one in receiver.taken())
    assert not any(is_signed(one, SECRET) for one in receiver.taken())


async def test_each_endpoint_signs_by_a_secret_of_its_own(
    program: Browser, browser: Browser, broker: RunningBroker, receiver: Receiver
) -> None:
    one = await made(program, receiver.url("/one"))
    other = await made(program, receiver.url("/other"))
    assert one["secret"] != other["secret"]
    await begun(browser)
    await drained(broker)
    for endpoint, path in ((one, "/one"), (other, "/other")):
        assert all(is_signed(each, endpoint["secret"]) for each in receiver.taken(path))
    async with broker.application.broker.store.read() as connection:
        rows = await connection.fetch_all("SELECT * FROM webhooks")
    assert not any(one["secret"] in str(dict(row)) or other["secret"] in str(dict(row)) for row in rows)


async def test_endpoint_of_the_configuration_is_told_everything_by_the_secret_of_its_application(
    tmp_path: Path, emulator: MicrosoftPeer, receiver: Receiver
) -> None:
    changes = served(
        application(webhook_secret=SECRET, webhook_urls=[receiver.url("/a")]),
        other_application(webhook_secret=SECRET[::-1], webhook_urls=[receiver.url("/a"), receiver.url("/b")]),
    )
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker:
        async with broker.browser() as browser:
            await begun(browser)
        await drained(broker)
    told = ["user.created", "authentication.oauth_succeeded", "session.created"]
    assert [one.body["event"] for one in receiver.taken("/b")] == told
    assert sum(is_signed(one, SECRET) for one in receiver.taken("/a")) == 3
    assert sum(is_signed(one, SECRET[::-1]) for one in receiver.taken()) == 6


async def test_attempt_that_is_made_again_is_signed_anew(tmp_path: Path, receiver: Receiver) -> None:
    """The SDKs refuse what was signed three minutes ago; an outage lasts longer."""
    clock = FrozenClock(1_790_000_000)
    changes = served(application(webhook_secret=SECRET, webhook_urls=[receiver.url()]))
    answers = [500, 200]
    receiver.answer = lambda _path: answers.pop(0) if answers else 200
    async with running_broker(base_dir=tmp_path, changes=changes, clock=clock) as broker:
        store = broker.application.broker.store
        alice = (await stored_user(store)).id
        async with store.transaction() as connection:
            await record(connection, Event.USER_CHANGED, clock=clock, user_id=alice)
        await drained(broker)
        clock.advance(1000)
        await drained(broker)
    first, second = receiver.received
    assert first.raw == second.raw
    assert first.headers["workos-signature"] != second.headers["workos-signature"]
    assert is_signed(second, SECRET, now_ms=clock.now_ms())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": 7, "events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": "no url", "events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": "https://10.0.0.1/", "events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": "https://169.254.169.254/latest", "events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": "https://a:b@app.example/", "events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": "ftp://app.example/", "events": EVENTS}, "endpoint_url"),
        ({"endpoint_url": "https://app.example/"}, "events"),
        ({"endpoint_url": "https://app.example/", "events": []}, "events"),
        ({"endpoint_url": "https://app.example/", "events": ["user"]}, "events"),
        ({"endpoint_url": "https://app.example/", "events": [""]}, "events"),
        ({"endpoint_url": "https://app.example/", "events": [7]}, "events"),
    ],
)
async def test_endpoint_that_would_never_be_asked_or_told_is_refused(
    program: Browser, body: Mapping[str, object], field: str
) -> None:
    page = await sent(program, "POST", body=body)
    found = json.loads(page.body)
    assert (page.status, found["code"]) == (422, "invalid_request_parameters")
    assert [each["field"] for each in found["errors"]] == [field]
    assert found["errors"][0]["code"].startswith(f"{field}_"), "the Node SDK shows nothing but the code"


async def test_second_endpoint_at_one_url_is_a_conflict(program: Browser) -> None:
    one = await made(program, "https://app.example/one")
    other = await made(program, "https://app.example/other")
    page = await sent(program, "POST", body={"endpoint_url": one["endpoint_url"], "events": EVENTS})
    assert (page.status, json.loads(page.body)["code"]) == (409, "conflict")
    page = await sent(program, "PATCH", f"{PATH}/{other['id']}", {"endpoint_url": one["endpoint_url"]})
    assert page.status == 409
    page = await sent(program, "PATCH", f"{PATH}/{one['id']}", {"endpoint_url": one["endpoint_url"]})
    assert page.status == 200


async def test_endpoints_are_listed_newest_first_by_page(program: Browser) -> None:
    endpoints = [(await made(program, f"https://app.example/{number}"))["id"] for number in range(3)][::-1]

    async def page(query: str) -> tuple[list[str], dict[str, str | None]]:
        found = json.loads((await sent(program, "GET", f"{PATH}?{query}")).body)
        return [each["id"] for each in found["data"]], found["list_metadata"]

    assert await page("limit=2") == (endpoints[:2], {"before": None, "after": endpoints[1]})
    assert await page(f"limit=2&after={endpoints[1]}") == (endpoints[2:], {"before": endpoints[2], "after": None})
    assert await page(f"limit=1&before={endpoints[2]}") == (
        [endpoints[1]],
        {"before": endpoints[1], "after": endpoints[1]},
    )
    assert await page("order=asc&limit=3") == (endpoints[::-1], {"before": None, "after": None})
    assert await page("after=we_01ARZ3NDEKTSV4RRFFQ69G5FAV") == ([], {"before": None, "after": None})
    assert (await sent(program, "GET", f"{PATH}?after=org_01ARZ3NDEKTSV4RRFFQ69G5FAV")).status == 422


async def test_hook_of_the_admin_api_is_nothing_that_an_application_reaches(
    program: Browser, broker: RunningBroker
) -> None:
    hook = await broker.application.broker.webhooks.hooks.create(
        HookChange(callback="https://app.example/admin", events=("user",))
    )
    path = f"{PATH}/{ids.spelled('we', hook.id)}"
    assert json.loads((await sent(program, "GET")).body)["data"] == []
    assert (await sent(program, "PATCH", path, {"status": "disabled"})).status == 404
    assert (await sent(program, "DELETE", path)).status == 404
    assert len(await broker.application.broker.webhooks.hooks.list()) == 1


async def test_endpoints_are_for_nobody_without_a_key_of_an_application(program: Browser) -> None:
    for method, path in (("GET", PATH), ("POST", PATH), ("PATCH", f"{PATH}/we_0"), ("DELETE", f"{PATH}/we_0")):
        page = await sent(program, method, path, key="sk_wrong_0123456789abcdef0123")
        assert (page.status, json.loads(page.body)) == (401, {"message": "Unauthorized"})


async def test_start_without_the_secret_that_seals_an_endpoints_own_is_refused_by_name(tmp_path: Path) -> None:
    """Else it would be told nothing, and its operator would learn of it when the event is long gone."""
    old, new = "an-old-secret-of-tests-that-is-long-enough", "a-new-secret-of-tests-that-is-long-enough"

    async def started(*secrets: str, makes: bool = False) -> None:
        changes = {**served(), "secrets": {"keys": list(secrets)}}
        async with running_broker(base_dir=tmp_path, changes=changes) as broker, broker.browser() as program:
            if makes:
                await made(program, "https://app.example/hook")

    await started(old)
    await started(new, old, makes=True)
    with pytest.raises(SealBroken) as refused:
        await started(old)
    assert refused.value.secret_id == SecretKeys([new]).newest_id
    await started(new, old)
