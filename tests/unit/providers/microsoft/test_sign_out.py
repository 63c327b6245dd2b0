"""Whose pages may frame our front-channel address, and where a browser passes by that signs out at Microsoft."""

import pytest

from broker.clock import FrozenClock
from broker.config.sections.third_party import ThirdPartySection
from broker.providers.base import SignsOut
from broker.providers.registry import build_providers
from tests.unit.config.files import CLIENT_ID, loaded

PUBLIC_URL = "https://login.example.com"
CLOUDS = {
    "global": ("https://login.microsoftonline.com",),
    "usgov": ("https://login.microsoftonline.us",),
    "china": ("https://login.partner.microsoftonline.cn", "https://login.chinacloudapi.cn"),
}
CUSTOM = {
    "cloud": "custom",
    "authority": "https://login.sovereign.example",
    "hosts": ["keys.sovereign.example"],
    "graph": "https://graph.sovereign.example",
}


def section(**keys: object) -> ThirdPartySection:
    given = {f"third_party.providers.microsoft.{key}": value for key, value in keys.items()}
    credentials = {
        "third_party.providers.microsoft.client_id": CLIENT_ID,
        "third_party.providers.microsoft.secret": "hush-hush",
    }
    return loaded({**credentials, **given}).config.third_party


async def microsoft(**keys: object) -> SignsOut:
    built = build_providers(section(**keys), public_url=PUBLIC_URL, clock=FrozenClock())
    provider = built["microsoft"]
    await built.close()
    assert isinstance(provider, SignsOut)
    return provider


@pytest.mark.parametrize("cloud", CLOUDS)
async def test_only_the_clouds_own_sign_in_pages_may_frame_us(cloud: str) -> None:
    assert (await microsoft(cloud=cloud)).embedders == CLOUDS[cloud]
    assert (await microsoft(cloud=cloud, logout={"frontchannel": False})).embedders == ()


async def test_of_a_custom_cloud_only_the_authority_may() -> None:
    assert (await microsoft(**CUSTOM)).embedders == ("https://login.sovereign.example",)


async def test_a_browser_passes_by_nowhere_unless_configured() -> None:
    assert (await microsoft()).sign_out_origins == ()


@pytest.mark.parametrize("cloud", CLOUDS)
async def test_a_browser_passes_by_the_sign_in_pages(cloud: str) -> None:
    """And by those of personal accounts, to which the global cloud hands on."""
    further = ("https://login.live.com",) if cloud == "global" else ()
    found = (await microsoft(cloud=cloud, logout={"rp_initiated": True})).sign_out_origins
    assert found == (*CLOUDS[cloud], *further)


async def test_of_a_custom_cloud_it_may_pass_by_every_host_that_is_named() -> None:
    found = (await microsoft(**CUSTOM, logout={"rp_initiated": True})).sign_out_origins
    assert set(found) == {CUSTOM["authority"], CUSTOM["graph"], "https://keys.sovereign.example"}
