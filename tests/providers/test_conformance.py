"""What every provider owes the rest of the broker, whoever is on the other side."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import fields, is_dataclass
from urllib.parse import parse_qs, urlsplit

import pytest

from broker.errors import ProviderDenied, SignInFailed, TokenInvalid, UpstreamUnavailable
from broker.protocol.authorization import UnverifiedAuthorizationError
from broker.protocol.pkce import challenge
from broker.providers.base import AccountPolicy
from tests.providers.parties import ENDPOINTS, FAULTS, Fault, Party, begin, sign_in
from tests.providers.stage import a_grant, a_request, made_up, staged

Opening = Callable[[], AbstractAsyncContextManager[Party]]
PLACES = [(opening, endpoint) for opening, endpoints in ENDPOINTS.items() for endpoint in endpoints]


@pytest.fixture(params=ENDPOINTS, ids=lambda opening: opening.__name__)
async def party(request: pytest.FixtureRequest) -> AsyncIterator[Party]:
    async with request.param() as opened:
        yield opened


async def test_it_says_what_it_is(party: Party) -> None:
    async with staged(party.section) as stage:
        provider = stage.provider
        assert provider.id in stage.providers
        assert provider.display_name
        assert provider.response_mode == "query"
        assert provider.callback_url.startswith("http://localhost:8000/thirdparty/callback")
        assert provider.own_callback == provider.callback_url.endswith(f"/callback/{provider.id}")
        assert provider.account_policy == AccountPolicy()
        assert provider.emulator is False


async def test_an_authorization_request_always_carries_state_nonce_and_pkce(party: Party) -> None:
    request = a_request()
    async with staged(party.section) as stage:
        url = await stage.provider.authorization_url(request)
        asked = parse_qs(urlsplit(url).query, strict_parsing=True)
        assert asked["redirect_uri"] == [stage.provider.callback_url]
    assert all(len(values) == 1 for values in asked.values())
    assert asked["response_type"] == ["code"]
    assert asked["state"] == [request.state]
    assert asked["nonce"] == [request.nonce]
    assert asked["code_challenge"] == [challenge(request.code_verifier)]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile email"]
    assert request.code_verifier not in url
    known = {"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"}
    assert set(asked) <= known | {"code_challenge", "code_challenge_method"}


async def test_hints_are_passed_on_and_nothing_else_is(party: Party) -> None:
    request = a_request(
        login_hint="alice@alder.example", domain_hint="alder.example", prompt="login", scopes=("Mail.Read", "email")
    )
    async with staged(party.section) as stage:
        asked = parse_qs(urlsplit(await stage.provider.authorization_url(request)).query)
    assert asked["login_hint"] == ["alice@alder.example"]
    assert asked["domain_hint"] == ["alder.example"]
    assert asked["prompt"] == ["login"]
    assert asked["scope"] == ["openid profile email Mail.Read"]


async def test_a_person_comes_out_as_an_identity_with_nothing_unverified_in_it(party: Party) -> None:
    async with staged(party.section) as stage:
        identity = await sign_in(stage.provider, party)
        again = await sign_in(stage.provider, party)
    assert identity.provider == stage.provider.id
    assert identity.subject_key
    assert identity.subject
    assert identity.subject_key == again.subject_key
    assert identity.provider_client_id
    assert is_dataclass(identity)
    texts = [value for each in fields(identity) if isinstance(value := getattr(identity, each.name), str)]
    assert not [text for text in texts if not text.isprintable() or len(text) > 1024]


async def test_a_code_that_is_no_code_is_refused(party: Party) -> None:
    async with staged(party.section) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await stage.provider.identify(a_grant(a_request(), made_up()))
    assert caught.value.code in {"invalid_response", "interaction_required"}


async def test_a_code_with_another_verifier_is_refused(party: Party) -> None:
    async with staged(party.section) as stage:
        request, code = await begin(stage.provider, party)
        with pytest.raises(ProviderDenied) as caught:
            await stage.provider.identify(a_grant(request, code, code_verifier="v" * 43))
    assert caught.value.code == "invalid_response"


async def test_a_cancelled_sign_in_is_access_denied_and_names_nobody(party: Party) -> None:
    async with staged(party.section) as stage:
        refusal = stage.provider.refusal(UnverifiedAuthorizationError(error="access_denied", subcode="cancel"))
    assert (refusal.code, refusal.security) == ("access_denied", None)


async def test_only_its_own_issuer_is_accepted_in_an_answer(party: Party) -> None:
    async with staged(party.section) as stage:
        assert stage.provider.accepts_issuer(party.issuer)
        for other in ("", "https://evil.example", party.issuer + "/", party.issuer.upper(), f"{party.issuer}?x"):
            assert not stage.provider.accepts_issuer(other)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize(("opening", "endpoint"), PLACES, ids=lambda value: getattr(value, "__name__", value))
async def test_a_fault_ends_one_sign_in_by_its_name_and_the_next_one_succeeds(
    opening: Opening, endpoint: str, fault: Fault
) -> None:
    async with opening() as party, staged(party.section, impatient=True) as stage:
        await party.fault(endpoint, fault)
        if fault.drop and endpoint != "token":
            # A GET whose connection broke is asked once more: nothing is lost by it.
            await party.fault(endpoint, fault)
        with pytest.raises(UpstreamUnavailable) as caught:
            await sign_in(stage.provider, party)
        assert caught.value.code == "temporarily_unavailable"
        stage.clock.advance(61)
        identity = await sign_in(stage.provider, party)
    assert identity.subject


@pytest.mark.parametrize("body", [b"[]", b"nonsense", b'{"a": 1, "a": 2}', b"\xff\xfe", b'{"id_token": 7}', b"{}"])
async def test_nonsense_with_status_200_from_the_token_endpoint_signs_nobody_in(party: Party, body: bytes) -> None:
    async with staged(party.section) as stage:
        await party.fault("token", Fault(body=body))
        with pytest.raises(TokenInvalid) as caught:
            await sign_in(stage.provider, party)
    assert caught.value.code == "invalid_response"


async def test_five_failures_in_a_row_leave_the_token_endpoint_alone(party: Party) -> None:
    async with staged(party.section) as stage:
        for _ in range(5):
            await party.fault("token", FAULTS["unavailable"])
            with pytest.raises(UpstreamUnavailable):
                await stage.provider.identify(a_grant(a_request(), made_up()))
        asked = await party.count("token")
        with pytest.raises(UpstreamUnavailable, match="left alone"):
            await stage.provider.identify(a_grant(a_request(), made_up()))
        assert await party.count("token") == asked
        # The start still works: whoever signs in now may well come back after the pause.
        await stage.provider.authorization_url(a_request())
        stage.clock.advance(16)
        await sign_in(stage.provider, party)


async def test_a_throttled_endpoint_is_asked_again_when_it_said(party: Party) -> None:
    async with staged(party.section) as stage:
        await party.fault("token", FAULTS["throttled"])
        with pytest.raises(UpstreamUnavailable) as caught:
            await sign_in(stage.provider, party)
        assert caught.value.retry_after == 60
        stage.clock.advance(58)
        with pytest.raises(UpstreamUnavailable, match="left alone"):
            await sign_in(stage.provider, party)
        stage.clock.advance(3)
        await sign_in(stage.provider, party)


async def test_a_secret_that_is_wrong_is_the_operators_mistake(party: Party) -> None:
    section = party.section
    registrations = [*section.get("providers", {}).values(), *section.get("custom_providers", {}).values()]
    for registration in registrations:
        registration["secret"] = "not-the-secret"
    async with staged(section) as stage:
        with pytest.raises(SignInFailed) as caught:
            await sign_in(stage.provider, party)
    assert caught.value.code == "provider_misconfigured"
    assert "not-the-secret" not in str(caught.value)


async def test_every_call_is_told_to_the_observer(party: Party) -> None:
    async with staged(party.section) as stage:
        await sign_in(stage.provider, party)
    assert (stage.provider.id, "token", "ok") in stage.watch.calls
    assert {outcome for _, _, outcome in stage.watch.calls} == {"ok"}
