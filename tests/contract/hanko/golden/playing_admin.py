"""The recorded admin API, played in its order: what one exchange made is what a later one asks for."""

import json
from dataclasses import dataclass, field

from tests.browsers import Browser, Page
from tests.contract.hanko.golden.exchanges import Exchange
from tests.contract.hanko.golden.stage import Stage

HOST = "127.0.0.1:9101"
"""Where the recorded admin API listened: its links lead there."""
_ANN, _CARL, _SECOND_ADDRESS, _SESSIONS, _WEBHOOK = 2, 4, 16, 19, 26


@dataclass(kw_only=True)
class Operator:
    """A program with a key, and what it has seen: the values of the recording's placeholders."""

    stage: Stage
    key: str = ""
    seen: dict[str, str] = field(default_factory=dict)

    async def play(self, recorded: Exchange) -> Page:
        """Set the scene, send the request, keep what the answer made."""
        async with self.stage.broker.browser() as browser:
            if not self.key:
                await self._begin(browser)
            if recorded.number == _CARL:
                await self._carl_signs_in()
            page = await self._send(recorded, browser)
            self._keep(recorded.number, page)
            return page

    async def ask(self, browser: Browser, method: str, path: str, body: str | None = None) -> Page:
        """A request with the key."""
        headers = {"Authorization": f"Bearer {self.key}", "Host": HOST, "User-Agent": "client/1.0"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return await browser.send(method, self.stage.broker.admin_url + path, data=body, headers=headers)

    async def _begin(self, browser: Browser) -> None:
        """Nobody is there yet."""
        self.key = (await self.stage.broker.application.broker.api_keys.create("recorded")).key
        for user in json.loads((await self.ask(browser, "GET", "/users")).body):
            await self.ask(browser, "DELETE", f"/users/{user['id']}")

    async def _carl_signs_in(self) -> None:
        self.stage.clock.advance(1)
        self.stage.peer.claims |= {
            "email": "carl@example.com", "name": "Carl Jones", "given_name": "Carl", "family_name": "Jones",
            "picture": "https://img.example.com/c.png",
        }  # fmt: skip
        self.stage.session, self.seen["carl"] = await self.stage.signed_in()

    async def _send(self, recorded: Exchange, browser: Browser) -> Page:
        target, body = recorded.target, recorded.body
        names = {"uuid": self.seen.get(_what_is_meant(target), "")} | self.seen
        for name, value in names.items():
            target = target.replace(f"<{name}>", value)
            body = None if body is None else body.replace(f"<{name}>", value)
        if body is not None:
            body = body.replace("<rfc3339.frac>", "2020-01-01T00:00:00.5Z")
        return await self.ask(browser, recorded.method, target, body)

    def _keep(self, number: int, page: Page) -> None:
        if number == _ANN:
            made = json.loads(page.body)
            self.seen |= {"ann": made["id"], "other": made["emails"][0]["id"]}
        elif number == _SECOND_ADDRESS:
            self.seen["primary"] = json.loads(page.body)["id"]
        elif number == _SESSIONS:
            self.seen["session"] = json.loads(page.body)[0]["id"]
        elif number == _WEBHOOK and page.status < 300:
            self.seen["webhook"] = json.loads(page.body)["id"]


def _what_is_meant(target: str) -> str:
    """Whose id a plain `<uuid>` in the path is."""
    words = {"emails": "primary", "sessions": "session", "webhooks": "webhook"}
    return next((name for word, name in words.items() if f"/{word}/<uuid>" in target), "")


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Play one exchange; all of a stage have one operator."""
    operator: Operator = vars(stage).setdefault("operator", Operator(stage=stage))
    return await operator.play(recorded)
