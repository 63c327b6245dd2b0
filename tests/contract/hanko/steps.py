"""A flow as the SDK walks it: each action is posted to the `href` of the answer before, with its `csrf_token`."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.browsers import Browser, Page

PAGE = "http://localhost:8888/app?x=1#here"
VERIFIER = "Ab" * 32
CAPABILITIES = {
    "webauthn_available": True,
    "webauthn_conditional_mediation_available": True,
    "webauthn_platform_authenticator_available": False,
}


@dataclass
class FlowClient:
    """One flow in one browser; `state` is the last answer's body."""

    browser: Browser
    headers: dict[str, str] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    page: Page | None = None

    async def start(self, flow: str = "login") -> dict[str, Any]:
        """`POST /<flow>` without a body."""
        return await self.post(f"/{flow}", None)

    async def run(self, action: str, inputs: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """Run an action that the last answer offers; `changes` replace members of the request."""
        href = self.state["actions"][action]["href"]
        body = {"input_data": inputs or {}, "csrf_token": self.state["csrf_token"], **changes}
        return await self.post(href, body)

    async def post(self, href: str, body: object) -> dict[str, Any]:
        """One request; the answer must be a flow whatever it says."""
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.headers}
        self.page = await self.browser.send("POST", href, data=data, headers=headers)
        self.state = flow_in(self.page)
        return self.state

    async def to_login_page(self, flow: str = "login") -> dict[str, Any]:
        """Start, and pass the preflight."""
        await self.start(flow)
        return await self.run("register_client_capabilities", CAPABILITIES)

    async def to_provider(
        self,
        *,
        flow: str = "login",
        provider: str = "microsoft",
        verifier: str | None = VERIFIER,
        redirect_to: str = PAGE,
    ) -> str:
        """Press the provider's button; the address to which the SDK would navigate."""
        await self.to_login_page(flow)
        inputs = {"provider": provider, "redirect_to": redirect_to}
        state = await self.run("thirdparty_oauth", {**inputs, **({"code_verifier": verifier} if verifier else {})})
        return str(state["payload"]["redirect_url"])

    async def signed_in_at_provider(self, redirect_url: str, person: str) -> Page:
        """Follow the address through the provider; the answer is our callback's."""
        return await through_provider(self.browser, redirect_url, person)

    async def sign_in(self, person: str = "alice", *, verifier: str | None = VERIFIER, **start: Any) -> dict[str, Any]:
        """A whole sign-in, up to the session."""
        back = await self.signed_in_at_provider(await self.to_provider(verifier=verifier, **start), person)
        return await self.exchange(back.query["hanko_token"], verifier)

    async def exchange(self, token: str, verifier: str | None = VERIFIER) -> dict[str, Any]:
        """`exchange_token`."""
        return await self.run("exchange_token", {"token": token, **({"code_verifier": verifier} if verifier else {})})


async def through_provider(browser: Browser, redirect_url: str, person: str) -> Page:
    """From the address that a flow named to the answer of our callback."""
    page = await browser.get(redirect_url)
    assert page.location is not None, page.text
    separator = "&" if urlsplit(page.location).query else "?"
    page = await browser.get(f"{page.location}{separator}login_hint=auto:{person}")
    while page.location is not None and not page.url.startswith(browser.url + "/thirdparty/callback"):
        page = await browser.get(page.location)
    return page


def flow_in(page: Page) -> dict[str, Any]:
    """The body, which must be what the SDK can read."""
    assert page.headers["Content-Type"] == "application/json", page.text
    state: dict[str, Any] = json.loads(page.body)
    assert isinstance(state["actions"], dict)
    assert all(isinstance(each["inputs"], dict) for each in state["actions"].values())
    assert state["status"] == page.status
    assert isinstance(state["csrf_token"], str)
    assert "links" in state
    return state


def action_of(href: str) -> tuple[str, str]:
    """The action's name and the flow's id."""
    name, _, flow_id = dict(parse_qsl(urlsplit(href).query))["action"].partition("@")
    return name, flow_id
