"""A domain in the configuration, two servers and one store: one directory for both, and one word of the operator."""

from pathlib import Path

import pytest

from broker.accounts.directories import KeptDirectories
from broker.errors import NotFound
from broker.models.directories import KnownDirectory
from broker.store import directories as rows
from broker.store.base import Store
from tests.brokers import RunningBroker, running_broker
from tests.observed import log_lines
from tests.peers.microsoft import running_microsoft

ALDER, BIRCH = "a1de0000-0000-4000-8000-000000000001", "b12c0000-0000-4000-8000-000000000002"
BY_DOMAIN = {"third_party.providers.microsoft": {"tenant": "alder.example"}, "session.jwt": {"algorithm": "ES256"}}


def store_of(broker: RunningBroker) -> Store:
    return broker.application.broker.store


async def error_of(broker: RunningBroker) -> str | None:
    async with broker.browser() as browser:
        refused = (await browser.start(login_hint="auto:alice")).query.get("error")
        return refused or (await browser.sign_in("alice")).query.get("error")


async def test_both_servers_refuse_another_directory_until_it_is_accepted_once(tmp_path: Path) -> None:
    before = KnownDirectory(provider="microsoft", cloud="emulator", domain="alder.example", guid=BIRCH, first_seen_at=1)
    async with (
        running_microsoft() as emulator,
        running_broker(base_dir=tmp_path, emulator=emulator, changes=BY_DOMAIN) as first,
        running_broker(base_dir=tmp_path, emulator=emulator, changes=BY_DOMAIN) as second,
    ):
        async with store_of(first).transaction() as c:
            await rows.keep_directory(c, before)
        with log_lines() as lines:
            assert [await error_of(first), await error_of(second)] == ["provider_misconfigured"] * 2
        [warning] = [line for line in lines if line["event"] == "a domain stands for another directory than before"]
        assert (warning["kept"], warning["named_now"], warning["domain"]) == (BIRCH, ALDER, "alder.example")
        refusals = [line for line in lines if line.get("outcome") == "provider_misconfigured"]
        assert all("--accept" in line["remedy"] and line["log_level"] == "warning" for line in refusals)
        operator = KeptDirectories(store_of(first), first.application.broker.clock)
        [waiting] = await operator.pending()
        assert (waiting.guid, waiting.changed_guid) == (BIRCH, ALDER)
        await operator.accept(waiting)
        assert [await error_of(first), await error_of(second), await operator.pending()] == [None, None, []]
        with pytest.raises(NotFound):
            await operator.accept(waiting)
