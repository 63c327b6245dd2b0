"""What an operator types beside a server: lists for programs, keys that turn, the admin API's keys, the schema."""

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from broker.web.workos.ids import spelled
from tests.cli.commands import broker
from tests.cli.houses import House, a_house

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("operated")) as house, house.serving():
        yield house


def header_of(token: str) -> dict[str, str]:
    part = token.partition(".")[0]
    header = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(header, dict)
    return header


async def published(house: House) -> set[str]:
    async with house.browser() as browser:
        return {key["kid"] for key in json.loads((await browser.get("/.well-known/jwks.json")).body)["keys"]}


async def test_lists_are_json_with_the_names_of_the_admin_api(operated: House) -> None:
    await operated.signed_in("dave")
    [user] = [user for user in operated.broker("users", "list", "--json").json if "dave" in str(user)]
    assert set(user) >= {"id", "emails", "identities", "created_at", "locked"}
    assert user["emails"] == [
        {"address": "dave@outlook.example", "is_verified": True, "is_primary": True, "verified_by": "xms_edov"}
    ]
    assert set(user["identities"][0]) == {"provider", "subject_key", "tenant"}
    assert MOMENT.fullmatch(user["created_at"])
    assert operated.broker("users", "show", user["id"], "--json").json == user

    [session] = operated.broker("sessions", "list", "--user", "dave@outlook.example", "--json").json
    assert session["user_id"] == user["id"]
    assert set(session) >= {"id", "provider", "created_at", "last_used", "expires_at", "user_agent", "ip_address"}
    keys = operated.broker("keys", "list", "--json").json
    assert {key["state"] for key in keys} >= {"next", "current"}
    assert set(keys[0]) == {"kid", "state", "algorithm", "created_at", "activated_at", "retired_at"}


async def test_output_in_a_pipe_has_no_colour_codes(operated: House) -> None:
    await operated.signed_in("dave")
    for command in ("users list", "config show", "--help"):
        done = operated.broker(*command.split(), FORCE_COLOR="1", TERM="xterm-256color")
        assert (done.code, "\x1b" in done.output + done.errors) == (0, False), command


def test_configuration_is_shown_as_the_file_would_have_it(operated: House) -> None:
    lines = operated.broker("config", "show").output.splitlines()
    shown = {key: " ".join(value) for key, *value, _ in (line.split() for line in lines if "." in line.split(" ")[0])}
    microsoft = "third_party.providers.microsoft"
    assert shown["database.migrate"] == "true"
    assert shown[f"{microsoft}.ca_file"] == "null"
    assert shown[f"{microsoft}.scopes"] == '["openid", "profile", "email"]'
    assert shown["service.name"] == "Identity Broker"


def test_unknown_people_and_sessions_are_no(operated: House) -> None:
    for command in ("users show nobody@x.example", "users lock nobody@x.example", "sessions revoke nothing"):
        done = operated.broker(*command.split())
        assert (done.code, done.output, len(done.errors.splitlines())) == (1, "", 1), done


async def test_keys_turn_when_backends_know_the_next_one_or_at_once_when_told(still_house: House) -> None:
    with still_house.serving():
        before = await still_house.signed_in("alice")
        states = {key["state"]: key["kid"] for key in still_house.broker("keys", "list", "--json").json}
        assert header_of(before)["kid"] == states["current"]
        assert await published(still_house) == set(states.values())

        early = still_house.broker("keys", "rotate")
        assert early.code == 1
        assert re.search(r"rotate in 1[0-9] min [0-9]+ s$", early.errors.strip())

        turned = still_house.broker("keys", "rotate", "--now")
        assert (turned.code, states["next"] in turned.output) == (0, True)
        await show_a_token_of(still_house, states["next"])
        after = await still_house.signed_in("alice")
        assert header_of(after)["kid"] == states["next"]
        assert await still_house.is_valid(before)
        assert len(await published(still_house)) == 3

        lives = still_house.broker("keys", "retire", states["current"])
        assert (lives.code, "--end-sessions ends them" in lives.errors) == (1, True)
        assert still_house.broker("keys", "retire", states["next"]).code == 1  # it signs
        assert still_house.broker("keys", "retire", "unheard-of").code == 1
        ended = still_house.broker("keys", "retire", states["current"], "--end-sessions")
        assert (ended.code, ended.output.endswith(" sessions ended\n")) == (0, True)
        assert not await still_house.is_valid(before)
        assert not await still_house.is_valid(after)  # made so soon after the turn that the old key may have signed it
        assert await still_house.is_valid(await still_house.signed_in("alice"))


async def show_a_token_of(house: House, kid: str) -> None:
    """A server follows within 60 seconds; one that meets a `kid` it does not know looks at once (and once a second)."""
    header = urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": f"{kid}-unknown"}).encode()).decode().rstrip("=")
    deadline = time.monotonic() + 10
    current = ""
    while current != kid and time.monotonic() < deadline:
        assert not await house.is_valid(f"{header}.e30.c2lnbmF0dXJl")
        current = header_of(await house.signed_in("bob"))["kid"]
    assert current == kid


async def test_admin_key_opens_the_admin_api_until_it_is_revoked(operated: House) -> None:
    made = operated.broker("admin", "key", "create", "deploy")
    key = made.output.split()[0]
    assert re.fullmatch(r"bk_[A-Za-z0-9_-]{40,}", key)
    assert operated.broker("admin", "key", "create", "deploy").code == 1
    second = operated.broker("admin", "key", "create", "for a day", "--expires-in-days", "1", "--json").json
    assert (second["name"], second["key"][:3], bool(MOMENT.fullmatch(second["expires_at"]))) == (
        "for a day",
        "bk_",
        True,
    )
    async with operated.browser() as browser:
        path, header = f"{operated.admin_url}/anything", f"Bearer {key}"
        assert (await browser.get(path)).status == 401
        assert (await browser.get(path, Authorization=header)).status == 404
        [listed] = [one for one in operated.broker("admin", "key", "list", "--json").json if one["name"] == "deploy"]
        assert set(listed) == {"id", "name", "scopes", "created_at", "expires_at", "last_used_at"}
        assert key not in operated.broker("admin", "key", "list").output
        assert operated.broker("admin", "key", "revoke", "deploy").code == 0
        assert (await browser.get(path, Authorization=header)).status == 401
    assert operated.broker("admin", "key", "revoke", "deploy").code == 1
    with closing(connect(operated.folder / "broker.db")) as database:
        assert key not in "\n".join(database.iterdump())


async def test_clean_drops_what_has_expired_and_nothing_else(operated: House) -> None:
    token = await operated.signed_in("erin")
    done = operated.broker("clean", "--json")
    kinds = {"sign_ins", "sessions", "audit_entries", "provider_tokens", "refresh_tokens", "outbox_events"}
    assert (done.code, set(done.json)) == (0, kinds)
    assert done.json["sessions"] == 0
    assert await operated.is_valid(token)
    assert operated.broker("clean").output.startswith("dropped 0 used sign-ins, 0 sessions")


def test_migrate_brings_up_to_date_and_status_only_looks(still_house: House) -> None:
    before = still_house.broker("migrate", "status", "--json")
    assert (before.code, before.json["applied"]) == (1, [])
    assert before.json["pending"][0] == "0001_accounts"
    assert still_house.broker("migrate", "status").output.startswith("pending: 0001_accounts\n")
    done = still_house.broker("migrate")
    assert (done.code, done.output.splitlines()[-1]) == (0, "the database is up to date")
    assert still_house.broker("migrate").output == "the database is up to date\n"
    after = still_house.broker("migrate", "status", "--json")
    assert (after.code, after.json["pending"]) == (0, [])


def test_config_named_before_status_counts(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("nonsense: 1\n")
    for order in (("-c", "mine.yaml", "status"), ("status", "-c", "mine.yaml")):
        assert broker("migrate", *order, folder=tmp_path).errors.startswith("mine.yaml:1: nonsense: is no key")


def test_version_is_that_of_the_package(tmp_path: Path) -> None:
    from importlib.metadata import version

    assert broker("version", folder=tmp_path).output.strip() == version("identity-broker")


async def test_a_deleted_user_is_a_stranger_and_the_trail_keeps_that_it_happened(operated: House) -> None:
    token = await operated.signed_in("carol")
    [user] = [user for user in operated.broker("users", "list", "--json").json if "carol" in str(user)]
    assert operated.broker("users", "delete", "carol@alder.example").code == 1  # nobody there to say yes
    assert await operated.is_valid(token)
    assert operated.broker("users", "delete", "carol@alder.example", "--yes").code == 0
    assert not await operated.is_valid(token)
    assert operated.broker("users", "show", user["id"]).code == 1
    await operated.signed_in("carol")
    [again] = [user for user in operated.broker("users", "list", "--json").json if "carol" in str(user)]
    assert again["id"] != user["id"]
    trail = operated.broker("audit", "list", "--user", spelled("user", user["id"]), "--json").json
    assert trail[0]["type"] == "user.deleted"
    assert {"user.created", "sign_in.succeeded"} <= {entry["type"] for entry in trail}
    assert "carol" not in str(trail)
    [came] = [entry for entry in trail if entry["type"] == "sign_in.succeeded"]
    assert came["ip_address"] in ("127.0.0.1", "::1")
