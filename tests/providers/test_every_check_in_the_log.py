"""Each check of an ID token refuses at a running broker: calm for the person, by its own name in the log.

Held to the chain itself: who adds a check to it adds a token that it refuses here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from broker.providers.microsoft import token as chain
from tests.browsers import Page
from tests.observed import log_lines
from tests.peers.raw_http import running
from tests.providers.stage import microsoft_section
from tests.providers.test_microsoft_keys import HandMade, section
from tests.providers.test_microsoft_refusals import BIRCH, MSA, SECURITY, SPOILT, Change
from tests.stage import Stage, parameters_of, staged

BEFORE_THE_CHAIN = {"malformed", "alg", "kid", "signature"}
REASONS: Mapping[Any, str] = {
    chain.check_kind: "not_id_token",
    chain.check_tid: "tid",
    chain.check_key_issuer: "key_issuer",
    chain.check_key_cloud: "key_cloud",
    chain.check_iss: "iss",
    chain.check_account_class: "account_class",
    chain.check_aud: "aud",
    chain.check_time: "time",
    chain.check_the_nonce: "nonce",
    chain.check_sub: "sub",
    chain.check_oid: "oid",
    chain.check_max_age: "auth_time",
    chain.check_at_hash: "at_hash",
}

SECTION = "third_party.providers.microsoft"
ROW = tuple[str, Change, str, str, dict[str, str]]


def row(person: str, change: Change, reason: str, code: str = "invalid_response", **options: str) -> ROW:
    return person, change, reason, code, options


def anywhere() -> list[ROW]:
    """What every configuration refuses."""
    spoilt = [row(person, change, reason) for _, person, change, reason in SPOILT]
    return [
        *spoilt,
        row("alice", {"key": "government"}, "key_cloud"),
        row("alice", {"remove": ["oid"]}, "oid", "provider_misconfigured"),
        row("alice", {"remove": ["auth_time"]}, "auth_time", "interaction_required", max_age="300"),
        row("alice", {"shift": {"auth_time": -3600}}, "auth_time", "interaction_required", max_age="300"),
        row("alice", {"shift": {"auth_time": 3600}}, "auth_time", max_age="300"),
    ]


def of_organisations(base: str) -> list[ROW]:
    """A personal account where only organisations are wanted, though its key speaks for it."""
    change = {"key": "personal", "set": {"tid": MSA, "iss": f"{base}/{MSA}/v2.0"}}
    return [row("alice", change, "account_class", "wrong_account_type")]


async def refusals(stage: Stage, rows: list[ROW]) -> set[str]:
    """Sign in with each; answers the reasons that the log named."""
    for person, change, reason, code, options in rows:
        await stage.emulator.claims(**change)
        with log_lines() as lines:
            page = await stage.victim.sign_in(person, **options)
        assert_refused(page, lines, reason, code)
    return {reason for _, _, reason, _, _ in rows}


def assert_refused(page: Page, lines: list[Any], reason: str, code: str) -> None:
    """The page says our code and a reference; under that the log says which check it was, and an alarm where due."""
    assert page.query.keys() == {"error", "error_description", "error_reference"}
    [line] = [each for each in lines if each["event"] == "request" and each.get("reference")]
    assert line["reference"] == page.query["error_reference"]
    assert (line["detail"].partition(":")[0], page.query["error"], line["outcome"]) == (reason, code, code)
    assert [each["kind"] for each in lines if each["event"] == "security"] == [reason] * (reason in SECURITY)
    assert not [cookie for cookie in page.set_cookies if cookie.startswith("hanko=")]


async def refusal_of_a_directory(stage: Stage) -> set[str]:
    """Its document names one issuer, its key speaks for all, and the token is another directory's."""
    peer = HandMade()
    async with running(peer):
        peer.serve()
        await stage.broker.reload({SECTION: section(peer)["providers"]["microsoft"]})
        peer.claims |= {"tid": BIRCH, "iss": f"{peer.base_url}/{BIRCH}/v2.0"}
        start = await stage.victim.start()
        assert start.location is not None
        state = parameters_of(start.location)["state"]
        code = peer.sign_in(start.location)
        with log_lines() as lines:
            page = await stage.victim.get(f"/thirdparty/callback?{urlencode({'code': code, 'state': state})}")
    assert_refused(page, lines, "iss", "invalid_response")
    return {"iss"}


async def test_every_check_refuses_by_name_and_nobody_is_signed_in(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        base = stage.emulator.base_url
        named = await refusals(stage, anywhere())
        await stage.broker.reload({SECTION: microsoft_section(base, tenant="organizations")["providers"]["microsoft"]})
        named |= await refusals(stage, of_organisations(base))
        named |= await refusal_of_a_directory(stage)
        assert named == BEFORE_THE_CHAIN | set(REASONS.values())
        # All that is left of them: their states, which were used up.
        assert (await stage.written()).keys() <= {"consumed_states"}


def test_no_check_of_the_chain_is_left_out() -> None:
    assert set(REASONS) == set(chain.CHAIN)
