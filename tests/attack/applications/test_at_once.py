"""Many requests at once, each of which finds room for itself."""

import asyncio
import json
from collections import Counter
from pathlib import Path

from broker.signin.registrations import MOST_URLS
from tests.brokers import running_broker
from tests.contract.plain.calls import bearer
from tests.contract.workos.applications import API_KEY, application, served
from tests.peers.microsoft import MicrosoftPeer

URIS = "/user_management/redirect_uris"
LEFT = 3


async def test_key_registers_no_more_urls_at_once_than_one_by_one(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    """Every sign-in and every preflight asks all of them."""
    configured = [f"http://localhost:8888/{number}" for number in range(MOST_URLS - LEFT)]
    changes = served(application(redirect_uris=configured, default_redirect_uri=None))
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as program,
    ):
        sent = (
            program.send("POST", URIS, headers=bearer(API_KEY), json={"uri": f"https://app.example.com/{number}"})
            for number in range(10)
        )
        answers = Counter(page.status for page in await asyncio.gather(*sent))
        page = await program.send("GET", f"{URIS}?limit=100", headers=bearer(API_KEY))

    assert answers == {201: LEFT, 422: 10 - LEFT}
    assert len(json.loads(page.body)["data"]) == MOST_URLS
