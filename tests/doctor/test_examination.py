"""What the doctor says of a sound deployment, and of one that is only half there."""

import json
import os
from pathlib import Path

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.doctor.checks import CHECKS
from broker.doctor.finding import is_only_unreachable, is_well
from broker.sessions.rotation import Rotation
from broker.store.base import Store
from broker.store.open import open_store
from tests.client_certificates import a_key, certificate_for, pem_of, written_pem
from tests.doctor.patients import GOOD_SECRET, examined, lines, patient, problems
from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer
from tests.peers.oidc import CLIENT_ID, CLIENT_SECRET, running_oidc_peer

A_SECRET = "a-secret-of-tests-that-is-long-enough-0"


async def with_keys(url: str, *, base_dir: Path, secret: str = A_SECRET) -> None:
    """Make the signing keys of a deployment."""
    store: Store = await open_store(url, pool_min=1, pool_max=1, base_dir=base_dir)
    await Rotation(store, SecretKeys([secret]), FrozenClock(), algorithm="ES256").ensure()
    await store.close()


async def test_sound_deployment_has_nothing_to_mend(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path, sqlite_url: str
) -> None:
    await with_keys(sqlite_url, base_dir=tmp_path)
    found = await examined(patient(microsoft_emulator, database=sqlite_url), base_dir=tmp_path)
    assert is_well(found), problems(found)
    assert lines(found, "credentials") == ["ok: good is accepted (until 2099-01-01)"]
    assert lines(found, "sign-in page") == [
        "ok: the redirect URI http://localhost:8000/thirdparty/callback is registered",
        "ok: the sign-in page serves this registration with tenant common",
    ]
    assert lines(found, "clock") == ["ok: this machine's clock agrees with Microsoft's"]
    assert lines(found, "secrets")[1] == "ok: 2 signing keys, 0 of them retired, and our secrets open all of them"
    assert {each.check for each in found} <= {check.name for check in CHECKS}


async def test_nobody_is_signed_in_and_no_code_is_used_up(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    await examined(patient(microsoft_emulator), base_dir=tmp_path)
    asked = await microsoft_emulator.counters()
    assert (asked["token"], asked["authorize"], asked["discovery"], asked["keys"]) == (1, 2, 1, 1)
    assert not (tmp_path / "broker.db").exists()


async def test_a_number_about_us_beside_one_about_the_code_is_no_acceptance(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    body = json.dumps({"error": "invalid_grant", "error_codes": [9002313, 7000215]})
    await microsoft_emulator.fault("token", status=400, body=body, content_type="application/json")
    [(check, says, _)] = problems(await examined(patient(microsoft_emulator), base_dir=tmp_path))
    assert (check, says.startswith("good is refused: ")) == ("credentials", True)


async def test_offline_asks_nobody_and_still_tells_of_ends(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    lapsed = GOOD_SECRET | {"expires_on": "2020-05-01"}
    tree = patient(microsoft_emulator, changes={"credentials": [lapsed]})
    [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path, offline=True))
    assert (check, says) == ("credentials", "good ended on 2020-05-01")
    assert "credentials" in remedy
    assert await microsoft_emulator.counters() == {}


async def test_database_that_is_down_is_told_and_the_rest_goes_on(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    tree = patient(microsoft_emulator, database="postgresql://nobody:hidden@127.0.0.1:1/broker")
    found = await examined(tree, base_dir=tmp_path)
    [(check, says, _)] = problems(found)
    assert check == "database"
    assert "hidden" not in says
    assert is_only_unreachable(found)
    assert lines(found, "credentials")


async def test_database_file_that_cannot_even_be_looked_for_is_told_and_the_rest_goes_on(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    # Too long for a name: of all that the system refuses to look at, what it refuses whoever runs the tests.
    tree = patient(microsoft_emulator, database=f"sqlite:///{'long' * 80}.db", changes={"secrets.keys": []})
    found = await examined(tree, base_dir=tmp_path)
    assert [check for check, _, _ in problems(found)] == ["database", "secrets"]
    assert lines(found, "credentials") == ["ok: good is accepted (until 2099-01-01)"]


async def test_throttled_provider_is_no_fault_of_a_credential(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    await microsoft_emulator.fault("token", status=429, headers={"Retry-After": "60"})
    found = await examined(patient(microsoft_emulator), base_dir=tmp_path)
    assert problems(found) == [
        ("credentials", f"{microsoft_emulator.base_url[7:]} wants to be left alone for 60 s", "try again then")
    ]
    assert is_only_unreachable(found)


async def test_page_in_place_of_the_document_is_told(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    await microsoft_emulator.fault("discovery", status=200, body="<html>sign in to the hotel</html>")
    [(check, says, remedy)] = problems(await examined(patient(microsoft_emulator), base_dir=tmp_path))
    assert check == "discovery"
    assert "is not that of tenant common" in says
    assert "in Microsoft's place" in remedy


async def test_domain_is_shown_as_the_directory_that_it_is(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    tree = patient(microsoft_emulator, changes={"tenant": "alder.example"})
    [line] = lines(await examined(tree, base_dir=tmp_path), "discovery")
    assert line.endswith("alder.example is the directory a1de0000-0000-4000-8000-000000000001")


async def test_registered_certificate_is_accepted_and_shown_as_the_portal_lists_it(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    certificate = certificate_for(a_key(), days=30.5)
    written_pem(tmp_path / "cert.pem", a_key(), certificate)
    os.chmod(tmp_path / "cert.pem", 0o640)
    await microsoft_emulator.registrations(client_id=FIRST_CLIENT, certificates=[pem_of(certificate).decode()])
    tree = patient(
        microsoft_emulator, changes={"credentials": [{"kind": "certificate", "id": "c", "file": "cert.pem"}]}
    )
    found = await examined(tree, base_dir=tmp_path)
    ends, accepted = lines(found, "credentials")
    assert ends.startswith("note: c ends in 30 days")
    assert accepted.startswith("ok: c is accepted (until ")
    assert ", SHA-256 " in accepted
    assert lines(found, "files") == [
        f"note: {tmp_path / 'cert.pem'} (a private key) can be read by others on this machine"
    ]


async def test_machine_that_refuses_its_identity_is_told_without_its_words(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    tree = patient(microsoft_emulator, changes={"credentials": [{"kind": "managed_identity", "id": "machine"}]})
    environ = {"IDENTITY_ENDPOINT": f"{microsoft_emulator.base_url}/msi/token", "IDENTITY_HEADER": "of-another-machine"}
    [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path, environ=environ))
    assert (check, says) == ("credentials", "machine cannot be used: managed identity: HTTP 401")
    assert remedy == "is the identity assigned to this machine, and its client id right?"


async def test_machine_that_does_not_answer_is_no_fault_of_the_configuration(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    tree = patient(microsoft_emulator, changes={"credentials": [{"kind": "managed_identity", "id": "machine"}]})
    environ = {"IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token", "IDENTITY_HEADER": "x"}
    found = await examined(tree, base_dir=tmp_path, environ=environ)
    assert [check for check, _, _ in problems(found)] == ["credentials"]
    assert is_only_unreachable(found)


async def test_graph_is_looked_for_where_groups_are_asked_of_it(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    there = {"groups": "graph", "graph": f"{microsoft_emulator.base_url}/graph"}
    found = await examined(patient(microsoft_emulator, changes=there), base_dir=tmp_path)
    [line] = lines(found, "graph")
    assert line.startswith("ok: Graph is at ")
    gone = {"groups": "graph", "graph": "http://localhost:1"}
    found = await examined(patient(microsoft_emulator, changes=gone), base_dir=tmp_path)
    assert [check for check, _, _ in problems(found)] == ["graph"]


async def test_signing_keys_of_another_secret_are_told_by_its_id(
    microsoft_emulator: MicrosoftPeer, tmp_path: Path, sqlite_url: str
) -> None:
    await with_keys(sqlite_url, base_dir=tmp_path, secret="another-secret-of-tests-that-is-long-0")
    found = problems(await examined(patient(microsoft_emulator, database=sqlite_url), base_dir=tmp_path))
    needed = SecretKeys(["another-secret-of-tests-that-is-long-0"]).newest_id
    [(check, says, remedy)] = found
    assert check == "secrets"
    assert says.startswith("2 of 2 signing keys are sealed by a secret")
    assert needed in remedy


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "ok: the session's cookie reaches us from every page that a sign-in may end at"),
        (
            {"third_party.allowed_redirect_urls": ["https://app.example.net/"]},
            "note: same_site: lax keeps the session's cookie from calls by pages on app.example.net",
        ),
        (
            {"third_party.allowed_redirect_urls": ["https://*.example.net/"], "session.delivery": "token"},
            "ok: session.delivery: token; the cookie is for nobody's pages",
        ),
        (
            {
                "third_party.allowed_redirect_urls": ["https://app.example.net/"],
                "session.enable_auth_token_header": True,
            },
            "ok: session.enable_auth_token_header: pages get the token itself, and need no cookie of ours",
        ),
    ],
)
async def test_cookie_is_held_against_the_places_where_sign_ins_end(
    changes: dict[str, object], said: str, microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    found = await examined(patient(microsoft_emulator, changes=changes), base_dir=tmp_path, offline=True)
    assert lines(found, "cookies") == [said]


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        ([], "note: sign-ins may end at https://app.example.com, whose scripts may not call us"),
        (["https://*.example.com"], "ok: scripts of the pages that a sign-in may end at may call us"),
    ],
)
async def test_page_whose_scripts_may_not_call_us_is_noted(
    origins: list[str], said: str, microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    pages = ["https://app.example.com/**", "https://*.example.org/", "com.example.app://back"]
    changes = {"server.public.cors.allow_origins": origins, "third_party.allowed_redirect_urls": pages}
    found = await examined(patient(microsoft_emulator, changes=changes), base_dir=tmp_path, offline=True)
    assert lines(found, "scripts") == [said]


@pytest.mark.parametrize(
    ("proxies", "said"),
    [
        ([], "note: something in front of us speaks https, and is in no list: all people are one address to us"),
        (["10.0.0.0/8"], "ok: forwarding headers are believed from 10.0.0.0/8"),
    ],
)
async def test_proxy_that_is_not_listed_is_noted(
    proxies: list[str], said: str, microsoft_emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    changes = {
        "service.public_url": "https://login.example.com",
        "server.public.address": "0.0.0.0:8000",
        "server.trusted_proxies": proxies,
        "client_id": "00000000-0000-0000-0000-000000000001",
        "credentials": [{"kind": "secret", "value": "a~secret", "expires_on": "2099-01-01"}],
    }
    found = await examined(patient(microsoft_emulator, changes=changes), base_dir=tmp_path, offline=True)
    assert lines(found, "proxies") == [said]
    assert "ok: front-channel logout URL to register: https://login.example.com/thirdparty/logout/microsoft" in lines(
        found, "to register"
    )


async def test_pattern_that_admits_strangers_is_noted(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    tree = patient(microsoft_emulator, changes={"third_party.allowed_redirect_urls": ["**"]})
    [line] = lines(await examined(tree, base_dir=tmp_path, offline=True), "redirects")
    assert line.startswith("note: redirect pattern ** admits strangers")


async def test_custom_provider_and_its_secret_are_tried(microsoft_emulator: MicrosoftPeer, tmp_path: Path) -> None:
    async with running_oidc_peer() as peer:
        section = {
            "enabled": True, "display_name": "Peer", "client_id": CLIENT_ID, "secret": CLIENT_SECRET,
            "issuer": peer.base_url, "use_discovery": True,
        }  # fmt: skip
        sound = {"peer": section}
        spoilt = {"peer": section | {"secret": "not it"}}
        tree = patient(microsoft_emulator, changes={"third_party.custom_providers": sound})
        assert lines(await examined(tree, base_dir=tmp_path), "custom providers")[1:] == [
            "ok: custom_peer: the discovery document is there, and its issuer is the configured one",
            "ok: custom_peer: the secret is accepted",
        ]
        tree = patient(microsoft_emulator, changes={"third_party.custom_providers": spoilt})
        [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path))
    assert (check, says) == ("custom providers", "custom_peer: the token endpoint refuses us: invalid_client")
    assert remedy == "client_id and secret of third_party.custom_providers.peer"
