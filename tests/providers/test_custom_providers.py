"""The two generic providers at a neutral peer: what is theirs beyond the conformance suite."""

import json
from typing import Any

import pytest

from broker.errors import InvalidRequest, ProviderDenied, TokenInvalid, UpstreamUnavailable
from tests.peers.oidc import ABSENT, CLIENT_ID, OidcPeer, jwk
from tests.peers.raw_http import Reply
from tests.providers.parties import Peer, begin, oauth2_members, peer_section, sign_in
from tests.providers.stage import Stage, a_grant, a_request, staged


def section(peer: OidcPeer, **members: Any) -> dict[str, Any]:
    return {"custom_providers": {"peer": peer_section(peer, **members)}}


async def refused(stage: Stage, peer: OidcPeer, **options: Any) -> TokenInvalid:
    request, code = await begin(stage.provider, Peer(peer), **options)
    with pytest.raises(TokenInvalid) as caught:
        await stage.provider.identify(a_grant(request, code))
    return caught.value


async def test_a_person_is_issuer_and_subject(oidc_peer: OidcPeer) -> None:
    async with staged(section(oidc_peer)) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
    assert identity.provider == "custom_peer"
    assert identity.subject_key == f"{oidc_peer.issuer} 248289"
    assert (identity.subject, identity.provider_client_id) == ("248289", CLIENT_ID)
    assert (identity.name, identity.given_name, identity.family_name) == ("Peer Person", "Peer", "Person")
    assert [(each.address, each.verified_by) for each in identity.candidates] == [
        ("person@peer.example", "email_verified")
    ]
    assert identity.tenant is None


@pytest.mark.parametrize("verdict", [False, "true", "True", 1, "1", None, [True], ABSENT])
async def test_an_address_is_verified_by_the_boolean_alone(oidc_peer: OidcPeer, verdict: object) -> None:
    oidc_peer.claims = {"email_verified": verdict}
    async with staged(section(oidc_peer)) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
    assert [each.verified_by for each in identity.candidates] == [None]


async def test_an_address_with_foreign_letters_is_never_verified(oidc_peer: OidcPeer) -> None:
    oidc_peer.claims = {"email": "\u212aelvin@peer.example"}
    async with staged(section(oidc_peer)) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
    assert [each.verified_by for each in identity.candidates] == [None]


SPOILT: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://evil.example"}, "iss"),
    ({"iss": ABSENT}, "iss"),
    ({"aud": "another"}, "aud"),
    ({"aud": [CLIENT_ID, "another"]}, "aud"),
    ({"azp": "another"}, "aud"),
    ({"exp": 1}, "time"),
    ({"exp": ABSENT}, "time"),
    ({"iat": 2**40}, "time"),
    ({"nonce": "another"}, "nonce"),
    ({"nonce": ABSENT}, "nonce"),
    ({"sub": ""}, "sub"),
    ({"sub": ABSENT}, "sub"),
    ({"at_hash": "AAAA"}, "at_hash"),
]


@pytest.mark.parametrize(("claims", "check"), SPOILT)
async def test_a_spoilt_token_is_refused_by_name(oidc_peer: OidcPeer, claims: dict[str, Any], check: str) -> None:
    async with staged(section(oidc_peer)) as stage:
        oidc_peer.claims = claims
        assert (await refused(stage, oidc_peer)).check == check
        oidc_peer.claims = {}
        await sign_in(stage.provider, Peer(oidc_peer))


async def test_a_token_signed_by_somebody_else_is_refused(oidc_peer: OidcPeer) -> None:
    oidc_peer.signer, oidc_peer.header = "second", {"kid": "first"}
    async with staged(section(oidc_peer)) as stage:
        error = await refused(stage, oidc_peer)
    assert (error.check, error.security) == ("signature", "signature")


async def test_an_algorithm_that_the_provider_does_not_announce_is_refused(oidc_peer: OidcPeer) -> None:
    oidc_peer.metadata = {"id_token_signing_alg_values_supported": ["ES256", "HS256", "none"]}
    async with staged(section(oidc_peer)) as stage:
        assert (await refused(stage, oidc_peer)).check == "alg"


async def test_a_provider_that_announces_no_algorithm_is_held_to_rs256(oidc_peer: OidcPeer) -> None:
    oidc_peer.metadata = {"id_token_signing_alg_values_supported": ABSENT}
    async with staged(section(oidc_peer)) as stage:
        await sign_in(stage.provider, Peer(oidc_peer))
        oidc_peer.header = {"alg": "PS256"}
        assert (await refused(stage, oidc_peer)).check == "alg"


async def test_a_key_for_another_use_checks_nothing(oidc_peer: OidcPeer) -> None:
    oidc_peer.standing["/keys"] = Reply(body=json.dumps({"keys": [jwk("first", use="enc"), jwk("second")]}).encode())
    async with staged(section(oidc_peer)) as stage:
        assert (await refused(stage, oidc_peer)).check == "kid"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, "interaction_required"),
        ({"auth_time": 1}, "interaction_required"),
        ({"auth_time": 2**40}, "invalid_response"),
    ],
)
async def test_a_fresh_authentication_must_be_shown(oidc_peer: OidcPeer, claims: dict[str, Any], code: str) -> None:
    oidc_peer.claims = claims
    async with staged(section(oidc_peer)) as stage:
        error = await refused(stage, oidc_peer, max_age=300)
    assert (error.check, error.code) == ("auth_time", code)


async def test_an_authentication_context_that_is_configured_must_be_shown(oidc_peer: OidcPeer) -> None:
    async with staged(section(oidc_peer, acr_values=["urn:mfa", "urn:key"])) as stage:
        assert "acr_values=urn%3Amfa%20urn%3Akey" in await stage.provider.authorization_url(a_request())
        assert (await refused(stage, oidc_peer)).check == "acr"
        oidc_peer.claims = {"acr": "urn:key"}
        await sign_in(stage.provider, Peer(oidc_peer))


async def test_where_only_basic_is_taken_the_secret_goes_into_the_header(oidc_peer: OidcPeer) -> None:
    oidc_peer.auth_methods = ["client_secret_basic"]
    async with staged(section(oidc_peer)) as stage:
        await sign_in(stage.provider, Peer(oidc_peer))
    token_request = oidc_peer.requests[-2]
    assert token_request.path == "/token"
    assert "client_secret" not in token_request.form
    assert token_request.headers["authorization"].startswith("Basic ")


async def test_where_post_is_taken_the_secret_goes_into_the_form_and_nothing_twice(oidc_peer: OidcPeer) -> None:
    async with staged(section(oidc_peer)) as stage:
        await sign_in(stage.provider, Peer(oidc_peer))
    token_request = oidc_peer.requests[-2]
    assert "authorization" not in token_request.headers
    assert all(len(values) == 1 for values in token_request.form.values())
    assert "origin" not in token_request.headers


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ABSENT},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": ABSENT},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_document_that_is_not_the_issuers_is_refused(oidc_peer: OidcPeer, metadata: dict[str, Any]) -> None:
    oidc_peer.metadata = metadata
    async with staged(section(oidc_peer)) as stage:
        with pytest.raises(UpstreamUnavailable):
            await stage.provider.authorization_url(a_request())


async def test_a_document_cannot_lead_us_into_a_private_network(oidc_peer: OidcPeer) -> None:
    oidc_peer.metadata = {"jwks_uri": "https://169.254.169.254/keys"}
    async with staged(section(oidc_peer)) as stage:
        request, code = await begin(stage.provider, Peer(oidc_peer))
        with pytest.raises(UpstreamUnavailable, match="private address"):
            await stage.provider.identify(a_grant(request, code))


async def test_attributes_are_taken_from_where_the_operator_says(oidc_peer: OidcPeer) -> None:
    oidc_peer.claims = {"mail": "mapped@peer.example", "confirmed": True, "label": "Mapped"}
    mapping = {"email": "mail", "email_verified": "confirmed", "name": "label"}
    async with staged(section(oidc_peer, attribute_mapping=mapping)) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
    assert [(each.address, each.verified_by) for each in identity.candidates] == [
        ("mapped@peer.example", "email_verified")
    ]
    assert identity.name == "Mapped"


async def test_userinfo_supplies_the_attributes_where_configured(oidc_peer: OidcPeer) -> None:
    async with staged(section(oidc_peer, claims_from="userinfo")) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
    assert identity.subject_key == f"{oidc_peer.issuer} 248289"
    assert [each.address for each in identity.candidates] == ["ui@peer.example"]
    assert identity.name is None


async def test_userinfo_of_somebody_else_is_refused(oidc_peer: OidcPeer) -> None:
    oidc_peer.userinfo = {"sub": "victim", "email": "victim@peer.example", "email_verified": True}
    async with staged(section(oidc_peer, claims_from="userinfo")) as stage:
        assert (await refused(stage, oidc_peer)).check == "userinfo_sub"


async def test_userinfo_without_an_endpoint_is_the_operators_mistake(oidc_peer: OidcPeer) -> None:
    oidc_peer.metadata = {"userinfo_endpoint": ABSENT}
    async with staged(section(oidc_peer, claims_from="userinfo")) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await sign_in(stage.provider, Peer(oidc_peer))
    assert caught.value.code == "provider_misconfigured"


async def test_a_shared_callback_is_shared(oidc_peer: OidcPeer) -> None:
    async with staged(section(oidc_peer, callback="shared")) as stage:
        assert stage.provider.callback_url == "http://localhost:8000/thirdparty/callback"
        assert stage.provider.own_callback is False
        await sign_in(stage.provider, Peer(oidc_peer))


# --- without discovery --------------------------------------------------------------------------------------------


def oauth2(peer: OidcPeer, **members: Any) -> dict[str, Any]:
    return section(peer, **(oauth2_members(peer) | members))


async def test_without_discovery_a_person_is_who_userinfo_says(oidc_peer: OidcPeer) -> None:
    oidc_peer.token_members = {"id_token": "not looked at"}
    async with staged(oauth2(oidc_peer)) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
    assert identity.subject_key == f"{oidc_peer.issuer} 248289"
    assert [(each.address, each.verified_by) for each in identity.candidates] == [("ui@peer.example", "email_verified")]
    assert oidc_peer.count("/keys") == 0


async def test_without_issuer_the_endpoint_names_the_people(oidc_peer: OidcPeer) -> None:
    oidc_peer.userinfo = {"id": 4711, "login": "peer"}
    mapping = {"sub": "id", "preferred_username": "login"}
    async with staged(oauth2(oidc_peer, issuer=None, attribute_mapping=mapping)) as stage:
        identity = await sign_in(stage.provider, Peer(oidc_peer))
        assert not stage.provider.accepts_issuer(oidc_peer.issuer)
    assert identity.subject_key == f"{oidc_peer.base_url} 4711"
    assert identity.preferred_username == "peer"
    assert identity.candidates == ()


@pytest.mark.parametrize("subject", ["", None, True, 1.5, ["x"], "x" * 256, "a\nb", ABSENT])
async def test_a_person_without_a_usable_name_is_nobody(oidc_peer: OidcPeer, subject: object) -> None:
    oidc_peer.userinfo = {"sub": subject}
    async with staged(oauth2(oidc_peer)) as stage:
        assert (await refused(stage, oidc_peer)).check == "sub"


@pytest.mark.parametrize("token", ["", None, 7, "a\r\nX-Evil: 1", "a b", ABSENT])
async def test_an_access_token_that_is_none_goes_nowhere(oidc_peer: OidcPeer, token: object) -> None:
    oidc_peer.token_members = {"access_token": token}
    async with staged(oauth2(oidc_peer)) as stage:
        assert (await refused(stage, oidc_peer)).check == "token_answer"
    assert oidc_peer.count("/userinfo") == 0


async def test_userinfo_that_refuses_or_speaks_nonsense_signs_nobody_in(oidc_peer: OidcPeer) -> None:
    async with staged(oauth2(oidc_peer)) as stage:
        for reply in (Reply(status=401, body=b"{}"), Reply(body=b"[]"), Reply(body=b'{"sub": "a", "sub": "b"}')):
            oidc_peer.fault("/userinfo", reply)
            assert (await refused(stage, oidc_peer)).check == "userinfo"


async def test_without_an_id_token_nobody_can_promise_a_fresh_authentication(oidc_peer: OidcPeer) -> None:
    async with staged(oauth2(oidc_peer)) as stage:
        with pytest.raises(InvalidRequest):
            await stage.provider.authorization_url(a_request(max_age=0))
        request, code = await begin(stage.provider, Peer(oidc_peer))
        with pytest.raises(TokenInvalid) as caught:
            await stage.provider.identify(a_grant(request, code, max_age=300))
    assert caught.value.code == "interaction_required"
    assert oidc_peer.count("/token") == 0


async def test_a_provider_that_announced_an_issuer_in_its_answers_must_send_one(oidc_peer: OidcPeer) -> None:
    async with staged(section(oidc_peer)) as stage:
        await stage.provider.authorization_url(a_request())
        assert stage.provider.accepts_issuer(None)
    oidc_peer.metadata = {"authorization_response_iss_parameter_supported": True}
    async with staged(section(oidc_peer)) as stage:
        await stage.provider.authorization_url(a_request())
        assert not stage.provider.accepts_issuer(None)
        assert stage.provider.accepts_issuer(oidc_peer.issuer)
