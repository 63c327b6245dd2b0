"""`redirect_uris` and `cors_origins`: what a program registers for its application counts at once, and only for it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from broker.clock import FrozenClock
from broker.models.events import By
from broker.store.audit_pages import AuditFilter
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import (
    API_KEY,
    CLIENT_ID,
    ORIGIN,
    OTHER_API_KEY,
    OTHER_CLIENT_ID,
    REDIRECT_URI,
    application,
    authorize_url,
    served,
)
from tests.observed import log_lines
from tests.peers.microsoft import MicrosoftPeer

URIS = "/user_management/redirect_uris"
ORIGINS = "/user_management/cors_origins"
NEW = "https://new.example.com/callback"
NEW_ORIGIN = "https://new.example.com"


async def sent(program: Browser, method: str, path: str, body: object = None, key: str = API_KEY) -> Page:
    return await program.send(method, path, headers={"Authorization": f"Bearer {key}"}, json=body)


async def made(program: Browser, path: str, body: object, key: str = API_KEY) -> dict[str, Any]:
    page = await sent(program, "POST", path, body, key)
    assert page.status == 201, page.text
    found: dict[str, Any] = json.loads(page.body)
    return found


async def is_admitted(broker: RunningBroker, redirect_uri: str, client_id: str = CLIENT_ID) -> bool:
    async with broker.browser() as browser:
        page = await browser.get(authorize_url(redirect_uri=redirect_uri, client_id=client_id))
    return page.status == 302


async def is_marked(broker: RunningBroker, origin: str) -> bool:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with broker.browser() as browser:
        page = await browser.send("OPTIONS", "/user_management/authenticate", headers=asked)
    return page.headers.get("access-control-allow-origin") == origin


async def test_redirect_uri_is_registered_listed_used_and_removed(program: Browser, broker: RunningBroker) -> None:
    assert not await is_admitted(broker, NEW)
    registered = await made(program, URIS, {"uri": NEW})
    assert list(registered) == ["object", "id", "uri", "default", "created_at", "updated_at"]
    assert registered["object"] == "redirect_uri"
    assert registered["id"].startswith("redir_")
    assert (registered["uri"], registered["default"]) == (NEW, False)
    assert await is_admitted(broker, NEW)
    assert not await is_admitted(broker, NEW, OTHER_CLIENT_ID)

    listed = json.loads((await sent(program, "GET", URIS)).body)
    assert [(one["uri"], one["default"]) for one in listed["data"]] == [(NEW, False), (REDIRECT_URI, True)]
    assert listed["list_metadata"] == {"before": None, "after": None}

    removed = await sent(program, "DELETE", f"{URIS}/{registered['id']}")
    assert (removed.status, removed.body) == (204, b"")
    assert not await is_admitted(broker, NEW)
    assert (await sent(program, "DELETE", f"{URIS}/{registered['id']}")).status == 404


async def test_origin_is_registered_listed_used_and_removed(program: Browser, broker: RunningBroker) -> None:
    assert not await is_marked(broker, NEW_ORIGIN)
    registered = await made(program, ORIGINS, {"origin": NEW_ORIGIN + "/"})
    assert list(registered) == ["object", "id", "origin", "created_at", "updated_at"]
    assert (registered["object"], registered["origin"]) == ("cors_origin", NEW_ORIGIN)
    assert registered["id"].startswith("cors_origin_")
    assert await is_marked(broker, NEW_ORIGIN)

    listed = json.loads((await sent(program, "GET", ORIGINS)).body)
    assert [one["origin"] for one in listed["data"]] == [NEW_ORIGIN, ORIGIN]

    assert (await sent(program, "DELETE", f"{ORIGINS}/{registered['id']}")).status == 204
    assert not await is_marked(broker, NEW_ORIGIN)


async def test_list_is_read_in_pages_both_ways(program: Browser, broker: RunningBroker) -> None:
    for number in range(3):
        await made(program, URIS, {"uri": f"{NEW}/{number}"})

    first = json.loads((await sent(program, "GET", f"{URIS}?limit=2")).body)
    assert [one["uri"][-1] for one in first["data"]] == ["2", "1"]
    after = first["list_metadata"]["after"]
    second = json.loads((await sent(program, "GET", f"{URIS}?limit=2&after={after}")).body)
    assert [one["uri"] for one in second["data"]] == [f"{NEW}/0", REDIRECT_URI]
    before = second["list_metadata"]["before"]
    again = json.loads((await sent(program, "GET", f"{URIS}?limit=2&before={before}")).body)
    assert again["data"] == first["data"]


async def test_what_is_there_already_is_refused(program: Browser, broker: RunningBroker) -> None:
    await made(program, URIS, {"uri": NEW})
    await made(program, ORIGINS, {"origin": NEW_ORIGIN})

    for uri in (NEW, REDIRECT_URI):
        page = await sent(program, "POST", URIS, {"uri": uri})
        assert page.status == 422
        assert json.loads(page.body)["errors"] == [{"code": "uri_duplicate", "field": "uri"}]
    for origin in (NEW_ORIGIN, ORIGIN):
        page = await sent(program, "POST", ORIGINS, {"origin": origin})
        assert (page.status, json.loads(page.body)["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        None,
        7,
        "**",
        "/callback",
        "javascript:alert(1)",
        "https://*.github.io/cb",
        "https://app.example.com/*",
        "https://app.example.com/cb#x",
        "https://user@app.example.com/cb",
        "https://app.example.com/cb?code=1",
        "https://app.example.com/" + "a" * 2048,
        "https://app.example.com/\r\nx: y",
        "https://app.example.com/\x00",
        "\ud800",
    ],
)
async def test_nobody_registers_what_the_configuration_may_not_say(
    program: Browser, broker: RunningBroker, uri: object
) -> None:
    page = await sent(program, "POST", URIS, {"uri": uri})

    assert page.status == 422
    assert json.loads(page.body)["code"] == "invalid_request_parameters"
    assert len(json.loads((await sent(program, "GET", URIS)).body)["data"]) == 1


@pytest.mark.parametrize("origin", ["*", "null", "https://*.example.com", "http://localhost:*", "https://a.example/x"])
async def test_nobody_registers_an_origin_that_is_none(program: Browser, broker: RunningBroker, origin: str) -> None:
    assert (await sent(program, "POST", ORIGINS, {"origin": origin})).status == 422
    assert not await is_marked(broker, origin)


async def test_nobody_registers_our_own_endpoints(program: Browser, broker: RunningBroker) -> None:
    for path in ("/thirdparty/start", "/sso/authorize", "/user_management/sessions/logout", "/"):
        assert (await sent(program, "POST", URIS, {"uri": broker.url + path})).status == 422


async def test_what_the_configuration_says_only_the_configuration_takes_out(
    program: Browser, broker: RunningBroker
) -> None:
    for path in (URIS, ORIGINS):
        listed = json.loads((await sent(program, "GET", path)).body)["data"]
        page = await sent(program, "DELETE", f"{path}/{listed[0]['id']}")
        assert page.status == 409
    assert await is_admitted(broker, REDIRECT_URI)


async def test_application_neither_sees_nor_removes_what_another_registered(
    program: Browser, broker: RunningBroker
) -> None:
    registered = await made(program, URIS, {"uri": NEW})

    others = json.loads((await sent(program, "GET", URIS, key=OTHER_API_KEY)).body)["data"]
    assert NEW not in [one["uri"] for one in others]
    assert (await sent(program, "DELETE", f"{URIS}/{registered['id']}", key=OTHER_API_KEY)).status == 404
    wrong_kind = registered["id"].replace("redir", "cors_origin")
    assert (await sent(program, "DELETE", f"{ORIGINS}/{wrong_kind}")).status == 404
    assert await is_admitted(broker, NEW)


@pytest.mark.parametrize("url_id", ["redir_", "redir_!", "x", "..", "redir_01ARZ3NDEKTSV4RRFFQ69G5FAV"])
async def test_unknown_id_is_not_found(program: Browser, broker: RunningBroker, url_id: str) -> None:
    assert (await sent(program, "DELETE", f"{URIS}/{url_id}")).status == 404


async def test_there_is_an_end_to_what_an_application_registers(program: Browser, broker: RunningBroker) -> None:
    for number in range(99):
        await broker.application.broker.registrations.create(
            "redirect", broker.application.broker.applications.all()[0], f"{NEW}/{number}", By()
        )

    assert (await sent(program, "POST", URIS, {"uri": NEW})).status == 422


async def test_trail_tells_who_registered_what(program: Browser, broker: RunningBroker) -> None:
    registered = await made(program, URIS, {"uri": NEW})
    await sent(program, "DELETE", f"{URIS}/{registered['id']}")

    trail = await broker.application.broker.audit_log.page(AuditFilter(), limit=2, offset=0)
    assert [one.type for one, _ in trail.entries] == ["registered_url.deleted", "registered_url.created"]
    for entry, _ in trail.entries:
        assert entry.detail == {"kind": "redirect", "url": NEW, "application": CLIENT_ID}
        assert entry.actor == "operator"


async def test_another_replica_knows_within_a_second(
    tmp_path: Path, emulator: MicrosoftPeer, postgres_url: str
) -> None:
    clock = FrozenClock()
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, database=postgres_url, changes=served()) as one,
        running_broker(
            base_dir=tmp_path, emulator=emulator, database=postgres_url, changes=served(), clock=clock
        ) as other,
    ):
        assert not await is_admitted(other, NEW)
        async with one.browser() as program:
            registered = await made(program, URIS, {"uri": NEW})
        clock.advance(1)
        assert await is_admitted(other, NEW)

        async with one.browser() as program:
            await sent(program, "DELETE", f"{URIS}/{registered['id']}")
        clock.advance(1)
        assert not await is_admitted(other, NEW)


async def test_reload_forgets_nothing_that_was_registered(program: Browser, broker: RunningBroker) -> None:
    await made(program, URIS, {"uri": NEW})

    await broker.reload({"service.name": "Renamed"})

    assert await is_admitted(broker, NEW)


async def test_what_development_registered_counts_no_more_in_production(
    program: Browser, broker: RunningBroker
) -> None:
    local = "http://localhost:3000/callback"
    await made(program, URIS, {"uri": local})
    await made(program, URIS, {"uri": NEW})
    application_now = application(redirect_uris=[NEW + "/2"], default_redirect_uri=None, sign_out_redirects=[])

    with log_lines() as lines:
        await broker.reload(_IN_PRODUCTION | {"workos.applications": [{**application_now, "allowed_origins": []}]})

        assert await is_admitted(broker, NEW)
        assert not await is_admitted(broker, local)
    (line,) = [one for one in lines if one["event"] == "a registered URL counts no more"]
    assert (line["application"], local in line["detail"]) == (CLIENT_ID, True)


_IN_PRODUCTION: dict[str, Any] = {
    "service.environment": "production",
    "third_party.providers.microsoft.client_id": "0f6b3a1e-8d0c-4a53-9f7e-2f1f0c8f1a11",
    "third_party.providers.microsoft.secret": "a.real~secret",
}


async def test_without_the_database_what_the_configuration_says_counts_on(broker: RunningBroker) -> None:
    await broker.application.broker.store.close()

    assert await is_admitted(broker, REDIRECT_URI)
    assert not await is_admitted(broker, NEW)
    assert await is_marked(broker, ORIGIN)


@pytest.mark.parametrize("place", ["myapp://callback", "com.example.app:/callback", "http://127.0.0.1:*/callback"])
async def test_native_program_gets_its_code(tmp_path: Path, emulator: MicrosoftPeer, place: str) -> None:
    changes = served(application(redirect_uris=[place], default_redirect_uri=None))
    sent_to = place.replace("*", "49152")
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        page = await browser.get(authorize_url(redirect_uri=sent_to))
        while page.location is not None and not page.location.startswith(sent_to):
            page = await browser.get(page.location)

    assert page.query["state"] == "its own state"
    assert page.query["code"]


async def test_two_replicas_register_a_url_once(tmp_path: Path, emulator: MicrosoftPeer, postgres_url: str) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, database=postgres_url, changes=served()) as one,
        running_broker(base_dir=tmp_path, emulator=emulator, database=postgres_url, changes=served()) as other,
        one.browser() as here,
        other.browser() as there,
    ):
        pages = await asyncio.gather(*(sent(each, "POST", URIS, {"uri": NEW}) for each in (here, there) * 4))
        listed = json.loads((await sent(here, "GET", URIS)).body)["data"]

    assert sorted(page.status for page in pages) == [201] + [422] * 7
    assert [one["uri"] for one in listed] == [NEW, REDIRECT_URI]
