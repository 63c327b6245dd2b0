"""What becomes of a picture that a custom provider names: it ends in pages that put it into `src`."""

import pytest

from tests.peers.oidc import OidcPeer
from tests.providers.parties import Peer, peer_section, sign_in
from tests.providers.stage import staged

PICTURE = "https://peer.example/" + "p" * 600


@pytest.mark.parametrize(
    ("picture", "kept"),
    [
        (PICTURE, PICTURE),
        (" http://peer.example/a.png ", "http://peer.example/a.png"),
        ("javascript:alert(1)", None),
        ("data:image/svg+xml,<svg onload=alert(1)>", None),
        ("//peer.example/a.png", None),
        ("https:///a.png", None),
        ("https://user:password@peer.example/a.png", None),
        ("https://peer.example/" + "p" * 2048, None),
        ("https://peer.example/a\nb", None),
        ("https://[broken/", None),
        ("", None),
        (["https://peer.example/a.png"], None),
    ],
)
async def test_a_picture_is_a_web_address_or_none(oidc_peer: OidcPeer, picture: object, kept: str | None) -> None:
    """Applications put it into `src`: a script there, or half an address, is worse than no picture."""
    oidc_peer.claims = {"picture": picture}
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        assert (await sign_in(stage.provider, Peer(oidc_peer))).picture == kept
