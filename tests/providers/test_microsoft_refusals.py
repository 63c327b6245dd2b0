"""Every step of the chain refuses by its own name, with a token that the emulator signed and spoilt, over the wire."""

from typing import Any

import pytest

from broker.errors import IdentityRefused, TokenInvalid
from tests.peers.microsoft import MicrosoftPeer
from tests.providers.stage import microsoft_section, sign_in_at_microsoft, staged

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
MSA = "9188040d-6c67-4c5b-b112-36a304b66dad"

Change = dict[str, Any]

# The checks whose failure smells of an attack.
SECURITY = {"alg", "signature", "key_issuer", "key_cloud", "iss", "aud", "nonce"}
SPOILT: list[tuple[str, str, Change, str]] = [
    # step and story, person, what the emulator does to the token, the check that refuses it
    ("1 not a token", "alice", {"raw": "not.a.token"}, "malformed"),
    ("1 two parts", "alice", {"raw": "e30.e30"}, "malformed"),
    ("1 a name twice", "alice", {"duplicate": {"tid": BIRCH}}, "malformed"),
    ("1 the nonce twice", "alice", {"duplicate": {"nonce": "x"}}, "malformed"),
    ("2 unsigned", "alice", {"alg": "none"}, "alg"),
    ("2 public key as secret", "alice", {"alg": "HS256"}, "alg"),
    ("2 another RSA", "alice", {"alg": "RS512"}, "alg"),
    ("2 PSS", "alice", {"alg": "PS256"}, "alg"),
    ("2 a lie about alg", "alice", {"header": {"set": {"alg": "none"}}}, "alg"),
    ("2 critical", "alice", {"header": {"set": {"crit": ["exp"]}}}, "alg"),
    ("2 access token", "alice", {"header": {"set": {"typ": "at+jwt"}}}, "alg"),
    ("3 unknown key", "alice", {"header": {"set": {"kid": "made-up"}}}, "kid"),
    ("3 no key named", "alice", {"header": {"remove": ["kid"]}}, "kid"),
    ("3 key inside", "alice", {"key": "stranger", "header": {"set": {"jwk": {}}}}, "kid"),
    ("4 a stranger signed", "alice", {"key": "stranger", "kid_of": "work"}, "signature"),
    ("4 no signature", "alice", {"signature": ""}, "signature"),
    ("5 first version", "alice", {"set": {"ver": "1.0"}}, "not_id_token"),
    ("5 access token", "alice", {"set": {"scp": "User.Read"}}, "not_id_token"),
    ("5 app token", "alice", {"set": {"idtyp": "app"}}, "not_id_token"),
    ("6 no tenant", "alice", {"remove": ["tid"]}, "tid"),
    ("6 upper case", "alice", {"set": {"tid": ALDER.upper()}}, "tid"),
    ("6 another spelling", "alice", {"duplicate": {"TID": BIRCH}}, "tid"),
    ("7 other issuer", "alice", {"set": {"iss": "https://evil.example/v2.0"}}, "key_issuer"),
    ("7 other tenant", "alice", {"set": {"tid": BIRCH}}, "key_issuer"),
    ("7 directory key", "dave", {"key": "work"}, "key_issuer"),
    ("7 personal key", "alice", {"key": "personal"}, "key_issuer"),
    ("12 somebody else", "alice", {"set": {"aud": "c11e0000-0000-4000-8000-000000000001"}}, "aud"),
    ("12 azp", "alice", {"set": {"azp": "another"}}, "aud"),
    ("13 expired", "alice", {"shift": {"exp": -3900}}, "time"),
    ("13 not yet", "alice", {"shift": {"nbf": 600}}, "time"),
    ("13 from the future", "alice", {"shift": {"iat": 600}}, "time"),
    ("13 for years", "alice", {"shift": {"exp": 10**8}}, "time"),
    ("13 a string", "alice", {"set": {"exp": "tomorrow"}}, "time"),
    ("14 another nonce", "alice", {"set": {"nonce": "x"}}, "nonce"),
    ("14 no nonce", "alice", {"remove": ["nonce"]}, "nonce"),
    ("15 no subject", "alice", {"remove": ["sub"]}, "sub"),
    ("15 odd object id", "alice", {"set": {"oid": "alice"}}, "oid"),
    ("17 access token", "alice", {"set": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}, "at_hash"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("person", "change", "check"),
    [row[1:] for row in SPOILT],
    ids=[row[0] for row in SPOILT],
)
async def test_a_spoilt_token_is_refused_by_name_and_the_next_one_is_not(
    microsoft_emulator: MicrosoftPeer, person: str, change: Change, check: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        await microsoft_emulator.claims(**change)
        with pytest.raises(TokenInvalid) as caught:
            await sign_in_at_microsoft(stage.provider, person)
        assert (caught.value.check, caught.value.code) == (check, "invalid_response")
        assert caught.value.security == (check if check in SECURITY else None)
        await sign_in_at_microsoft(stage.provider, person)


async def test_step_15_without_object_id_the_operator_is_told_why(microsoft_emulator: MicrosoftPeer) -> None:
    await microsoft_emulator.claims(remove=["oid"])
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        with pytest.raises(TokenInvalid, match="oid") as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert (caught.value.check, caught.value.code) == ("oid", "provider_misconfigured")
    assert "profile" in caught.value.remedy


async def test_step_7_a_key_that_says_for_nobody_is_refused(microsoft_emulator: MicrosoftPeer) -> None:
    await microsoft_emulator.keys("remove_issuer")
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        with pytest.raises(TokenInvalid) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert caught.value.security == "key_issuer"


async def test_step_11_a_personal_account_is_none_of_an_organisation(microsoft_emulator: MicrosoftPeer) -> None:
    base = microsoft_emulator.base_url
    await microsoft_emulator.claims(key="personal", set={"tid": MSA, "iss": f"{base}/{MSA}/v2.0"})
    async with staged(microsoft_section(base, tenant="organizations")) as stage:
        with pytest.raises(TokenInvalid) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert (caught.value.check, caught.value.code) == ("account_class", "wrong_account_type")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"remove": ["auth_time"]}, "interaction_required"),
        ({"shift": {"auth_time": -3600}}, "interaction_required"),
        ({"shift": {"auth_time": 3600}}, "invalid_response"),
        ({"set": {"auth_time": "now"}}, "invalid_response"),
    ],
)
async def test_step_16_a_fresh_authentication_must_be_shown(
    microsoft_emulator: MicrosoftPeer, change: Change, code: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        await microsoft_emulator.claims(**change)
        with pytest.raises(TokenInvalid) as caught:
            await sign_in_at_microsoft(stage.provider, "alice", options={"max_age": 300})
        assert (caught.value.check, caught.value.code) == ("auth_time", code)
        fresh = await sign_in_at_microsoft(stage.provider, "alice", options={"max_age": 300})
    assert fresh.auth_time is not None


@pytest.mark.parametrize(
    ("tenants", "person", "code"),
    [
        ({"allow": [ALDER]}, "mallory", "tenant_not_allowed"),
        ({"allow": [ALDER]}, "dave", "wrong_account_type"),
        ({"deny": [ALDER]}, "alice", "tenant_not_allowed"),
        ({"deny": ["alder.example"]}, "alice", "tenant_not_allowed"),
        ({"allow": ["birch.example"]}, "alice", "tenant_not_allowed"),
        ({"personal": False}, "dave", "wrong_account_type"),
        ({"allow": ["nobody.example"]}, "alice", "provider_misconfigured"),
    ],
)
async def test_step_18_whom_the_operator_does_not_let_in_stays_out(
    microsoft_emulator: MicrosoftPeer, tenants: dict[str, Any], person: str, code: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url, tenants=tenants)) as stage:
        with pytest.raises(Exception, match="tenant") as caught:
            await sign_in_at_microsoft(stage.provider, person)
    assert getattr(caught.value, "code", None) == code


@pytest.mark.parametrize(
    ("tenants", "person"),
    [
        ({"allow": [ALDER]}, "alice"),
        ({"allow": ["alder.example"], "guests": False}, "alice"),
        ({"allow": [ALDER], "personal": True}, "dave"),
        ({"deny": ["birch.example"]}, "alice"),
    ],
)
async def test_whom_the_operator_lets_in_comes_in(
    microsoft_emulator: MicrosoftPeer, tenants: dict[str, Any], person: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url, tenants=tenants)) as stage:
        identity = await sign_in_at_microsoft(stage.provider, person)
    assert identity.provider == "microsoft"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"set": {"acct": 1}}, "wrong_account_type"),
        ({"remove": ["acct"], "set": {"idp": f"https://sts.windows.net/{BIRCH}/"}}, "wrong_account_type"),
        ({"remove": ["acct"]}, "provider_misconfigured"),
    ],
)
async def test_guests_stay_out_where_they_are_not_wanted(
    microsoft_emulator: MicrosoftPeer, change: Change, code: str
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url, tenants={"guests": False})) as stage:
        await microsoft_emulator.claims(**change)
        with pytest.raises(IdentityRefused) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
        assert caught.value.code == code
