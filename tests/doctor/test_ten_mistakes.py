"""Mistakes that operators make, planted one at a time: each is named, and each has its remedy."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.clock import FrozenClock
from broker.store.identities import insert_identity
from broker.store.open import open_store
from broker.store.users import insert_user
from tests.brokers import running_broker
from tests.client_certificates import a_key, certificate_for, written_pem
from tests.doctor.patients import GOOD_SECRET, examined, patient, problems
from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer
from tests.store.rows import a_user, an_identity

CLIENT = "c11e0000-0000-4000-8000-0000000000"
ALDER_ONLY, ORGANISATIONS_ONLY, PERSONAL_ONLY, EXPIRED, PUBLIC, UNKNOWN = (
    f"{CLIENT}{end}" for end in ("01", "02", "03", "04", "05", "ff")
)

SOON = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
MISTAKES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "wrong secret": (
        {"credentials": [{"kind": "secret", "id": "spare", "value": "not~it"}, GOOD_SECRET]},
        "credentials", "spare is refused: AADSTS7000215", "Value",
    ),
    "expired secret": ({"client_id": EXPIRED}, "credentials", "good is refused: AADSTS7000222", "New client secret"),
    "secret about to end": (
        {"credentials": [GOOD_SECRET | {"expires_on": SOON}]},
        "credentials", "good ends in 5 days", "make the next one",
    ),
    "unknown client id": ({"client_id": UNKNOWN}, "sign-in page", "AADSTS700016", "client_id"),
    "public registration": ({"client_id": PUBLIC}, "credentials", "AADSTS700025", "be Web"),
    "no such tenant": ({"tenant": "nobody.example"}, "discovery", "no tenant nobody.example", "GUID"),
    "one directory's registration on common": ({"client_id": ALDER_ONLY}, "sign-in page", "AADSTS50194", "tenant"),
    "registration for personal accounts on common": (
        {"client_id": PERSONAL_ONLY}, "sign-in page", "AADSTS9002331", "Supported account types",
    ),
    "registration for organisations on consumers": (
        {"client_id": ORGANISATIONS_ONLY, "tenant": "consumers"}, "sign-in page", "AADSTS9002332", "Supported account",
    ),
    "personal accounts admitted that the registration does not take": (
        {"client_id": ORGANISATIONS_ONLY}, "account types", "AADSTS9002332", "tenant: organizations",
    ),
    "redirect URI not registered": (
        {"third_party.redirect_url": "http://localhost:8000/thirdparty/callback/microsoft"},
        "sign-in page", "callback/microsoft is not registered: AADSTS50011", "platform Web",
    ),
    "scope that does not exist": ({"scopes": ["openid", "profile", "Nothing.Read"]}, "sign-in page", "AADSTS65", "API"),
    "nobody there": ({"authority": "http://localhost:1"}, "discovery", "nobody listens at localhost:1", "running"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_mistake_is_named_with_its_remedy(
    mistake: str, microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    changes, check, says, remedy = MISTAKES[mistake]
    found = problems(await examined(patient(microsoft_emulator, changes=changes), base_dir=tmp_path))
    assert [each for each in found if each[0] == check and says in each[1] and remedy in each[2]], found
    assert all(each[2] for each in found)


async def test_clock_that_is_off_by_minutes_is_named(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    clock = FrozenClock(int(time.time()) + 300)
    [(check, says, remedy)] = problems(await examined(patient(microsoft_emulator), base_dir=tmp_path, clock=clock))
    assert (check, "ahead of Microsoft's" in says, "NTP" in remedy) == ("clock", True, True)


async def test_certificate_authority_that_nobody_knows_is_named_with_the_key_to_set(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    async with speaking_tls(tmp_path) as authority:
        tree = patient(microsoft_emulator, changes={"authority": authority})
        [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path))
    assert check == "discovery"
    assert "signed by nobody whom we know" in says
    assert remedy.endswith("third_party.providers.microsoft.ca_file")


async def test_certificate_that_was_never_uploaded_is_named(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    written_pem(tmp_path / "cert.pem", a_key(), certificate_for(a_key()))
    certificate = {"kind": "certificate", "id": "cert", "file": "cert.pem"}
    tree = patient(microsoft_emulator, changes={"credentials": [certificate]})
    [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path))
    assert check == "credentials"
    assert "cert is refused: AADSTS700027" in says
    assert "Upload the certificate" in remedy


async def test_optional_claim_that_nobody_brought_is_named(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path, sqlite_url: str
) -> None:
    store = await open_store(sqlite_url, pool_min=1, pool_max=1, base_dir=tmp_path)
    async with store.transaction() as connection:
        for key, missing in (("a", ("xms_edov", "acct")), ("b", ("xms_edov",))):
            user = a_user()
            await insert_user(connection, user)
            await insert_identity(connection, an_identity(user.id, key, missing_claims=missing))
    await store.close()
    found = await examined(patient(microsoft_emulator, database=sqlite_url), base_dir=tmp_path)
    [(check, says, remedy)] = problems(found)
    assert (check, says) == ("optional claims", "each of the last 2 people came without the claim xms_edov")
    assert remedy.endswith("optionalClaims.idToken: xms_edov")
    assert any("1 of the last 2 people came without the claim acct" in each.finding.says for each in found)


async def test_claims_that_a_real_sign_in_lacked_are_named(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    await microsoft_emulator.registrations(client_id=FIRST_CLIENT, optional_claims=["email", "upn"])
    tree = patient(microsoft_emulator)
    changes = {"third_party.providers.microsoft": tree["third_party"]["providers"]["microsoft"]}
    async with running_broker(base_dir=tmp_path, changes=changes | {"session.jwt": {"algorithm": "ES256"}}) as broker:
        async with broker.browser() as browser:
            page = await browser.sign_in("alice")
        assert "error" not in page.query
    [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path))
    assert (check, says) == ("optional claims", "the one person who came so far came without the claim xms_edov")
    assert remedy.endswith("optionalClaims.idToken: xms_edov")


@pytest.mark.parametrize("answer", [b"Somebody's words\r\n\r\n", b"HTTP/1.1 200 OK\r\nSomebody's words\r\n\r\n"])
async def test_what_is_no_answer_at_all_is_told_without_its_words(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path, answer: bytes
) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        authority = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        [(check, says, remedy)] = problems(
            await examined(patient(microsoft_emulator, changes={"authority": authority}), base_dir=tmp_path)
        )
    assert (check, says) == ("discovery", f"{authority.removeprefix('http://')} gives no answer that can be read")
    assert "proxy" in remedy


@asynccontextmanager
async def speaking_tls(folder: Path) -> AsyncIterator[str]:
    """A server on loopback with a certificate of its own making; what it would say does not matter."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written_pem(folder / "server.pem", a_key(), certificate_for(a_key())))
    hang_up: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = _hang_up
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
