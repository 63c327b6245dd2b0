"""Microsoft's errors, by redirect and from the token endpoint: our code for each, its text for the log alone."""

from typing import Any

import pytest

from broker.errors import ProviderDenied, SignInFailed, UpstreamUnavailable
from broker.protocol.authorization import UnverifiedAuthorizationError
from broker.providers.microsoft.aadsts import ROWS, Row
from broker.providers.microsoft.errors import BY_NUMBER
from broker.web.strings import sentence_for
from tests.peers.microsoft import MicrosoftPeer
from tests.providers.aadsts import EVERY, PLACES, SECURITY
from tests.providers.stage import a_grant, a_request, browse, microsoft_section, sign_in_at_microsoft, staged


def test_the_table_holds_these_numbers_and_no_others() -> None:
    assert {number: meaning.code for number, meaning in BY_NUMBER.items()} == dict(EVERY)
    assert sorted(number for numbers in PLACES.values() for number in numbers) == sorted(BY_NUMBER)


OUTCOMES: dict[str, tuple[str, str, str]] = {
    # number's outcome: its code, what may be tried, how the person's sentence begins
    "consent_declined": ("access_denied", "yes", "You did not allow"),
    "admin_approval_required": ("consent_required", "no", "Your organisation must approve"),
    "not_assigned": ("not_assigned", "other_account", "Your organisation has not given you"),
    "blocked_by_policy": ("blocked_by_policy", "other_account", "Your organisation's sign-in rules"),
    "account_unusable": ("blocked_by_policy", "other_account", "This account cannot sign in"),
    "wrong_account_type": ("wrong_account_type", "other_account", "This kind of account"),
    "sign_in_again": ("interaction_required", "yes", "Please sign in again"),
    "extra_step_needed": ("interaction_required", "yes", "One more step"),
    "provider_unavailable": ("temporarily_unavailable", "yes", "Sign-in is not available"),
    "provider_misconfigured": ("provider_misconfigured", "no", "Sign-in is not set up correctly"),
    "invalid_response": ("invalid_response", "yes", "The reply of the sign-in service"),
    "flow_expired": ("already_used", "yes", "This sign-in was already used"),
    "internal": ("server_error", "yes", "Something went wrong on our side"),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.numbers[0]))
def test_each_row_has_a_sentence_a_remedy_and_a_word_on_trying_again(row: Row) -> None:
    code, retry, sentence = OUTCOMES[row.outcome]
    for number in row.numbers:
        known = BY_NUMBER[number]
        assert (known.code, known.retry, known.hint, known.remedy) == (code, retry, row.cause, row.remedy)
        assert sentence_for(known.code, known.reason).startswith(sentence)
    # Whatever waits for the operator tells them what to do, in one short sentence.
    assert row.remedy or retry != "no"
    assert len(row.remedy) <= 120
    assert not row.remedy or row.remedy.endswith(".")
    assert not set(row.remedy) & set("<{%")


def test_which_account_exists_is_told_to_nobody() -> None:
    sentences = {sentence_for(BY_NUMBER[number].code, BY_NUMBER[number].reason) for number in (50034, 50126, 50057)}
    assert len(sentences) == 1


async def test_every_number_from_the_token_endpoint_has_our_code(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        request = a_request(login_hint="auto:alice")
        answer = await browse(await stage.provider.authorization_url(request))
        assert answer.code is not None
        for number, code in EVERY:
            await microsoft_emulator.fault("token", aadsts=number)
            with pytest.raises(SignInFailed) as caught:
                await stage.provider.identify(a_grant(request, answer.code))
            assert (number, caught.value.code) == (number, code)
            assert caught.value.security == SECURITY.get(number)
            if code == "temporarily_unavailable":
                # With a status of 5xx or 429 it is left alone for a while: another matter, tested elsewhere.
                stage.clock.advance(3601)


async def test_every_number_in_a_redirect_has_our_code_and_raises_no_alarm(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        for number, code in EVERY:
            text = f"AADSTS{number}: Something is wrong. Trace ID: 1 Timestamp: 2"
            refusal = stage.provider.refusal(UnverifiedAuthorizationError(error="invalid_request", description=text))
            assert (number, refusal.code, refusal.security) == (number, code, None)


@pytest.mark.parametrize(
    ("number", "code"), [(65004, "access_denied"), (54005, "already_used"), (53003, "blocked_by_policy")]
)
async def test_a_redirect_with_a_number_is_read_over_the_wire(
    microsoft_emulator: MicrosoftPeer, number: int, code: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        await microsoft_emulator.fault("authorize", aadsts=number)
        with pytest.raises(SignInFailed) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert (caught.value.code, caught.value.security) == (code, None)
    assert f"AADSTS{number}" in caught.value.detail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "access_denied"),
        ("login_required", "interaction_required"),
        ("interaction_required", "interaction_required"),
        ("consent_required", "consent_required"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "temporarily_unavailable"),
        ("invalid_client", "provider_misconfigured"),
        ("unauthorized_client", "provider_misconfigured"),
        ("invalid_scope", "provider_misconfigured"),
        ("invalid_resource", "provider_misconfigured"),
        ("invalid_request", "invalid_response"),
        ("something_new", "invalid_response"),
    ],
)
@pytest.mark.parametrize("endpoint", ["authorize", "token"])
async def test_an_error_without_a_known_number_goes_by_its_name(
    microsoft_emulator: MicrosoftPeer, endpoint: str, error: str, code: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        await microsoft_emulator.fault(endpoint, error=error, error_description="AADSTS99999999: nobody knows this one")
        with pytest.raises(SignInFailed) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert caught.value.code == code
    assert isinstance(caught.value, UpstreamUnavailable) == (code == "temporarily_unavailable")


async def test_cancelling_needs_no_description(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await sign_in_at_microsoft(stage.provider, "alice:cancel")
    assert caught.value.code == "access_denied"


async def test_a_code_used_twice_is_a_replay(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        request = a_request(login_hint="auto:alice")
        answer = await browse(await stage.provider.authorization_url(request))
        assert answer.code is not None
        await stage.provider.identify(a_grant(request, answer.code))
        with pytest.raises(ProviderDenied) as caught:
            await stage.provider.identify(a_grant(request, answer.code))
    assert (caught.value.code, caught.value.security) == ("already_used", "code_replayed")


@pytest.mark.parametrize("person", ["alice", "dave"])
async def test_a_code_with_another_verifier_is_an_injection(microsoft_emulator: MicrosoftPeer, person: str) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await sign_in_at_microsoft(stage.provider, person, code_verifier="v" * 43)
    assert (caught.value.code, caught.value.security) == ("invalid_response", "pkce_mismatch")


@pytest.mark.parametrize(
    ("members", "hint"),
    [
        ({"client_id": "c11e0000-0000-4000-8000-000000000004"}, "expired"),
        ({"secret": "not-the-secret"}, "not its Secret ID"),
        ({"client_id": "c11e0000-0000-4000-8000-000000000005"}, "public"),
    ],
)
async def test_a_mistake_of_the_operator_is_named_in_the_log(
    microsoft_emulator: MicrosoftPeer, members: dict[str, Any], hint: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url, **members)) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert caught.value.code == "provider_misconfigured"
    assert hint in f"{caught.value.detail} {caught.value.remedy}"
    assert "client-request-id" in caught.value.detail
    assert "not-the-secret" not in caught.value.detail


async def test_the_providers_text_cannot_forge_a_log_line(microsoft_emulator: MicrosoftPeer) -> None:
    text = "AADSTS50105: <b>x</b>\r\nevent=security \x1b[31m" + "long " * 1000
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        provider = stage.provider
        await microsoft_emulator.fault("token", error="invalid_grant", error_description=text)
        with pytest.raises(SignInFailed) as caught:
            await sign_in_at_microsoft(provider, "alice")
        redirected = provider.refusal(UnverifiedAuthorizationError(error="x\ny" * 400, description=text))
    for error in (caught.value, redirected):
        assert error.detail.isprintable()
        assert len(error.detail) < 2000
