"""What is no session token, though it looks like one: forged, of another kind, or meant for somebody else."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from broker.crypto import SecretKeys, base64url
from broker.protocol.jwt import PrivateKey
from broker.sessions.keyring import SEAL_PURPOSE, place
from broker.signin.start import StartSignIn
from broker.store.keys import signing_keys
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import UNAUTHORIZED, bearer, in_cookies, token_of, told, validated


@dataclass(frozen=True, kw_only=True)
class Forge:
    """Our own key, stolen, and the claims of a session that lives; each form below spoils one thing."""

    claims: Mapping[str, Any]
    kid: str
    key: PrivateKey
    stranger: PrivateKey
    genuine: str

    def signed(self, *, algorithm: str = "RS256", **header: Any) -> str:
        return jwt.encode(dict(self.claims), self.key, algorithm=algorithm, headers={"kid": self.kid, **header})

    def but(self, **changes: Any) -> "Forge":
        kept = {name: value for name, value in {**self.claims, **changes}.items() if value is not ...}
        return replace(self, claims=kept)

    def by_hand(self, header: Mapping[str, Any], signature: str) -> str:
        """A token that PyJWT would not write."""
        parts = (json.dumps(part).encode() for part in (header, self.claims))
        return ".".join([*map(base64url, parts), signature])


FORMS: Mapping[str, Callable[[Forge], str]] = {
    "another issuer": lambda forge: forge.but(iss="https://login.example.com").signed(),
    "no issuer": lambda forge: forge.but(iss=...).signed(),
    "our issuer with a slash": lambda forge: forge.but(iss=forge.claims["iss"] + "/").signed(),
    "another audience": lambda forge: forge.but(aud=["app.example.com"]).signed(),
    "one audience more": lambda forge: forge.but(aud=["localhost", "app.example.com"]).signed(),
    "no audience": lambda forge: forge.but(aud=...).signed(),
    "empty audience": lambda forge: forge.but(aud=[]).signed(),
    "audience of another type": lambda forge: forge.but(aud=[["localhost"]]).signed(),
    "expired": lambda forge: forge.but(exp=forge.claims["iat"] - 1).signed(),
    "no end": lambda forge: forge.but(exp=...).signed(),
    "end as text": lambda forge: forge.but(exp=str(forge.claims["exp"])).signed(),
    "end as truth": lambda forge: forge.but(exp=True).signed(),
    "no session id": lambda forge: forge.but(session_id=...).signed(),
    "session id of another type": lambda forge: forge.but(session_id=[forge.claims["session_id"]]).signed(),
    "unknown session": lambda forge: forge.but(session_id="01990000-0000-7000-8000-000000000000").signed(),
    "somebody else's session": lambda forge: forge.but(sub="01990000-0000-7000-8000-000000000000").signed(),
    "no subject": lambda forge: forge.but(sub=...).signed(),
    "of another kind by its typ": lambda forge: forge.signed(typ="at+jwt"),
    "ticket by its typ": lambda forge: forge.signed(typ="ticket+jwt"),
    "our key with another algorithm": lambda forge: forge.signed(algorithm="RS512"),
    "our key with PSS": lambda forge: forge.signed(algorithm="PS256"),
    "unknown kid": lambda forge: forge.signed(kid="0" * 43),
    "no kid": lambda forge: jwt.encode(dict(forge.claims), forge.key, algorithm="RS256"),
    "another key under our kid": lambda forge: replace(forge, key=forge.stranger).signed(),
    "critical header": lambda forge: forge.signed(crit=["exp"]),
    "alg none": lambda forge: forge.by_hand({"alg": "none", "kid": forge.kid}, ""),
    "alg None with our signature": lambda forge: forge.by_hand({"alg": "None", "kid": forge.kid}, "AAAA"),
    "HS256 with our public key as secret": lambda forge: _hs256(forge),
    "unsigned": lambda forge: forge.genuine.rpartition(".")[0] + ".",
    "signature of another token": lambda forge: _with_signature_of_another(forge),
    "one letter of the signature changed": lambda forge: _one_letter_changed(forge.genuine),
    "cut short": lambda forge: forge.genuine[:-10],
    "four parts": lambda forge: forge.genuine + ".AAAA",
    "padded": lambda forge: forge.genuine + "==",
    "longer than any of ours": lambda forge: forge.but(filler="x" * 9000).signed(),
    "no token": lambda forge: "x",
}


def _hs256(forge: Forge) -> str:
    pem = forge.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = forge.by_hand({"alg": "HS256", "kid": forge.kid, "typ": "JWT"}, "").rstrip(".")
    return f"{unsigned}.{base64url(hmac.new(pem, unsigned.encode(), hashlib.sha256).digest())}"


def _with_signature_of_another(forge: Forge) -> str:
    longer = forge.but(exp=forge.claims["exp"] + 1).signed().rpartition(".")[0]
    return f"{longer}.{forge.genuine.rpartition('.')[2]}"


def _one_letter_changed(token: str) -> str:
    at = token.rindex(".") + 5
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


@pytest.fixture
async def forge(broker: RunningBroker, alice: Browser) -> Forge:
    async with broker.application.broker.store.read() as c:
        row = next(key for key in await signing_keys(c) if key.state == "current")
    secrets = SecretKeys([secret.reveal() for secret in broker.config.secrets.keys])
    pem = secrets.open(row.sealed_private, purpose=SEAL_PURPOSE, place=place(row.kid))
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    genuine = token_of(alice)
    return Forge(
        claims=jwt.decode(genuine, options={"verify_signature": False}),
        kid=row.kid,
        key=key,
        stranger=rsa.generate_private_key(public_exponent=65537, key_size=2048),
        genuine=genuine,
    )


async def test_forge_makes_good_tokens_unless_it_spoils_them(forge: Forge, program: Browser) -> None:
    """Without this the tests below might refuse for a reason of their own."""
    for token in (forge.genuine, forge.signed(), forge.but(aud="localhost").signed()):
        assert (await validated(program, token))["is_valid"] is True


async def test_forged_token_is_no_session_as_bearer(forge: Forge, program: Browser) -> None:
    answers = {}
    for name, form in FORMS.items():
        page = await program.send("GET", "/me", headers=bearer(form(forge)))
        answers[name] = (page.status, told(page))
    assert {name: answer for name, answer in answers.items() if answer != (401, UNAUTHORIZED)} == {}


async def test_forged_token_is_no_session_as_cookie(forge: Forge, program: Browser) -> None:
    answers = {}
    for name, form in FORMS.items():
        answers[name] = (await program.send("GET", "/sessions", headers=in_cookies(form(forge)))).status
    assert {name: answer for name, answer in answers.items() if answer != 401} == {}


async def test_forged_token_is_not_valid_when_a_backend_asks(forge: Forge, program: Browser) -> None:
    answers = {name: await validated(program, form(forge)) for name, form in FORMS.items()}
    assert {name: answer for name, answer in answers.items() if answer != {"is_valid": False}} == {}


async def test_other_kinds_of_token_never_pass_as_a_session(broker: RunningBroker, program: Browser) -> None:
    await broker.reload({"session.delivery": "token"})
    inside = broker.application.broker
    async with broker.browser() as browser:
        callback = await browser.at_callback("alice")
        code = (await browser.get(callback)).query["hanko_token"]
        (name,) = [name for name in browser.cookie_names() if name.startswith("signin-")]
        sign_in_cookie = browser.cookie(name)
    kinds = {
        "one-time code": code,
        "API key": (await inside.api_keys.create("scraper")).key,
        "ticket": inside.tickets.seal(StartSignIn(surface="plain", provider="microsoft", unverified_redirect_to=None)),
        "sign-in cookie": sign_in_cookie or "",
    }
    for name, token in kinds.items():
        assert token
        assert (await program.send("GET", "/me", headers=bearer(token))).status == 401, name
        assert (await program.send("GET", "/me", headers=in_cookies(token))).status == 401, name
        assert await validated(program, token) == {"is_valid": False}, name


async def test_session_token_never_passes_as_another_kind(
    broker: RunningBroker, alice: Browser, program: Browser
) -> None:
    token = token_of(alice)
    assert (await program.send("POST", "/token", json={"value": token})).status == 404
    assert (await program.send("GET", f"{broker.admin_url}/users", headers=bearer(token))).status == 401
    started = await program.get(f"/thirdparty/start?ticket={token}")
    assert started.query["error"] == "invalid_request"
