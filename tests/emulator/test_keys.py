import base64
import re
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from tests.emulator.client import ALDER, PERSONAL, Client
from tests.peers.microsoft import FIRST_CLIENT


def certificate(key: dict[str, Any]) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0], validate=True))


def subject(key: dict[str, Any]) -> str:
    return str(certificate(key).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def by_class(keys: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Work keys and personal keys, told apart by their certificates."""
    work, personal = (
        [key for key in keys if subject(key) == name]
        for name in ("accounts.accesscontrol.windows.net", "Live ID STS Signing Public Key")
    )
    return work, personal


def of_government(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [key for key in keys if subject(key) == "login.microsoftonline.us"]


async def test_common_key_set_holds_two_keys_of_each_class(client: Client) -> None:
    keys = await client.keys()
    work, personal = by_class(keys)
    assert len(keys) == 6
    assert len(work) == len(of_government(keys)) == 2
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


async def test_cloud_of_keys_and_of_discovery_is_the_same_but_for_the_governments_keys(client: Client) -> None:
    document = (await client.send("GET", "/common/v2.0/.well-known/openid-configuration")).json
    own = client.peer.base_url.removeprefix("http://")
    assert document["cloud_instance_name"] == own
    keys = await client.keys()
    assert {key["cloud_instance_name"] for key in of_government(keys)} == {f"usgov.{own}"}
    assert {key["cloud_instance_name"] for key in keys if key not in of_government(keys)} == {own}
    # Nothing else tells them from the keys of the public cloud.
    assert {key["issuer"] for key in of_government(keys)} == {document["issuer"]}


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


async def test_stale_set_goes_on_without_the_new_keys(client: Client) -> None:
    before = await client.keys()
    await client.peer.keys("stale")
    await client.peer.keys("emergency")
    assert await client.keys() == before
    token = (await client.redeem(await client.code())).json["id_token"]
    assert jwt.get_unverified_header(token)["kid"] not in {key["kid"] for key in before}
    await client.peer.keys("normal")
    await client.verify(token)


async def test_another_government_key_can_join(client: Client) -> None:
    before = await client.keys()
    await client.peer.keys("add_government")
    added = [key for key in await client.keys() if key not in before]
    assert len(added) == len(of_government(added)) == 1


async def test_key_of_one_application_is_seen_by_who_asks_for_it(client: Client) -> None:
    await client.peer.keys("own", client_id=FIRST_CLIENT)
    token = (await client.redeem(await client.code())).json["id_token"]
    kid = jwt.get_unverified_header(token)["kid"]
    assert kid not in {key["kid"] for key in await client.keys()}
    path = "/common/v2.0/.well-known/openid-configuration"
    address = (await client.send("GET", path, params={"appid": FIRST_CLIENT})).json["jwks_uri"]
    assert address.endswith(f"/discovery/v2.0/keys?appid={FIRST_CLIENT}")
    shown = (await client.send("GET", address)).json["keys"]
    assert [key["kid"] for key in shown][-1] == kid
    assert len(shown) == 7
    unknown = (await client.send("GET", path, params={"appid": "<script>"})).json["jwks_uri"]
    assert unknown.endswith("/keys")
    await client.peer.reset()
    await client.sign_in()


async def test_reset_keeps_the_keys_and_serves_them_normally(client: Client) -> None:
    before = await client.keys()
    await client.peer.keys("empty")
    await client.peer.reset()
    assert await client.keys() == before
