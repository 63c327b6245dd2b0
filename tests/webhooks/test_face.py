"""What Hanko's receivers are told of real sign-ins: event by event, with the data and the token that they expect."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import jwt
import pytest

from broker.clock import FrozenClock, SystemClock
from broker.crypto import SecretKeys
from broker.sessions.rotation import Rotation
from tests.brokers import running_broker
from tests.browsers import Browser
from tests.contract.hanko.steps import FlowClient
from tests.peers.microsoft import MicrosoftPeer
from tests.webhooks.receiver import Receiver, verified
from tests.webhooks.stage import Stage, configured

ALL = ("user", "session")


@pytest.fixture
async def signing_in(tmp_path: Path, receiver: Receiver, emulator: MicrosoftPeer) -> AsyncIterator[Stage]:
    """A broker with the emulator behind it, and a hook on everything."""
    clock = FrozenClock(SystemClock().now())
    async with running_broker(
        base_dir=tmp_path,
        emulator=emulator,
        clock=clock,
        changes={**configured(receiver, *ALL), "account": {"allow_deletion": True}},
    ) as broker:
        yield Stage(broker=broker, clock=clock, receiver=receiver)


async def told(stage: Stage) -> list[str]:
    """The events since the last time."""
    await stage.drained()
    names = stage.receiver.names()
    stage.receiver.received.clear()
    return names


async def test_first_sign_in_creates_a_user_and_a_session(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    await signing_in.drained()

    created, session = signing_in.receiver.received
    assert [each.body["event"] for each in (created, session)] == ["user.create", "session.create"]
    claims = verified(created.body["token"], await signing_in.jwks())
    assert set(claims) == {"aud", "data", "evt", "exp", "iat", "jti", "sub"}
    assert claims["aud"] == ["localhost"]
    assert claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(created.body["token"])["alg"] == "RS256"
    data = claims["data"]
    assert set(data) >= {"id", "emails", "created_at", "updated_at", "identities", "name"}
    assert [email["address"] for email in data["emails"]] == ["alice@alder.example"]
    assert set(data["identities"][0]) == {
        "id", "provider_id", "provider_name", "email_id", "created_at", "updated_at",
    }  # fmt: skip
    assert data["identities"][0]["email_id"] == data["emails"][0]["id"]
    assert set(session.claims["data"]) == {
        "id", "user_id", "user_agent", "ip_address", "created_at", "updated_at", "expires_at", "last_used",
    }  # fmt: skip
    assert session.claims["data"]["user_id"] == data["id"]


async def test_sign_in_that_changes_nothing_tells_of_its_session_alone(signing_in: Stage) -> None:
    for _ in range(2):
        async with signing_in.broker.browser() as browser:
            await browser.sign_in("alice")
    assert await told(signing_in) == ["user.create", "session.create", "session.create"]


async def test_signing_out_ends_a_session_by_the_persons_own_will(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
        await told(signing_in)
        await browser.send("POST", "/logout", headers={"Origin": signing_in.broker.url})
    assert await told(signing_in) == ["session.delete.explicit.logout"]


async def test_oldest_session_beyond_the_limit_ends_passively_with_its_row(signing_in: Stage) -> None:
    for _ in range(6):
        async with signing_in.broker.browser() as browser:
            await browser.sign_in("alice")
    await signing_in.drained()
    (ended,) = [one for one in signing_in.receiver.received if one.body["event"] == "session.delete.passive.limit"]
    assert ended.claims["data"]["user_agent"]


async def test_event_of_a_session_keeps_nothing_else_of_the_person(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    kept = {row["name"]: row["content"] for row in await signing_in.rows("outbox")}
    assert "alice@alder.example" in kept["user.create"]
    assert "alice" not in kept["session.create"].lower()
    assert '"user":null' in kept["session.create"]


async def test_flow_tells_of_a_login_with_the_browser_it_came_from(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        await FlowClient(browser).sign_in("alice")
    await signing_in.drained()

    assert signing_in.receiver.names() == ["user.create", "user.login", "session.create.flow"]
    login = signing_in.receiver.received[1].claims["data"]
    assert login["ip_address"] == "127.0.0.1"
    assert "aiohttp" in login["user_agent"]


async def test_operator_who_locks_and_deletes_is_told(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    await signing_in.drained()
    user_id = signing_in.receiver.received[0].user_id
    signing_in.receiver.received.clear()
    users = signing_in.broker.application.broker.users

    await users.lock(user_id)
    assert await told(signing_in) == ["session.delete.admin.revoke"]
    await users.delete(user_id)
    await signing_in.drained()
    (gone,) = signing_in.receiver.received
    assert gone.body["event"] == "user.delete"
    assert gone.claims["data"]["emails"][0]["address"] == "alice@alder.example"


async def test_new_address_at_a_sign_in_is_told(signing_in: Stage, emulator: MicrosoftPeer) -> None:
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    await told(signing_in)
    await emulator.claims(set={"upn": "alice.new@alder.example"})
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    assert "user.update.email.create" in await told(signing_in)


async def test_sign_in_that_is_refused_tells_nothing(signing_in: Stage) -> None:
    await signing_in.broker.reload({**configured(signing_in.receiver, *ALL), "account": {"allow_signup": False}})
    async with signing_in.broker.browser() as browser:
        page = await browser.sign_in("alice")
    assert page.query["error"] == "signup_disabled"
    assert await told(signing_in) == []


async def test_token_of_a_webhook_is_no_session_nor_a_session_one_of_a_webhook(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
        session = browser.cookie("hanko")
    assert session is not None
    await signing_in.drained()
    jwks = await signing_in.jwks()
    for one in signing_in.receiver.received:
        async with signing_in.broker.browser() as program:
            page = await program.get("/me", Authorization=f"Bearer {one.body['token']}")
            assert page.status == 401
            check = await program.get("/sessions/validate", Authorization=f"Bearer {one.body['token']}")
            assert b'"is_valid":false' in check.body
    with pytest.raises(ValueError, match="no webhook"):
        verified(session, jwks)


async def test_token_is_signed_at_its_delivery_and_not_before(signing_in: Stage) -> None:
    """Keys turn while a receiver is down; what waited is signed by the key that signs now, and is good from then on."""
    answers = [500]
    signing_in.receiver.answer = lambda _path: answers.pop() if answers else 200
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    await signing_in.drained()
    before = signing_in.receiver.received[0]
    signing_in.clock.advance(3600)
    await rotate(signing_in)
    await signing_in.drained()

    again = signing_in.receiver.taken()[0]
    assert again.id == before.id
    assert kid_of(again.body["token"]) != kid_of(before.body["token"])
    assert again.claims["exp"] == signing_in.clock.now() + 300


async def rotate(stage: Stage) -> None:
    """As `broker keys rotate`, and this server follows."""
    secrets = SecretKeys([str(secret.reveal()) for secret in stage.broker.config.secrets.keys])
    await Rotation(stage.store, secrets, stage.clock, algorithm="RS256").rotate(now=True)
    await stage.broker.application.broker.keyring.refresh()


def kid_of(token: str) -> Any:
    return jwt.get_unverified_header(token)["kid"]


@pytest.mark.parametrize(
    ("subscribed", "told_of"),
    [
        (["user.create"], ["user.create"]),
        (["user"], ["user.create"]),
        (["user.update.email"], []),
        (["session.create"], ["session.create"]),
        (["session.create.flow"], []),
        (["user.update", "email.send"], []),
    ],
)
async def test_subscription_is_the_beginning_of_a_name(
    signing_in: Stage, subscribed: Sequence[str], told_of: Sequence[str]
) -> None:
    await signing_in.broker.reload(configured(signing_in.receiver, *subscribed))
    async with signing_in.broker.browser() as browser:
        await browser.sign_in("alice")
    assert await told(signing_in) == list(told_of)


async def test_own_account_that_is_left_is_told(signing_in: Stage) -> None:
    async with signing_in.broker.browser() as browser:
        flow = FlowClient(browser)
        await flow.sign_in("alice")
        await told(signing_in)
        await deleted(browser)
    assert "user.delete" in await told(signing_in)


async def deleted(browser: Browser) -> None:
    flow = FlowClient(browser, headers={"Origin": "http://localhost:8888"})
    await flow.to_login_page("profile")
    await flow.run("account_delete")
