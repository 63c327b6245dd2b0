"""`/user_management/users`: people as an application's program makes, changes and removes them."""

import json
from typing import Any

from broker.store import audit
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import CLIENT_ID
from tests.contract.workos.people import USER_KEYS, USERS, called, faults, found, made, refused
from tests.contract.workos.sessions import begun, error_of, renewed


async def changed(program: Browser, user_id: str, **members: Any) -> dict[str, Any]:
    page = await called(program, "PUT", f"{USERS}/{user_id}", members)
    assert page.status == 200, page.text
    answer: dict[str, Any] = json.loads(page.body)
    return answer


async def test_user_is_made_with_every_member_and_answered_whole(program: Browser) -> None:
    members = {
        "first_name": "Grace",
        "last_name": "Hopper",
        "email_verified": True,
        "external_id": "g-1",
        "metadata": {"plan": "gold", "none": None},
        "ip_address": "192.0.2.1",
        "signals_id": "ignored",
    }
    grace = await made(program, " Grace@Alder.Example", **members)
    assert list(grace) == USER_KEYS
    shown = {
        name: grace[name] for name in ("object", "email", "email_verified", "first_name", "name", "last_sign_in_at")
    }
    assert shown == {
        "object": "user",
        "email": "grace@alder.example",
        "email_verified": True,
        "first_name": "Grace",
        "name": "Grace Hopper",
        "last_sign_in_at": None,
    }
    assert (grace["external_id"], grace["metadata"]) == ("g-1", {"plan": "gold"})
    assert await found(program, f"{USERS}/{grace['id']}") == grace


async def test_change_touches_what_it_names_and_null_clears(program: Browser) -> None:
    grace = await made(
        program, first_name="Grace", last_name="Hopper", external_id="g-1", metadata={"a": "1", "b": "2"}
    )
    user = await changed(program, grace["id"], locale="en-GB", metadata={"a": "3", "b": None}, email_verified=None)
    expected = grace | {"locale": "en-GB", "metadata": {"a": "3"}, "updated_at": user["updated_at"]}
    assert user == expected
    user = await changed(program, grace["id"], external_id=None, first_name=None, metadata=None, locale="", email=None)
    assert user == expected | {
        "external_id": None,
        "first_name": None,
        "name": "Hopper",
        "metadata": {},
        "locale": None,
        "updated_at": user["updated_at"],
    }
    assert await changed(program, grace["id"]) == user


async def test_address_or_external_id_of_somebody_else_is_400_in_the_words_of_these_clients(program: Browser) -> None:
    await made(program, external_id="g-1")
    ada = await made(program, "ada@alder.example")
    taken = [{"code": "email_not_available", "message": "The email address is another user's already."}]
    status, body = refused(await called(program, "POST", USERS, {"email": "GRACE@alder.example"}))
    assert (status, body["code"], body["errors"]) == (400, "user_creation_error", taken)
    status, body = refused(await called(program, "PUT", f"{USERS}/{ada['id']}", {"email": "grace@alder.example"}))
    assert (status, body["code"], body["errors"]) == (400, "email_not_available", taken)
    for method, path, email in (("POST", USERS, "new@alder.example"), ("PUT", f"{USERS}/{ada['id']}", None)):
        page = await called(program, method, path, {"email": email, "external_id": "g-1"})
        status, body = refused(page)
        assert (status, body["code"], set(body)) == (400, "external_id_already_used", {"code", "message"})
    assert await found(program, f"{USERS}/{ada['id']}") == ada
    assert len((await found(program, USERS))["data"]) == 2


async def test_body_that_cannot_be_read_is_told_field_by_field(program: Browser) -> None:
    wrong = {
        "email": "nobody",
        "email_verified": "yes",
        "first_name": 1,
        "last_name": "x" * 513,
        "name": "a\u0000b",
        "external_id": "x" * 256,
        "locale": "not a locale!",
        "metadata": {"a": 1},
        "password": "correct horse",
    }
    expected = {
        "email": "email_invalid",
        "email_verified": "email_verified_must_be_boolean",
        "first_name": "first_name_must_be_string",
        "last_name": "last_name_too_long",
        "name": "name_invalid",
        "external_id": "external_id_too_long",
        "locale": "locale_invalid",
        "metadata": "metadata_invalid",
        "password": "password_not_supported",
    }
    assert faults(await called(program, "POST", USERS, wrong)) == (422, expected)
    grace = await made(program)
    assert faults(await called(program, "PUT", f"{USERS}/{grace['id']}", wrong)) == (422, expected)
    assert faults(await called(program, "POST", USERS, {"name": "X"})) == (422, {"email": "email_required"})
    unreadable: list[Any] = [
        [],
        {"": "x"},
        {"n" * 41: "x"},
        {"n": "x" * 601},
        {"n": {}},
        {str(n): "x" for n in range(51)},
    ]
    for metadata in unreadable:
        page = await called(program, "PUT", f"{USERS}/{grace['id']}", {"metadata": metadata})
        assert faults(page) == (422, {"metadata": "metadata_invalid"})
    headers = {"Authorization": "Bearer sk_tests_0123456789abcdef0123", "Content-Type": "application/json"}
    for data in (
        "",
        "[]",
        "{",
        '{"email": "\\ud800@alder.example"}',
        '{"email": "a@b.example", "email": "c@d.example"}',
    ):
        status, body = refused(await program.send("POST", USERS, headers=headers, data=data))
        assert (status, body["code"]) == (422, "invalid_request_parameters")
    assert await found(program, f"{USERS}/{grace['id']}") == grace


async def test_whoever_is_deleted_is_gone_with_sessions_and_refresh_tokens(program: Browser, browser: Browser) -> None:
    answer = await begun(browser)
    page = await called(program, "DELETE", f"{USERS}/{answer['user']['id']}")
    assert (page.status, page.body) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        assert (await called(program, method, f"{USERS}/{answer['user']['id']}", {})).status == 404
    assert error_of(await renewed(program, answer["refresh_token"])) == (400, "invalid_grant")


async def test_whoever_was_made_beforehand_is_not_somebody_else_who_names_the_same_address(
    program: Browser, browser: Browser
) -> None:
    """Accounts are found by identities: an application's word alone hands nobody an account."""
    beforehand = await made(program, "alice@alder.example")
    signed_in = (await begun(browser))["user"]
    assert signed_in["id"] != beforehand["id"]
    named = await found(program, f"{USERS}?email=alice@alder.example")
    assert {each["id"]: each["email_verified"] for each in named["data"]} == {
        beforehand["id"]: False,
        signed_in["id"]: True,
    }


async def test_every_change_is_in_the_trail_with_the_application_that_made_it(
    program: Browser, broker: RunningBroker
) -> None:
    grace = await made(program)
    await changed(program, grace["id"], first_name="Grace", metadata={"a": "b"}, email="g@alder.example")
    await called(program, "DELETE", f"{USERS}/{grace['id']}")
    async with broker.application.broker.store.read() as c:
        entries = (await audit.entries(c))[::-1]
    by_program = [entry for entry in entries if entry.actor == "operator" and entry.user_id is not None]
    assert [entry.type for entry in by_program] == [
        "user.created",
        "user.changed",
        "address.primary_changed",
        "user.metadata_changed",
        "user.deleted",
    ]
    for entry in by_program:
        assert entry.detail == {"application": CLIENT_ID}
        assert entry.request_id is not None


async def test_what_applications_keep_about_somebody_comes_with_their_tokens(
    program: Browser, browser: Browser
) -> None:
    user_id = (await begun(browser))["user"]["id"]
    user = await changed(program, user_id, metadata={"plan": "gold"}, locale="fr", external_id="a-1")
    again = await begun(browser)
    renewal = json.loads((await renewed(program, again["refresh_token"])).body)
    for answer in (again, renewal):
        shown = answer["user"]
        assert (shown["metadata"], shown["locale"], shown["external_id"]) == ({"plan": "gold"}, "fr", "a-1")
        assert shown == user | {name: shown[name] for name in ("last_sign_in_at", "updated_at")}


async def test_what_a_program_does_to_people_is_told_as_events_with_the_user_as_they_are_then(program: Browser) -> None:
    grace = await made(program, external_id="g-1", metadata={"plan": "gold"})
    later = await changed(program, grace["id"], first_name="Grace")
    await called(program, "DELETE", f"{USERS}/{grace['id']}")
    page = await found(program, "/events?events=user.created,user.updated,user.deleted")
    assert [(each["event"], each["data"]) for each in page["data"][:2]] == [
        ("user.created", grace),
        ("user.updated", later),
    ]
    gone = page["data"][2]
    assert (gone["event"], gone["data"]["id"], gone["data"]["external_id"]) == ("user.deleted", grace["id"], "g-1")
