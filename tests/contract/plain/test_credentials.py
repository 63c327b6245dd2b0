"""Sign-ins through a running broker by every kind of credential; the emulator really verifies each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from broker.clock import Clock, FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.client_certificates import a_key, certificate_for, pem_of, written_pem, written_pfx
from tests.observed import log_lines
from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer

MICROSOFT = "third_party.providers.microsoft"
SUBJECT = "system:serviceaccount:prod:broker"
PRINCIPAL = "1de70000-0000-4000-8000-0000000000a1"
IDENTITY = "1de70000-0000-4000-8000-0000000000c1"
ALDER = "a1de0000-0000-4000-8000-000000000001"


@asynccontextmanager
async def broker_with(
    emulator: MicrosoftPeer, directory: Path, *credentials: dict[str, Any], clock: Clock | None = None, **keys: Any
) -> AsyncIterator[RunningBroker]:
    """A broker whose Microsoft is this emulator, and which proves itself so."""
    members = {
        "cloud": "custom",
        "authority": emulator.base_url,
        "client_id": FIRST_CLIENT,
        "credentials": list(credentials),
        **keys,
    }
    changes = {f"{MICROSOFT}.{key}": value for key, value in members.items()}
    changes["session.jwt.algorithm"] = "ES256"
    async with running_broker(base_dir=directory, changes=changes, clock=clock) as broker:
        yield broker


async def outcome(broker: RunningBroker) -> str:
    """How alice's sign-in ends: `in`, or the error."""
    async with broker.browser() as browser:
        page = await browser.sign_in("alice")
        return page.query.get("error", "in")


async def assertions(emulator: MicrosoftPeer) -> list[str]:
    """Which kind of proof each token request brought."""
    asked = [each for each in await emulator.requests() if each["endpoint"] == "token"]
    return ["assertion" if "client_assertion" in each["form"] else "secret" for each in asked]


async def trusted(emulator: MicrosoftPeer, *, issuer: str, subject: str) -> None:
    """The registration trusts this subject of this issuer, and no secret any more."""
    trust = {"issuer": issuer, "subject": subject}
    await emulator.registrations(client_id=FIRST_CLIENT, secrets=[], federated_credentials=[trust])


async def document(emulator: MicrosoftPeer) -> dict[str, Any]:
    """The genuine discovery document."""
    url = f"{emulator.base_url}/common/v2.0/.well-known/openid-configuration"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return dict(await answer.json())


@pytest.mark.parametrize("tenant", ["common", "organizations", ALDER, "alder.example"])
@pytest.mark.parametrize("form", ["pem", "pfx"])
async def test_by_certificate(tmp_path: Path, emulator: MicrosoftPeer, tenant: str, form: str) -> None:
    certificate = certificate_for(a_key())
    credential: dict[str, Any] = {"kind": "certificate", "file": str(tmp_path / "app")}
    if form == "pem":
        written_pem(tmp_path / "app", a_key(), certificate)
    else:
        written_pfx(tmp_path / "app", a_key(), certificate, password=b"pass")
        credential["password"] = "pass"
    await emulator.registrations(client_id=FIRST_CLIENT, secrets=[], certificates=[pem_of(certificate).decode()])
    async with broker_with(emulator, tmp_path, credential, tenant=tenant) as broker:
        assert await outcome(broker) == "in"
        assert await assertions(emulator) == ["assertion"]


async def test_by_a_certificate_that_is_exchanged_under_the_broker(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> None:
    old, new = certificate_for(a_key()), certificate_for(a_key("two"))
    both = [pem_of(old).decode(), pem_of(new).decode()]
    path = written_pem(tmp_path / "app.pem", a_key(), old)
    await emulator.registrations(client_id=FIRST_CLIENT, secrets=[], certificates=both[:1])
    async with broker_with(emulator, tmp_path, {"kind": "certificate", "file": str(path)}, clock=now) as broker:
        assert await outcome(broker) == "in"
        await emulator.registrations(client_id=FIRST_CLIENT, certificates=both[1:])
        assert await outcome(broker) == "provider_misconfigured"
        written_pem(path, a_key("two"), new)
        now.advance(5)
        assert await outcome(broker) == "in", "what was refused does not count against what came in its place"


async def test_by_a_federated_token_that_is_exchanged_under_the_broker(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    path = tmp_path / "token"
    path.write_text(await emulator.federated_token(SUBJECT))
    await trusted(emulator, issuer=f"{emulator.base_url}/_federated", subject=SUBJECT)
    async with broker_with(emulator, tmp_path, {"kind": "federated_file", "file": str(path)}) as broker:
        assert await outcome(broker) == "in"
        path.write_text(await emulator.federated_token("system:serviceaccount:prod:stranger"))
        assert await outcome(broker) == "provider_misconfigured"
        path.write_text(await emulator.federated_token(SUBJECT))
        assert await outcome(broker) == "in"


async def test_a_stale_token_is_not_sent_and_the_secret_behind_it_serves(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    path = tmp_path / "token"
    path.write_text(await emulator.federated_token(SUBJECT, lifetime=-600))
    listed: list[dict[str, Any]] = [
        {"kind": "federated_file", "file": str(path), "id": "k8s"},
        {"value": SECRET, "id": "secret"},
    ]
    async with broker_with(emulator, tmp_path, *listed) as broker:
        with log_lines() as lines:
            assert await outcome(broker) == "in"
    assert await assertions(emulator) == ["secret"]
    (line,) = [line for line in lines if line.get("credential")]
    assert (line["log_level"], line["event"], line["credential"]) == ("error", "a credential cannot be used", "k8s")
    assert "is stale: its token expired" in line["detail"]


@pytest.mark.parametrize("place", ["imds", "app_service"])
async def test_by_the_identity_of_the_machine(
    tmp_path: Path, emulator: MicrosoftPeer, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "imds":
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.base_url)
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{emulator.base_url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "emulator-identity-header")
    await trusted(emulator, issuer=f"{emulator.base_url}/{ALDER}/v2.0", subject=PRINCIPAL)
    credential = {"kind": "managed_identity", "identity_client_id": IDENTITY}
    async with broker_with(emulator, tmp_path, credential) as broker:
        assert [await outcome(broker), await outcome(broker)] == ["in", "in"]


async def test_an_assertion_is_for_the_pinned_endpoint_whatever_the_document_says(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    """A forged document must not have us sign what is good at somebody else's endpoint (audience injection)."""
    certificate = certificate_for(a_key())
    path = written_pem(tmp_path / "app.pem", a_key(), certificate)
    await emulator.registrations(client_id=FIRST_CLIENT, secrets=[], certificates=[pem_of(certificate).decode()])
    elsewhere = f"{emulator.base_url}/{ALDER}/oauth2/v2.0/token"
    await emulator.fault("discovery", body=json.dumps({**await document(emulator), "token_endpoint": elsewhere}))
    async with broker_with(emulator, tmp_path, {"kind": "certificate", "file": str(path)}) as broker:
        assert await outcome(broker) == "provider_misconfigured"
    (request,) = [each for each in await emulator.requests() if each["endpoint"] == "token"]
    assert request["path"] == f"/{ALDER}/oauth2/v2.0/token"


async def test_secrets_are_exchanged_with_no_sign_in_lost(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    path = tmp_path / "secret"
    path.write_text("emulator-secret-2\n")
    listed: list[dict[str, Any]] = [{"value": SECRET, "id": "old"}, {"value": {"file": str(path)}, "id": "new"}]
    async with broker_with(emulator, tmp_path, *listed) as broker:
        assert await outcome(broker) == "in"
        await emulator.registrations(client_id=FIRST_CLIENT, secrets=[{"value": "emulator-secret-2"}])
        assert [await outcome(broker) for _ in range(3)] == ["in"] * 3
        await emulator.registrations(client_id=FIRST_CLIENT, secrets=[{"value": "brand-new~secret"}])
        path.write_text("brand-new~secret\n")
        assert [await outcome(broker) for _ in range(3)] == ["in"] * 3
    assert await assertions(emulator) == ["secret"] * 8, "one for each sign-in, and one for the old that was refused"
