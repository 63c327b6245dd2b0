"""The next credential has its turn when the provider refuses one, and the person notices nothing."""

from typing import Any

import pytest

from broker.errors import ProviderDenied, UpstreamUnavailable
from tests.peers.microsoft import SECRET, MicrosoftPeer
from tests.providers.stage import Stage, microsoft_section, sign_in_at_microsoft, staged


def two_secrets(base_url: str, first: str, second: str, **first_members: object) -> dict[str, Any]:
    listed = [{"value": first, "id": "first", **first_members}, {"value": second, "id": "second"}]
    return microsoft_section(base_url, secret=None, credentials=listed)


async def token_requests(emulator: MicrosoftPeer) -> list[dict[str, Any]]:
    return [each for each in await emulator.requests() if each["endpoint"] == "token"]


@pytest.mark.parametrize("first", ["a-secret-that-is-wrong", "gone"])
async def test_a_refused_secret_costs_nobody_the_sign_in(microsoft_emulator: MicrosoftPeer, first: str) -> None:
    async with staged(two_secrets(microsoft_emulator.base_url, first, SECRET)) as stage:
        assert (await sign_in_at_microsoft(stage.provider, "alice")).name == "Alice Alder"
        assert (await microsoft_emulator.counters())["token"] == 2
        assert (await sign_in_at_microsoft(stage.provider, "alice")).name == "Alice Alder"
        assert (await microsoft_emulator.counters())["token"] == 3, "the first one waits, the second is sent at once"
        assert [(who, problem) for _, who, problem, _ in stage.watch.credentials] == [
            ("first", "a credential was refused and is set aside")
        ]
        assert "7000215" in stage.watch.credentials[0][3]


async def test_of_two_wrong_secrets_the_operator_hears_what_the_provider_said(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    async with staged(two_secrets(microsoft_emulator.base_url, "wrong", "wrong-too")) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
        assert caught.value.code == "provider_misconfigured"
        assert "7000215" in caught.value.detail
        assert (await microsoft_emulator.counters())["token"] == 2, "each is tried once"


# What the token endpoint says, how often it is asked.
NOT_THE_CREDENTIAL: list[tuple[dict[str, Any], int]] = [
    ({"aadsts": 54005}, 1),  # the code was used
    ({"aadsts": 700016}, 1),  # the application is not known here
    ({"aadsts": 7000218}, 1),  # there was no credential in the request
    ({"status": 503}, 1),
    ({"status": 401, "body": "<html>Unauthorized</html>"}, 1),
]


@pytest.mark.parametrize(("fault", "asked"), NOT_THE_CREDENTIAL)
async def test_a_code_is_sent_again_for_nothing_but_a_refused_credential(
    microsoft_emulator: MicrosoftPeer, fault: dict[str, Any], asked: int
) -> None:
    async with staged(two_secrets(microsoft_emulator.base_url, SECRET, "unused")) as stage:
        await microsoft_emulator.fault("token", **fault)
        with pytest.raises((ProviderDenied, UpstreamUnavailable)):
            await sign_in_at_microsoft(stage.provider, "alice")
        assert (await microsoft_emulator.counters())["token"] == asked
        assert stage.watch.credentials == []


async def setting_aside(microsoft_emulator: MicrosoftPeer, stage: Stage, **fault: object) -> list[str]:
    """Whether the first credential is set aside by this answer: who was complained about."""
    await microsoft_emulator.fault("token", **fault)
    assert (await sign_in_at_microsoft(stage.provider, "alice")).name == "Alice Alder"
    return [who for _, who, _, _ in stage.watch.credentials]


@pytest.mark.parametrize("number", [7000215, 7000222, 700027, 700023, 700024, 700211, 700212, 700213, 70025])
async def test_every_number_that_speaks_of_a_credential_gives_the_next_its_turn(
    microsoft_emulator: MicrosoftPeer, number: int
) -> None:
    async with staged(two_secrets(microsoft_emulator.base_url, SECRET, SECRET)) as stage:
        assert await setting_aside(microsoft_emulator, stage, aadsts=number) == ["first"]
