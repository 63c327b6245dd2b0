"""The list of credentials: every kind as an operator writes it, and every way to get it wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from broker.config.load import LoadedConfig, load_mapping
from broker.errors import ConfigError
from tests.client_certificates import a_key, certificate_for, pem_of, pem_of_key, written_pem, written_pfx
from tests.unit.config.files import BASE, CLIENT_ID, PRODUCTION, microsoft, refused, tree

LIST = "third_party.providers.microsoft.credentials"
IDENTITY = "5a1e0000-0000-4000-8000-000000000001"
ENVIRON = {"AZURE_FEDERATED_TOKEN_FILE": "/var/run/token"}


def listing(*credentials: object, base_dir: Path | None = None) -> LoadedConfig:
    keys = {**BASE, **microsoft(client_id=CLIENT_ID, credentials=list(credentials))}
    return load_mapping(tree(keys), ENVIRON, name="test", base_dir=base_dir)


def mistakes(*credentials: object, base_dir: Path | None = None) -> dict[str, str]:
    try:
        listing(*credentials, base_dir=base_dir)
    except ConfigError as error:
        return {mistake.key.removeprefix(LIST): mistake.message for mistake in error.mistakes}
    return {}


def test_a_list_may_have_all_kinds(tmp_path: Path) -> None:
    written_pem(tmp_path / "app.pem", a_key(), certificate_for(a_key()))
    written_pfx(tmp_path / "app.pfx", a_key(), certificate_for(a_key()), password=b"pass")
    (tmp_path / "token").write_text("a.b.c")
    loaded = listing(
        {"kind": "certificate", "file": "app.pem", "id": "cert-2027"},
        {"kind": "certificate", "file": "app.pfx", "password": "pass"},
        {"kind": "secret", "value": "a~secret", "expires_on": "2027-05-01"},
        {"kind": "federated_file"},
        {"kind": "federated_file", "file": "token", "id": "k8s"},
        {"kind": "managed_identity", "identity_client_id": IDENTITY.upper()},
        {"kind": "managed_identity"},
        base_dir=tmp_path,
    )
    found = loaded.config.third_party.providers.microsoft
    assert found.has_credentials
    assert not found.uses_emulator_registration
    assert found.credentials[0].file == tmp_path / "app.pem"
    assert found.credentials[5].identity_client_id == IDENTITY


MISUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"kind": "password"}, {"[0].kind": "must be one of secret, certificate, federated_file, managed_identity"}),
    ({"kind": "secret"}, {"[0].value": "is missing"}),
    ({"kind": "secret", "value": "x", "password": "y"}, {"[0].password": "is not for kind: secret"}),
    ({"kind": "secret", "value": "x", "env": "Y"}, {"[0].env": "is not for kind: secret"}),
    ({"kind": "certificate"}, {"[0].file": "is missing"}),
    ({"kind": "certificate", "file": "none.pem"}, {"[0].file": "the file cannot be read"}),
    ({"kind": "federated_file", "file": "none"}, {"[0].file": "the file cannot be read"}),
    ({"kind": "federated_file", "env": "NOT_SET"}, {"[0]": "has no file, and the environment has no NOT_SET"}),
    ({"kind": "federated_file", "env": "AZURE FILE"}, {"[0]": "has no file, and the environment has no AZURE FILE"}),
    ({"kind": "federated_file", "value": "a.b.c"}, {"[0].value": "is not for kind: federated_file"}),
    ({"kind": "federated_file", "expires_on": "2027-05-01"}, {"[0].expires_on": "is not for kind: federated_file"}),
    ({"kind": "managed_identity", "identity_client_id": "mine"}, {"[0].identity_client_id": "is no GUID"}),
    ({"kind": "managed_identity", "value": "x"}, {"[0].value": "is not for kind: managed_identity"}),
    ({"value": "x", "id": "a b"}, {"[0].id": "must be letters, digits, '.', '_' and '-', at most 64"}),
]  # fmt: skip


@pytest.mark.parametrize(("credential", "expected"), MISUSED)
def test_a_misused_kind_is_named(tmp_path: Path, credential: dict[str, Any], expected: dict[str, str]) -> None:
    assert mistakes(credential, base_dir=tmp_path) == expected


def test_a_token_file_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a.b.c")
    both = {"kind": "federated_file", "file": "token", "env": "AZURE_FEDERATED_TOKEN_FILE"}
    assert mistakes(both, base_dir=tmp_path) == {"[0].env": "is given beside file"}


def test_two_of_one_name_could_not_be_told_apart() -> None:
    twice = [{"value": "one", "id": "a"}, {"value": "two", "id": "a"}, {"value": "three", "id": "secret-4"}]
    assert mistakes(*twice, {"value": "four"}) == {"[1].id": "is used twice", "[3].id": "is used twice"}


def _both(key: Any, certificate_key: Any = None, *, days: float = 365) -> bytes:
    return pem_of_key(key) + pem_of(certificate_for(certificate_key or key, days=days))


NOT_RSA = "holds no RSA key, and Microsoft takes no other"
NO_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
EXOTIC_KEY = b"-----BEGIN PRIVATE KEY-----\nMAwCAQAwBQYDKgMEBAA=\n-----END PRIVATE KEY-----\n"
UNFIT: dict[str, tuple[Callable[[], bytes], str]] = {
    "weak": (lambda: _both(a_key("weak", bits=1024)), "holds a key of 1024 bits"),
    "elliptic": (lambda: _both(ec.generate_private_key(ec.SECP256R1())), NOT_RSA),
    "strange": (lambda: _both(a_key(), a_key("two")), "holds a key that belongs to none of its certificates"),
    "expired": (lambda: _both(a_key(), days=-1), "holds a certificate that has expired"),
    "keyless": (lambda: pem_of(certificate_for(a_key())), "holds no private key"),
    "bare": (lambda: pem_of_key(a_key()), "holds no certificate"),
    "broken": (lambda: NO_KEY + pem_of(certificate_for(a_key())), "holds a private key that cannot be read"),
    "exotic": (lambda: EXOTIC_KEY + pem_of(certificate_for(a_key())), "holds a private key that cannot be read"),
    "noise": (lambda: b"\x30\x82\x00\x00 noise", "is neither PEM nor PFX without a password"),
    "empty": (lambda: b"", "is neither PEM nor PFX without a password"),
    "huge": (lambda: b"x" * 300_000, "is larger than 256 KiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_an_unfit_certificate_is_refused_at_load(tmp_path: Path, name: str) -> None:
    make, message = UNFIT[name]
    (tmp_path / "app.pem").write_bytes(make())
    assert mistakes({"kind": "certificate", "file": "app.pem"}, base_dir=tmp_path) == {"[0].file": message}


# Whether the file is PFX, its password, the one that is given, what is said of it.
PASSWORDS = [
    (False, b"pass", None, "is missing: the key is encrypted"),
    (False, b"pass", "wrong", "does not open the key"),
    (False, None, "pass", "is given, but the key is not encrypted"),
    (True, b"pass", "wrong", "does not open the file"),
]


@pytest.mark.parametrize(("pfx", "password", "given", "message"), PASSWORDS)
def test_a_password_that_does_not_fit_is_named_and_never_shown(
    tmp_path: Path, pfx: bool, password: bytes | None, given: str | None, message: str
) -> None:
    path = tmp_path / "app"
    if pfx:
        written_pfx(path, a_key(), certificate_for(a_key()), password=password or b"")
    else:
        written_pem(path, a_key(), certificate_for(a_key()), password=password)
    credential = {"kind": "certificate", "file": "app", **({"password": given} if given else {})}
    assert mistakes(credential, base_dir=tmp_path) == {"[0].password": message}


def test_a_certificate_in_a_chain_is_found_by_its_key(tmp_path: Path) -> None:
    chain = pem_of(certificate_for(a_key("two"))) + _both(a_key())
    (tmp_path / "app.pem").write_bytes(chain)
    assert mistakes({"kind": "certificate", "file": "app.pem"}, base_dir=tmp_path) == {}


def test_an_expired_certificate_beside_others_is_a_notice(tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_bytes(_both(a_key(), days=-1))
    loaded = listing({"kind": "certificate", "file": "app.pem"}, {"value": "a~secret"}, base_dir=tmp_path)
    assert f"{LIST}[0].file: holds a certificate that has expired" in loaded.notices


def test_another_kind_than_a_secret_is_a_credential_too_and_excuses_no_emulator(tmp_path: Path) -> None:
    """In production nothing stands in for Microsoft, and the emulator's registration counts nowhere."""
    written_pem(tmp_path / "app.pem", a_key(), certificate_for(a_key()))
    listed = [{"kind": "certificate", "file": "app.pem"}]
    found = {}
    for client_id in (CLIENT_ID, "c11e0000-0000-4000-8000-00000000000c"):
        keys = {**PRODUCTION, **microsoft(client_id=client_id, secret=None, credentials=listed)}
        found[client_id] = refused(keys, base={}, base_dir=tmp_path)
    key = "third_party.providers.microsoft.client_id"
    assert [list(each) for each in found.values()] == [[], [key]]
    assert "is the emulator's" in found["c11e0000-0000-4000-8000-00000000000c"][key]


@pytest.mark.parametrize("kind", ["federated_file", "managed_identity"])
def test_no_other_kind_goes_without_a_client_id(kind: str) -> None:
    keys = {**BASE, **microsoft(credentials=[{"kind": kind}])}
    with pytest.raises(ConfigError) as caught:
        load_mapping(tree(keys), ENVIRON, name="test")
    assert [mistake.key for mistake in caught.value.mistakes] == ["third_party.providers.microsoft.client_id"]
