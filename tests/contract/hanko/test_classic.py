"""What only classic clients call: `/.well-known/config`, `/users/{id}`, `/emails`, `DELETE /user`."""

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import told

STRANGER = "00000000-0000-4000-8000-000000000000"


async def test_configuration_names_the_provider_and_offers_nothing_else(browser: Browser) -> None:
    page = await browser.get("/.well-known/config")
    assert (page.status, page.headers["Content-Type"]) == (200, "application/json")
    assert told(page) == {
        "password": {"enabled": False, "min_password_length": 8},
        "emails": {"require_verification": True, "max_num_of_addresses": 0},
        "providers": ["Microsoft"],
        "account": {"allow_deletion": False, "allow_signup": True},
        "use_enterprise": False,
    }


async def test_configuration_follows_the_operator_and_keeps_the_name_that_clients_start_with(
    broker: RunningBroker, browser: Browser
) -> None:
    await broker.reload(
        {
            "third_party.providers.microsoft.display_name": "Work account",
            "account": {"allow_signup": False, "allow_deletion": True},
        }
    )
    told_now = told(await browser.get("/.well-known/config"))
    assert told_now["providers"] == ["Microsoft"]
    assert told_now["account"] == {"allow_deletion": True, "allow_signup": False}


async def test_own_user_is_me_with_the_address_by_itself(alice: Browser) -> None:
    me = told(await alice.get("/me"))
    user = told(await alice.get(f"/users/{me['id']}"))
    assert user == {**me, "email": "alice@alder.example", "webauthn_credentials": None}


async def test_nobody_else_is_told_of_not_even_whether_they_exist(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as other:
        await other.sign_in("bob")
        bobs = told(await other.get("/me"))["id"]
    own = told(await alice.get("/me"))["id"]
    answers = [await alice.get(f"/users/{one}") for one in (bobs, STRANGER, "not-a-uuid", own.upper())]
    assert {(page.status, page.body) for page in answers} == {(403, b'{"code":403,"message":"Forbidden"}')}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/users/{STRANGER}"),
        ("GET", "/emails"),
        ("DELETE", f"/emails/{STRANGER}"),
        ("POST", f"/emails/{STRANGER}/set_primary"),
        ("DELETE", "/user"),
        ("GET", "/webauthn/credentials"),
    ],
)
async def test_without_session_everything_about_oneself_is_unauthorized(
    browser: Browser, method: str, path: str
) -> None:
    assert (await browser.send(method, path)).status == 401


async def test_addresses_are_those_of_me(alice: Browser) -> None:
    assert told(await alice.get("/emails")) == told(await alice.get("/me"))["emails"]
    assert told(await alice.get("/webauthn/credentials")) == []


async def test_primary_address_stays_and_a_foreign_one_is_not_there(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as other:
        await other.sign_in("bob")
        bobs = told(await other.get("/emails"))[0]["id"]
        [own] = told(await alice.get("/emails"))
        assert (await alice.send("DELETE", f"/emails/{own['id']}")).status == 409
        assert (await alice.send("DELETE", f"/emails/{bobs}")).status == 404
        assert (await alice.send("POST", f"/emails/{bobs}/set_primary")).status == 404
        assert len(told(await other.get("/emails"))) == 1


async def test_account_goes_only_where_the_operator_lets_it(broker: RunningBroker, alice: Browser) -> None:
    assert (await alice.send("DELETE", "/user")).status == 404
    assert (await alice.get("/me")).status == 200
    await broker.reload({"account": {"allow_deletion": True}})
    page = await alice.send("DELETE", "/user")
    assert page.status == 204
    assert any(cookie.startswith("hanko=;") for cookie in page.set_cookies)
    assert (await alice.get("/me")).status == 401


async def test_page_of_a_stranger_deletes_nobody(broker: RunningBroker, alice: Browser) -> None:
    await broker.reload({"account": {"allow_deletion": True}})
    refused = await alice.send("DELETE", "/user", headers={"Origin": "https://evil.example"})
    assert refused.status == 403
    assert (await alice.get("/me")).status == 200
