import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.emulator.client import Client
from tests.peers.microsoft import FIRST_CLIENT


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def id_token(client: Client, person: str = "alice") -> str:
    token: str = (await client.redeem(await client.code(person))).json["id_token"]
    return token


async def unverified(client: Client, person: str = "alice") -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(decoded((await id_token(client, person)).split(".")[1]))
    return claims


async def test_claims_can_be_set_removed_and_shifted_under_a_valid_signature(client: Client) -> None:
    before = await client.sign_in()
    await client.peer.claims(set={"iss": "other", "groups": ["a", 1, None]}, remove=["nonce"], shift={"exp": 1_000})
    after = await unverified(client)
    assert after["iss"] == "other"
    assert after["groups"] == ["a", 1, None]
    assert "nonce" not in after
    assert 1_000 <= after["exp"] - before["exp"] < 1_010
    assert (await client.sign_in())["nonce"] == "the-nonce"


async def test_changed_token_still_verifies(client: Client) -> None:
    await client.peer.claims(set={"nonce": "other"})
    assert (await client.sign_in())["nonce"] == "other"


async def test_claim_can_stand_twice_in_the_token(client: Client) -> None:
    await client.peer.claims(duplicate={"tid": "other", "TID": "third"})
    payload = json.loads(decoded((await id_token(client)).split(".")[1]), object_pairs_hook=list)
    assert [value for name, value in payload if name.lower() == "tid"] == [
        *("a1de0000-0000-4000-8000-000000000001", "other", "third")
    ]


async def test_header_can_be_changed_as_well(client: Client) -> None:
    await client.peer.claims(header={"set": {"crit": ["b64"]}, "remove": ["typ"], "duplicate": {"alg": "none"}})
    header = json.loads(decoded((await id_token(client)).split(".")[0]), object_pairs_hook=list)
    assert [name for name, _ in header] == ["alg", "kid", "crit", "alg"]


async def test_change_waits_for_its_person(client: Client) -> None:
    await client.peer.claims(person="bob", set={"name": "Somebody"})
    assert (await unverified(client, "alice"))["name"] == "Alice Alder"
    assert (await unverified(client, "bob"))["name"] == "Somebody"
    assert (await unverified(client, "bob"))["name"] == "Bob Baker"


async def test_change_can_hold_for_several_tokens(client: Client) -> None:
    await client.peer.claims(set={"ver": "1.0"}, times=2)
    assert [(await unverified(client))["ver"] for _ in range(3)] == ["1.0", "1.0", "2.0"]


async def test_mallory_can_come_without_the_verdict_on_her_address(client: Client) -> None:
    await client.peer.claims(person="mallory", remove=["xms_edov"])
    claims = await client.sign_in("mallory")
    assert claims["email"] == "alice@alder.example"
    assert "xms_edov" not in claims


async def test_strangers_key_signs_under_its_own_kid_which_nobody_published(client: Client) -> None:
    await client.peer.claims(key="stranger")
    kid = jwt.get_unverified_header(await id_token(client))["kid"]
    assert kid not in {key["kid"] for key in await client.keys()}


async def test_strangers_key_can_sign_under_a_published_kid(client: Client) -> None:
    await client.peer.claims(key="stranger", kid_of="work")
    with pytest.raises(jwt.InvalidSignatureError):
        await client.verify(await id_token(client))


async def test_personal_key_can_sign_a_work_token(client: Client) -> None:
    await client.peer.claims(key="personal")
    token = await id_token(client)
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in await client.keys() if key["kid"] == kid)
    claims = jwt.decode(token, jwt.PyJWK(key, "RS256"), ["RS256"], audience=FIRST_CLIENT)
    assert claims["iss"] != key["issuer"]


async def test_token_can_be_unsigned(client: Client) -> None:
    await client.peer.claims(alg="none")
    token = await id_token(client)
    assert jwt.get_unverified_header(token)["alg"] == "none"
    assert token.endswith(".")


async def test_token_can_be_signed_with_the_public_key_as_secret(client: Client) -> None:
    await client.peer.claims(alg="HS256")
    token = await id_token(client)
    signed, _, signature = token.rpartition(".")
    key = next(key for key in await client.keys() if key["kid"] == jwt.get_unverified_header(token)["kid"])
    pem = jwt.PyJWK(key, "RS256").key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert decoded(signature) == hmac.new(pem, signed.encode(), hashlib.sha256).digest()


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
async def test_token_can_be_signed_truly_by_another_algorithm(client: Client, alg: str) -> None:
    await client.peer.claims(alg=alg)
    token = await id_token(client)
    key = next(key for key in await client.keys() if key["kid"] == jwt.get_unverified_header(token)["kid"])
    assert jwt.decode(token, jwt.PyJWK(key, alg), [alg], audience=FIRST_CLIENT)["ver"] == "2.0"


async def test_signature_and_whole_token_can_be_anything(client: Client) -> None:
    await client.peer.claims(signature="AAAA")
    assert (await id_token(client)).endswith(".AAAA")
    await client.peer.claims(raw="not a token")
    assert await id_token(client) == "not a token"


async def test_token_can_be_by_a_clock_that_is_off(client: Client) -> None:
    before = await client.sign_in()
    await client.peer.claims(clock_offset=-7_200)
    after = await unverified(client)
    for name in ("iat", "nbf", "exp", "auth_time"):
        assert -7_200 <= after[name] - before[name] < -7_190


async def test_government_key_can_sign(client: Client) -> None:
    await client.peer.claims(key="government")
    kid = jwt.get_unverified_header(await id_token(client))["kid"]
    (key,) = [key for key in await client.keys() if key["kid"] == kid]
    assert key["cloud_instance_name"].startswith("usgov.")
