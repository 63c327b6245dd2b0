"""A user's sessions as an application's program lists and ends them."""

from broker.store import audit
from broker.web.workos import ids
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import OTHER_API_KEY
from tests.contract.workos.people import REVOKE, USERS, called, faults, found, made, refused
from tests.contract.workos.sessions import begun, claims_of, error_of, renewed


async def test_session_is_listed_with_every_key(program: Browser, browser: Browser) -> None:
    answer = await begun(browser, user_agent="Firefox", ip_address="192.0.2.9")
    page = await found(program, f"{USERS}/{answer['user']['id']}/sessions")
    assert page["list_metadata"] == {"before": None, "after": None}
    (session,) = page["data"]
    assert list(session) == [
        "object", "id", "user_id", "ip_address", "user_agent", "auth_method", "status", "expires_at", "ended_at",
        "created_at", "updated_at",
    ]  # fmt: skip
    assert session["id"] == claims_of(answer)["sid"]
    assert (session["object"], session["user_id"]) == ("session", answer["user"]["id"])
    assert (session["ip_address"], session["user_agent"]) == ("192.0.2.9", "Firefox")
    assert (session["auth_method"], session["status"], session["ended_at"]) == ("oauth", "active", None)
    assert session["expires_at"] > session["created_at"]


async def test_sessions_come_page_by_page_newest_first_unless_asked_otherwise(
    program: Browser, browser: Browser
) -> None:
    answers = [await begun(browser) for _ in range(3)]
    path = f"{USERS}/{answers[0]['user']['id']}/sessions"
    newest_first = [claims_of(answer)["sid"] for answer in answers][::-1]
    first = await found(program, f"{path}?limit=2")
    assert [each["id"] for each in first["data"]] == newest_first[:2]
    assert first["list_metadata"] == {"before": None, "after": newest_first[1]}
    rest = await found(program, f"{path}?limit=2&after={newest_first[1]}")
    assert ([each["id"] for each in rest["data"]], rest["list_metadata"]) == (
        newest_first[2:],
        {"before": newest_first[2], "after": None},
    )
    oldest_first = await found(program, f"{path}?order=asc")
    assert [each["id"] for each in oldest_first["data"]] == newest_first[::-1]
    assert faults(await called(program, "GET", f"{path}?limit=0")) == (422, {"limit": "limit_out_of_range"})


async def test_sessions_of_nobody_are_404_and_of_who_never_signed_in_none(program: Browser) -> None:
    status, body = refused(await called(program, "GET", f"{USERS}/user_01K6G00000E008000000000000/sessions"))
    assert (status, body["code"]) == (404, "entity_not_found")
    assert (await found(program, f"{USERS}/{(await made(program))['id']}/sessions"))["data"] == []


async def test_revoked_session_and_its_refresh_tokens_end_at_once_by_any_applications_key(
    program: Browser, browser: Browser, broker: RunningBroker
) -> None:
    revoked, left = await begun(browser), await begun(browser)
    session_id = claims_of(revoked)["sid"]
    page = await called(program, "POST", REVOKE, {"session_id": session_id}, key=OTHER_API_KEY)
    assert (page.status, page.body) == (200, b"{}")
    listed = await found(program, f"{USERS}/{left['user']['id']}/sessions")
    assert [each["id"] for each in listed["data"]] == [claims_of(left)["sid"]]
    assert error_of(await renewed(program, revoked["refresh_token"])) == (400, "invalid_grant")
    assert (await renewed(program, left["refresh_token"])).status == 200
    async with broker.application.broker.store.read() as c:
        entry = next(each for each in await audit.entries(c) if each.type == "session.ended")
    assert (entry.session_id, entry.actor) == (ids.read("session", session_id), "operator")
    assert entry.detail == {"reason": "revoked", "application": "client_02OTHERS"}


async def test_session_that_is_not_there_is_400_and_none_named_is_422(program: Browser, browser: Browser) -> None:
    session_id = claims_of(await begun(browser))["sid"]
    assert (await called(program, "POST", REVOKE, {"session_id": session_id})).status == 200
    for unverified in (session_id, session_id.replace("session", "user"), "session_1", "x" * 5000):
        status, body = refused(await called(program, "POST", REVOKE, {"session_id": unverified}))
        assert (status, set(body)) == (400, {"message"})
    for missing in ({}, {"session_id": ""}, {"session_id": None}):
        assert faults(await called(program, "POST", REVOKE, missing)) == (422, {"session_id": "session_id_required"})
    status, _ = refused(await called(program, "POST", REVOKE, {"session_id": 1}))
    assert status == 422


async def test_session_of_our_own_pages_is_neither_listed_nor_ended_by_an_application(
    program: Browser, browser: Browser, broker: RunningBroker
) -> None:
    """Its key opens what applications were given; a person's own session here is none of that."""
    await browser.sign_in("alice")
    users = await broker.application.broker.users.list()
    (own,) = await broker.application.broker.sessions.list_of(users[0].user.id)
    assert own.client_id is None
    path = f"{USERS}/{ids.spelled('user', own.user_id)}/sessions"
    assert (await found(program, path))["data"] == []
    status, _ = refused(await called(program, "POST", REVOKE, {"session_id": ids.spelled("session", own.id)}))
    assert status == 400
    assert (await browser.get("/me")).status == 200
