import base64
import re
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from tests.emulator.client import ALDER, PERSONAL, Client


def certificate(key: dict[str, Any]) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0], validate=True))


def subject(key: dict[str, Any]) -> str:
    return str(certificate(key).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def by_class(keys: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Work keys and personal keys, told apart by their certificates."""
    personal = [key for key in keys if subject(key) == "Live ID STS Signing Public Key"]
    return [key for key in keys if key not in personal], personal


async def test_common_key_set_holds_two_keys_of_each_class(client: Client) -> None:
    work, personal = by_class(await client.keys())
    assert [subject(key) for key in work] == ["accounts.accesscontrol.windows.net"] * 2
    assert {key["issuer"] for key in work} == {f"{client.peer.base_url}/{{tenantid}}/v2.0"}
    assert len(personal) == 2
    assert {key["issuer"] for key in personal} == {f"{client.peer.base_url}/{PERSONAL}/v2.0"}


async def test_keys_have_microsofts_members_and_no_alg(client: Client) -> None:
    for key in await client.keys():
        assert set(key) == {"kty", "use", "kid", "x5t", "n", "e", "x5c", "cloud_instance_name", "issuer"}
        assert (key["kty"], key["use"], key["e"]) == ("RSA", "sig", "AQAB")
        assert re.fullmatch(r"[A-Za-z0-9_-]{27}", key["kid"])
        assert key["x5t"] == key["kid"]


async def test_certificate_of_a_key_holds_that_key(client: Client) -> None:
    for key in await client.keys():
        public = certificate(key).public_key()
        assert isinstance(public, RSAPublicKey)
        assert public.key_size == 2048
        expected = jwt.PyJWK(key, "RS256").key
        assert public.public_numbers() == expected.public_numbers()
        lifetime = certificate(key).not_valid_after_utc - certificate(key).not_valid_before_utc
        assert 5 * 365 <= lifetime.days <= 5 * 366


async def test_cloud_of_keys_and_of_discovery_is_the_same(client: Client) -> None:
    document = (await client.send("GET", "/common/v2.0/.well-known/openid-configuration")).json
    assert {key["cloud_instance_name"] for key in await client.keys()} == {document["cloud_instance_name"]}
    assert document["cloud_instance_name"] == client.peer.base_url.removeprefix("http://")


async def test_consumers_key_set_holds_personal_keys_only(client: Client) -> None:
    work, personal = by_class(await client.keys("consumers"))
    assert not work
    assert len(personal) == 2


async def test_key_set_of_one_directory_names_its_issuer(client: Client) -> None:
    work, _ = by_class(await client.keys("alder.example"))
    assert {key["issuer"] for key in work} == {f"{client.peer.base_url}/{ALDER}/v2.0"}


async def test_work_and_personal_tokens_are_signed_by_their_own_class(client: Client) -> None:
    work, personal = by_class(await client.keys())
    for person, expected in (("alice", work), ("dave", personal)):
        token = (await client.redeem(await client.code(person))).json["id_token"]
        header = jwt.get_unverified_header(token)
        assert header["kid"] in {key["kid"] for key in expected}
        assert header == {"typ": "JWT", "alg": "RS256", "kid": header["kid"]}


async def test_rotation_signs_with_the_waiting_key_and_keeps_the_old_one(client: Client) -> None:
    before = {key["kid"] for key in await client.keys()}
    old_token = (await client.redeem(await client.code())).json["id_token"]
    await client.peer.keys("rotate")
    after = {key["kid"] for key in await client.keys()}
    new_token = (await client.redeem(await client.code())).json["id_token"]
    assert before < after
    assert jwt.get_unverified_header(new_token)["kid"] in before
    assert jwt.get_unverified_header(new_token)["kid"] != jwt.get_unverified_header(old_token)["kid"]
    await client.verify(old_token)
    await client.verify(new_token)


async def test_emergency_replaces_every_key_at_once(client: Client) -> None:
    before = {key["kid"] for key in await client.keys()}
    await client.peer.keys("emergency")
    assert not before & {key["kid"] for key in await client.keys()}
    await client.sign_in("alice")
    await client.sign_in("dave")


async def test_key_set_can_be_empty_malformed_and_normal_again(client: Client) -> None:
    before = await client.keys()
    await client.peer.keys("empty")
    assert await client.keys() == []
    await client.peer.keys("malformed")
    answer = await client.send("GET", "/common/discovery/v2.0/keys")
    with pytest.raises(ValueError, match="Expecting"):
        _ = answer.json
    await client.peer.keys("normal")
    assert await client.keys() == before


async def test_keys_can_lose_their_issuer(client: Client) -> None:
    await client.peer.keys("remove_issuer")
    assert not any("issuer" in key for key in await client.keys())


async def test_a_kid_can_stand_for_two_keys(client: Client) -> None:
    await client.peer.keys("duplicate_kid")
    kids = [key["kid"] for key in await client.keys()]
    assert len(kids) == len(set(kids)) + 1
    twins = [key for key in await client.keys() if kids.count(key["kid"]) == 2]
    assert twins[0]["n"] != twins[1]["n"]


async def test_reset_keeps_the_keys_and_serves_them_normally(client: Client) -> None:
    before = await client.keys()
    await client.peer.keys("empty")
    await client.peer.reset()
    assert await client.keys() == before
