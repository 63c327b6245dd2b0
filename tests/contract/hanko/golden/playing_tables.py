"""The rows of the tables in the recording of the REST endpoints, played: bodies, origins, methods and paths."""

from dataclasses import replace

from tests.browsers import Page
from tests.contract.hanko.golden.exchanges import Exchange
from tests.contract.hanko.golden.stage import Stage


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Send the request, with a fresh one-time code where it needs one."""
    needs_code = "<hanko_token>" in (recorded.body or "")
    url = stage.broker.url if recorded.target.startswith("//") else ""  # or it would name a host
    values = {"hanko_token": await stage.code()} if needs_code else {}
    async with stage.broker.browser() as browser:
        return await stage.send(replace(recorded, target=url + recorded.target), browser, **values)
