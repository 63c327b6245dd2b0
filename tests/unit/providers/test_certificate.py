"""A certificate as a credential: what Microsoft is shown, and what happens when the file is exchanged under us."""

import base64
import os
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import Certificate

from broker.clock import FrozenClock
from broker.config.sections.certificate_file import read_certificate
from broker.providers.credentials.certificate import ClientCertificate
from broker.providers.credentials.credential import TokenRequest
from tests.client_certificates import a_key, certificate_for, written_pem

CLIENT_ID = "0f6b3a1e-8d0c-4a53-9f7e-2f1f0c8f1a11"
PINNED = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
ELSEWHERE = "https://login.microsoftonline.com/common/oauth2/v2.0/token"


class House:
    """A credential, its file, its clock, and what the operator was told."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "app.pem"
        self.clock = FrozenClock()
        self.told: list[str] = []
        self.write("one")
        self.credential = ClientCertificate(
            id="cert",
            path=self.path,
            read=lambda: read_certificate(self.path, None),
            clock=self.clock,
            on_broken=self.told.append,
        )

    def write(self, name: str) -> Certificate:
        certificate = certificate_for(a_key(name))
        written_pem(self.path, a_key(name), certificate)
        self.touched()
        return certificate

    def touched(self) -> None:
        """Two writes within one tick of the file system's clock are told apart all the same."""
        found = self.path.stat()
        os.utime(self.path, ns=(found.st_atime_ns, found.st_mtime_ns + 1))

    async def assertion(self) -> str:
        form = {"grant_type": "authorization_code", "code": "c", "client_id": CLIENT_ID}
        request = TokenRequest(client_id=CLIENT_ID, endpoint=ELSEWHERE, audience=PINNED, form=form)
        prepared = await self.credential.prepare(request)
        fields = parse_qs(prepared.body)
        assert fields["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
        assert (fields["client_id"], fields["code"]) == ([CLIENT_ID], ["c"])
        assert "client_secret" not in fields
        (assertion,) = fields["client_assertion"]
        assert assertion not in repr(prepared)
        return assertion


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_microsoft_is_shown_what_it_asks_for(house: House) -> None:
    certificate = house.write("one")
    house.clock.advance(5)
    assertion = await house.assertion()
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(SHA256())).decode().rstrip("=")
    assert jwt.get_unverified_header(assertion) == {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(assertion, certificate.public_key(), ["PS256"], audience=PINNED, options=options)  # type: ignore[arg-type]
    now = house.clock.now()
    assert claims.pop("jti")
    assert claims == {
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": PINNED,
        "iat": now,
        "nbf": now - 60,
        "exp": now + 300,
    }


async def test_no_statement_is_made_twice(house: House) -> None:
    made = [await house.assertion() for _ in range(3)]
    assert len({jwt.decode(each, options={"verify_signature": False})["jti"] for each in made}) == 3


async def shown(house: House) -> str:
    return str(jwt.get_unverified_header(await house.assertion())["x5t#S256"])


async def test_an_exchanged_file_counts_within_seconds(house: House) -> None:
    before, material = await shown(house), house.credential.material()
    house.write("two")
    assert await shown(house) == before
    house.clock.advance(5)
    assert await shown(house) != before
    assert house.credential.material() != material
    assert house.told == []


async def test_a_broken_file_keeps_the_old_one_in_force_and_is_told_once(house: House) -> None:
    before = await shown(house)
    house.path.write_bytes(b"half of a cert")
    for _ in range(3):
        house.clock.advance(5)
        assert await shown(house) == before
    assert house.told == ["its file is neither PEM nor PFX without a password"]
    assert house.credential.standing().problem == house.told[0]
    house.write("two")
    house.clock.advance(5)
    assert await shown(house) != before
    assert house.credential.standing().problem is None


async def test_a_file_that_vanished_keeps_the_old_one_in_force(house: House) -> None:
    before = await shown(house)
    house.path.unlink()
    house.clock.advance(5)
    assert await shown(house) == before
    assert house.told == ["its file the file cannot be read"]


def test_it_stands_by_the_thumbprints_of_the_portal_and_nothing_secret(house: House) -> None:
    certificate = house.write("one")
    house.clock.advance(5)
    standing = house.credential.standing()
    assert (standing.id, standing.kind, standing.set_aside_for) == ("cert", "certificate", 0)
    assert standing.thumbprint_sha1 == certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303
    assert standing.thumbprint_sha256 == certificate.fingerprint(SHA256()).hex().upper()
    assert standing.expires_at == int(certificate.not_valid_after_utc.timestamp()) == house.credential.expires_at
    assert "PrivateKey" not in repr(house.credential) + repr(read_certificate(house.path, None)) + repr(standing)
