"""What whoever asks says of itself, in places that people and programs read later: the trail, a log line, an answer."""

import json
from urllib.parse import urlencode

import pytest

from broker.store import audit
from tests.attack.applications.kinds import SSO_TOKEN
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import CLIENT_ID, ORIGIN
from tests.contract.workos.sessions import PATH, PKCE, VERIFIER, code_of, told
from tests.observed import log_lines

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(("interface", "path"), [("user_management", PATH), ("sso", SSO_TOKEN)])
async def test_trail_says_where_a_code_was_brought_from_whatever_the_body_says(
    broker: RunningBroker, victim: Browser, program: Browser, interface: str, path: str
) -> None:
    """A thief of code and verifier needs no secret where the application has none: its word of itself is theirs."""
    body = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "code": await code_of(victim, interface, **PKCE),
        "code_verifier": VERIFIER,
        "ip_address": "203.0.113.66",
        "user_agent": "The owner's own browser",
    }
    page = await program.send("POST", path, json=body, headers={"Origin": ORIGIN, "User-Agent": "Thief/1.0"})
    told(page)

    async with broker.application.broker.store.read() as connection:
        (entry,) = [each for each in await audit.entries(connection) if each.type == "code.redeemed"]
    assert (entry.ip_address, entry.user_agent) == ("127.0.0.1", "Thief/1.0")
    assert f"req_{entry.request_id}" == page.headers["X-Request-Id"]


async def test_parameter_that_means_nothing_is_ignored_and_its_name_is_told_nowhere(
    victim: Browser, program: Browser
) -> None:
    name = "x" * 500 + "\r\nSet-Cookie: a=b"
    known = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "code_verifier": VERIFIER}
    pairs = [*known.items(), ("code", await code_of(victim, **PKCE)), (name, "1"), (name, "2")]
    with log_lines() as lines:
        page = await program.send("POST", PATH, data=urlencode(pairs), headers=FORM)

    assert page.status == 200
    assert name not in json.dumps([page.text, *map(dict, lines)])
