import re
import time
from base64 import b64decode, urlsafe_b64encode
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256

from tests.emulator.certificate import ASSERTION_TYPE, Certified
from tests.emulator.client import ALDER, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT, SECRET

NOW = int(time.time())


@cache
def certified(name: str) -> Certified:
    """A certificate by a name of ours; `old` has run out."""
    return Certified.make(days=-1 if name == "old" else 30)


def endpoint(client: Client, tenant: str = "common") -> str:
    return f"{client.peer.base_url}/{tenant}/oauth2/v2.0/token"


def assertion(client: Client, **changes: Any) -> str:
    by: Certified = changes.pop("by", None) or certified("ours")
    return by.assertion(**{"client_id": FIRST_CLIENT, "audience": endpoint(client), **changes})


async def redeem(client: Client, code: str, presented: str | None, **rest: Any) -> Answer:
    form = {"client_secret": None, "client_assertion": presented, "client_assertion_type": ASSERTION_TYPE, **rest}
    return await client.redeem(code, **form)


async def number(client: Client, presented: str | None, **rest: Any) -> int:
    """The AADSTS number of a refusal, after it was seen that the code still works."""
    code = await client.code()
    answer = await redeem(client, code, presented, **rest)
    assert answer.status == (401 if answer.json["error"] == "invalid_client" else 400), answer.text
    assert (await client.redeem(code)).status == 200
    found: int = answer.json["error_codes"][0]
    return found


@pytest.fixture
async def known(client: Client) -> Client:
    """A client whose certificate is registered."""
    await client.peer.registrations(client_id=FIRST_CLIENT, certificates=[certified("ours").pem])
    return client


@pytest.mark.parametrize("alg", ["PS256", "RS256"])
@pytest.mark.parametrize("thumbprint", ["x5t", "x5t#S256"])
async def test_registered_certificate_authenticates_beside_the_secrets(
    known: Client, alg: str, thumbprint: str
) -> None:
    presented = assertion(known, alg=alg, thumbprint=thumbprint, nbf=NOW - 60)
    assert (await redeem(known, await known.code(), presented)).status == 200
    assert (await known.redeem(await known.code())).status == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"by": "stranger"}, 700027),  # names its own thumbprint
        ({"by": "stranger", "header": {"x5t#S256": "KNOWN"}}, 700027),  # names ours, signs with its own
        ({"header": {"x5t": "KNOWN"}, "thumbprint": "x5t"}, 700027),  # the SHA-256 under the SHA-1's name
        ({"header": {"x5t#S256": None}}, 50027),
        ({"header": {"kid": "KNOWN", "x5t#S256": None}}, 50027),
        ({"header": {"x5t": "other"}}, 700027),  # two names, one of them wrong
        ({"alg": "RS512"}, 50027),
        ({"sub": "c11e0000-0000-4000-8000-000000000001"}, 50048),
        ({"iss": "c11e0000-0000-4000-8000-000000000001"}, 700021),
        ({"iss": None}, 50027),
        ({"jti": None}, 50027),
        ({"exp": None}, 50027),
        ({"exp": "soon"}, 50027),
        ({"exp": True}, 50027),
        ({"exp": NOW - 301}, 700024),
        ({"nbf": NOW + 36_000, "exp": NOW + 36_300}, 700024),
        ({"audience": None}, 700023),
        ({"audience": ["ENDPOINT", "https://elsewhere.example/token"]}, 700023),
    ],
)
async def test_assertion_that_is_not_exactly_right_is_refused_and_the_code_lives(
    known: Client, changes: dict[str, Any], expected: int
) -> None:
    thumbprint = certified("ours").thumbprint("x5t#S256")
    header = {name: thumbprint if value == "KNOWN" else value for name, value in changes.get("header", {}).items()}
    by = certified(changes.get("by", "ours"))
    if isinstance(changes.get("audience"), list):
        changes = {**changes, "audience": [each.replace("ENDPOINT", endpoint(known)) for each in changes["audience"]]}
    assert await number(known, assertion(known, **{**changes, "header": header, "by": by})) == expected


@pytest.mark.parametrize("tenant", ["organizations", ALDER])
async def test_assertion_for_another_segment_is_refused(known: Client, tenant: str) -> None:
    assert await number(known, assertion(known, audience=endpoint(known, tenant))) == 700023


async def test_assertion_for_an_alias_of_the_host_is_refused(known: Client) -> None:
    alias = endpoint(known).replace("localhost", "127.0.0.1")
    assert await number(known, assertion(known, audience=alias)) == 700023
    assert await number(known, assertion(known, audience=f"{known.peer.base_url}/common/v2.0")) == 700023


@pytest.mark.parametrize("presented", ["a.b.c", "a.b", "e30.e30.", "W10.W10.AA", "e30.e30.é", "." * 2000, "[" * 40])
async def test_assertion_that_is_no_jwt_is_malformed(known: Client, presented: str) -> None:
    assert await number(known, presented) == 50027


async def test_unsigned_assertion_and_one_signed_with_the_public_key_as_secret_are_refused(known: Client) -> None:
    claims = jwt.decode(assertion(known), options={"verify_signature": False})
    headers = {"x5t#S256": certified("ours").thumbprint("x5t#S256")}
    assert await number(known, jwt.encode(claims, "", algorithm="none", headers=headers)) == 50027
    assert await number(known, jwt.encode(claims, "k" * 32, algorithm="HS256", headers=headers)) == 50027


@pytest.mark.parametrize("endless", ["NaN", "Infinity", "9" * 5_000])
async def test_assertion_never_lasts_forever_by_a_number_that_is_none(known: Client, endless: str) -> None:
    genuine = assertion(known)
    header, claims, _ = genuine.split(".")
    text = re.sub(r'"exp":\s*\d+', f'"exp": {endless}', b64decode(claims + "==", b"-_").decode())
    signed = f"{header}.{urlsafe_b64encode(text.encode()).decode().rstrip('=')}"
    signature = certified("ours").key.sign(signed.encode(), PSS(MGF1(SHA256()), 32), SHA256())
    assert await number(known, f"{signed}.{urlsafe_b64encode(signature).decode().rstrip('=')}") == 50027


async def test_assertion_needs_its_type_and_no_second_credential(known: Client) -> None:
    assert await number(known, assertion(known), client_assertion_type=None) == 900144
    assert await number(known, assertion(known), client_assertion_type="saml") == 90023
    assert await number(known, assertion(known), client_secret=SECRET) == 90013


async def test_certificate_that_has_run_out_is_refused(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, certificates=[certified("old").pem])
    assert await number(client, assertion(client, by=certified("old"))) == 700027


async def test_control_shows_thumbprints_and_refuses_what_is_no_certificate(client: Client) -> None:
    shown = await client.peer.registrations(client_id=FIRST_CLIENT, certificates=[certified("ours").pem])
    assert shown["certificates"] == [{name: certified("ours").thumbprint(name) for name in ("x5t", "x5t#S256")}]
    for pem, named in (("nothing", "PEM"), (Certified.make(key_size=1024).pem, "2048")):
        order = {"client_id": FIRST_CLIENT, "certificates": [pem]}
        answer = await client.send("POST", "/_control/registrations", json=order)
        assert (answer.status, named in answer.json["error"]) == (400, True)
