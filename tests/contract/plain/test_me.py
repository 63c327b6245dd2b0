"""`GET /me`: who is signed in, in the shape that Hanko's clients read."""

import re

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import told
from tests.peers.microsoft import MicrosoftPeer

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NO_SECOND_FACTOR = {"auth_app_set_up": False, "totp_enabled": False, "security_keys_enabled": False}


async def test_whole_body_of_a_person_with_everything(alice: Browser) -> None:
    page = await alice.get("/me")
    me = told(page)
    identity = me["identities"][0]
    primary = me["emails"][0]
    assert UUID.fullmatch(me["id"])
    assert TIME.fullmatch(me["created_at"])
    assert identity == {"id": identity["id"], "provider": "Microsoft", "identity_id": identity["identity_id"]}
    assert me == {
        "id": me["id"],
        "user_id": me["id"],
        "mfa_config": NO_SECOND_FACTOR,
        "emails": [
            {
                "id": primary["id"],
                "address": "alice@alder.example",
                "is_verified": primary["is_verified"],
                "is_primary": True,
                "identity": identity,
                "identities": [identity],
            }
        ],
        "created_at": me["created_at"],
        "updated_at": me["updated_at"],
        "identities": [identity],
        "name": "Alice Alder",
        "given_name": "Alice",
        "family_name": "Alder",
    }


async def test_identity_is_named_by_the_subject_at_the_provider(emulator: MicrosoftPeer, browser: Browser) -> None:
    await browser.sign_in("dave")
    (identity,) = told(await browser.get("/me"))["identities"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{20,}", identity["id"])
    assert UUID.fullmatch(identity["identity_id"])


async def test_provider_is_called_what_the_operator_calls_it(broker: RunningBroker, alice: Browser) -> None:
    await broker.reload({"third_party.providers.microsoft.display_name": "Work account"})
    assert told(await alice.get("/me"))["identities"][0]["provider"] == "Work account"


async def test_what_is_not_known_is_left_out(emulator: MicrosoftPeer, browser: Browser) -> None:
    await emulator.claims(remove=["name", "given_name", "family_name"])
    await browser.sign_in("alice")
    me = told(await browser.get("/me"))
    assert not {"name", "given_name", "family_name", "picture", "username", "metadata", "passkeys"} & set(me)
    assert me["mfa_config"] == NO_SECOND_FACTOR


@pytest.mark.parametrize("name", ['<script>alert("x")</script>', "Zoë “Zed” Ångström", "名前"])
async def test_name_is_data_whatever_stands_in_it(name: str, emulator: MicrosoftPeer, browser: Browser) -> None:
    await emulator.claims(set={"name": name})
    assert (await browser.sign_in("alice")).status == 303
    page = await browser.get("/me")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert told(page)["name"] == name


async def test_name_with_characters_that_no_database_holds_is_shown_without_them(
    emulator: MicrosoftPeer, browser: Browser
) -> None:
    await emulator.claims(set={"name": "Ali\x00ce"})
    assert (await browser.sign_in("alice")).location == "http://localhost:8888/"
    assert "\x00" not in told(await browser.get("/me")).get("name", "")
