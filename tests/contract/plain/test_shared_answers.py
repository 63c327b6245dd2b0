"""A double click at the callback: one sign-in, however many requests were answered; and an answer that is spoilt."""

import asyncio

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.observed import log_lines
from tests.stage import Stage, cookie_name

AT_ONCE = 3


def issued(broker: RunningBroker) -> float:
    """How many sessions were counted."""
    registry = broker.application.broker.metrics.registry
    return registry.get_sample_value("broker_sessions_issued_total", {"provider": "microsoft"}) or 0.0


async def clicked_at_once(browser: Browser, url: str) -> set[str | None]:
    """Where a callback leads that is opened so often at the same time."""
    pages = await asyncio.gather(*(browser.get(url) for _ in range(AT_ONCE)))
    return {(page.location or "").partition("&error_reference=")[0] for page in pages}


async def test_callbacks_that_share_an_answer_count_as_one_sign_in(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("token", delay=0.2)
    assert await clicked_at_once(stage.victim, url) == {"http://localhost:8888/"}
    counted = (await stage.observe()).counted.since(stage.honest.counted)
    assert (dict(counted.outcomes), issued(stage.broker)) == ({"signed_in": 1}, 1.0)


async def test_callbacks_that_share_a_refusal_count_as_one_and_alarm_once(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.claims(set={"nonce": "x"})
    await stage.emulator.fault("token", delay=0.2)
    with log_lines() as lines:
        (told,) = await clicked_at_once(stage.victim, url)
    assert "error=invalid_response" in (told or "")
    counted = (await stage.observe()).counted.since(stage.honest.counted)
    assert (dict(counted.outcomes), dict(counted.security)) == ({"invalid_response": 1}, {"nonce": 1})
    assert len([line for line in lines if line["event"] == "security"]) == 1
    assert len({line["reference"] for line in lines if line["event"] == "request"}) == AT_ONCE


@pytest.mark.parametrize("spoilt", ["&code=another", "&error=access_denied", "&iss=https%3A%2F%2Fanother.example"])
async def test_spoilt_answer_ends_the_sign_in_where_it_wanted_to_be_told(spoilt: str, stage: Stage) -> None:
    url = await stage.victim.at_callback("alice", error_redirect_to="http://localhost:8888/own-errors")
    page = await stage.victim.get(url + spoilt)
    assert (page.location or "").startswith("http://localhost:8888/own-errors?error=invalid_response&")
    assert stage.victim.cookie(cookie_name(url)) is None
    assert await stage.written() == {}
