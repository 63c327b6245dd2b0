"""The way of a product that begins with "Sign in with Microsoft": each step is one change of its config.yaml.

Default credentials while one tries; a registration of one's own; more scopes, for everybody and for one request; and
Microsoft's tokens in the end. Whoever signed in by the real registration stays signed in throughout.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from broker.config.load import load_mapping
from broker.errors import ConfigError
from tests.brokers import RunningBroker, running_broker, settings
from tests.contract.workos.applications import API_KEY, CLIENT_ID, application, authorize_url, served, signed_in
from tests.contract.workos.sessions import renewed, told
from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer

MICROSOFT = "third_party.providers.microsoft"
OWN = "c11e0000-0000-4000-8000-000000000003"
"""A registration for personal accounts, with the claims email, given_name and family_name."""


class Guide:
    """The running broker, and its configuration as far as it has grown."""

    def __init__(self, broker: RunningBroker, changes: Mapping[str, Any]) -> None:
        self.broker = broker
        self._changes = dict(changes)

    async def change(self, key: str, value: Any) -> None:
        """Edit one key, and have the broker read its file again."""
        self._changes[key] = value
        await self.broker.reload(self._changes)

    async def asked(self, **parameters: str) -> tuple[str, list[str]]:
        """What Microsoft is asked with: the registration and the scopes."""
        async with self.broker.browser() as browser:
            page = await browser.get(authorize_url(**parameters))
        query = parse_qs(urlsplit(page.location or "").query)
        return query["client_id"][0], query["scope"][0].split()

    async def sign_in(self, person: str, **parameters: str) -> dict[str, Any]:
        """The answer that the application's program has for the code."""
        body = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY}
        async with self.broker.browser() as browser:
            page = await signed_in(browser, authorize_url(login_hint=f"auto:{person}", **parameters))
            assert "code" in page.query, page.query
            sent = {**body, "code": page.query["code"]}
            return told(await browser.send("POST", "/user_management/authenticate", json=sent))

    async def stays(self, answer: Mapping[str, Any]) -> str | None:
        """The next refresh token of somebody who signed in; None if that is over."""
        async with self.broker.browser() as program:
            page = await renewed(program, answer["refresh_token"])
        return told(page)["refresh_token"] if page.status == 200 else None


def own_credentials(emulator: MicrosoftPeer) -> dict[str, Any]:
    """Those of the registration; its authority is where these tests have a Microsoft."""
    return {
        "client_id": OWN,
        "secret": SECRET,
        "tenant": "consumers",
        "cloud": "custom",
        "authority": emulator.base_url,
    }


async def test_guide_is_walked_with_one_change_of_the_configuration_a_step(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    begin = served(application())
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=begin) as broker:
        guide = Guide(broker, begin)
        await emulator.registrations(client_id=OWN, add_redirect_uris=[f"{broker.url}/thirdparty/callback"])

        # Default credentials, and it shows: our page says that the emulator stands in.
        async with broker.browser() as browser:
            assert "emulator" in (await browser.get("/login?redirect_to=http://localhost:8888/")).text
        assert await guide.asked() == (FIRST_CLIENT, ["openid", "profile", "email"])
        first = await guide.sign_in("alice")
        assert (first["user"]["email"], "oauth_tokens" in first) == ("alice@alder.example", False)

        # One's own credentials.
        await guide.change(MICROSOFT, own_credentials(emulator))
        assert await guide.asked() == (OWN, ["openid", "profile", "email"])
        dave = await guide.sign_in("dave")
        assert (dave["user"]["first_name"], dave["user"]["email_verified"]) == ("Dave", False)
        assert await guide.stays(first) is None, "whom the emulator signed in is nobody now"

        # A scope on every request.
        scopes = ["openid", "profile", "email", "User.Read"]
        await guide.change(f"{MICROSOFT}.scopes", scopes)
        assert await guide.asked() == (OWN, scopes)

        # A scope that one request adds; the next does not have it.
        await guide.change(f"{MICROSOFT}.extra_scopes_allowed", ["Mail.Read"])
        assert await guide.asked(provider_scopes="Mail.Read") == (OWN, [*scopes, "Mail.Read"])
        assert await guide.asked() == (OWN, scopes)
        assert "oauth_tokens" not in await guide.sign_in("dave", provider_scopes="Mail.Read")

        # Microsoft's tokens, for the program that redeems the code.
        await guide.change("workos.applications", [application(return_provider_tokens=True)])
        assert await guide.asked(provider_scopes="Mail.Read") == (OWN, [*scopes, "Mail.Read", "offline_access"])
        tokens = (await guide.sign_in("dave", provider_scopes="Mail.Read"))["oauth_tokens"]
        assert {"User.Read", "Mail.Read"} <= set(tokens["scopes"])
        assert tokens["refresh_token"]
        assert await guide.stays(dave) is not None


def test_production_with_default_credentials_does_not_start() -> None:
    tree = settings(
        public_url="https://login.example",
        emulator=None,
        database="sqlite:///broker.db",
        changes={**served(application()), "service.environment": "production"},
    )

    with pytest.raises(ConfigError) as refused:
        load_mapping(tree, {}, name="config.yaml")

    assert f"{MICROSOFT}.client_id" in {mistake.key for mistake in refused.value.mistakes}
