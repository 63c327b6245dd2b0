"""The receiver that `docs/webhooks.md` shows takes what is sent and refuses what is not."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jwt.exceptions import InvalidSubjectError

from broker.clock import FrozenClock, SystemClock
from broker.config.sections.webhooks import EventName
from broker.web.hanko.webhook_names import NAMES
from tests.webhooks.receiver import Receiver
from tests.webhooks.stage import Stage, staged

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")


def shown_at(url: str) -> Callable[[str], tuple[str, str, dict[str, Any]]]:
    """The page's code, at this broker, whose keys are elliptic."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code.replace("http://localhost:8000", url).replace("RS256", "ES256"), names)  # noqa: S102  our own page
    found: Callable[[str], tuple[str, str, dict[str, Any]]] = names["event_in"]
    return found


@pytest.fixture
async def simple(tmp_path: Path, receiver: Receiver) -> AsyncIterator[Stage]:
    """At the present: the page's code has the machine's clock."""
    async with staged(tmp_path, receiver, clock=FrozenClock(SystemClock().now())) as one:
        yield one


async def test_receiver_of_the_guide_takes_an_event_and_no_session(simple: Stage) -> None:
    event_in = shown_at(simple.broker.url)
    await simple.hook()
    alice = await simple.user()
    await simple.happened(alice)
    await simple.drained()
    (one,) = simple.receiver.received
    body = '{"token":"%s","event":"user.update"}'

    id, name, data = await asyncio.to_thread(event_in, body % one.body["token"])

    assert (id, name, data["id"]) == (one.headers["x-webhook-id"], "user.update", alice)
    profile = await simple.broker.application.broker.users.profile(alice)
    session = simple.broker.application.broker.keyring.sign(
        {"aud": ["localhost"], "sub": profile.user.id, "iat": simple.clock.now(), "exp": simple.clock.now() + 300}
    )
    with pytest.raises(InvalidSubjectError):
        await asyncio.to_thread(event_in, body % session)


def test_guide_names_every_event_that_happens_and_the_configuration_knows_all() -> None:
    table = PAGE.partition("| Event | When |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`((?:user|session)[a-z.]*)`", table))
    assert told <= NAMES
    assert set(EventName.__args__) == NAMES  # type: ignore[attr-defined]
    source = (Path(__file__).parents[2] / "broker" / "web" / "hanko" / "webhook_names.py").read_text("utf-8")
    tables = source.partition("_OF_USERS")[2]
    assert {name for name in NAMES if f'"{name}"' in tables} == told
