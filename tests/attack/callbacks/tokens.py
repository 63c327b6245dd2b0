"""Spoilt ID tokens, as a whole sign-in meets them: refused by name, counted where somebody must have made them.

What each check refuses in detail is `tests/attack/tokens`; here it is shown that nothing of such a sign-in is kept.
Every one of them comes by a genuine callback: cookie, state and code fit.
"""

from typing import Any

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.browsers import refused
from tests.browsers import Page
from tests.stage import Stage

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
_ALICE = "5eed0000-0000-4000-8000-0000000000a1"


def _spoilt(
    name: str,
    story: str,
    change: dict[str, Any],
    *,
    said: str,
    security: str | None = None,
    error: str = "invalid_response",
    person: str = "alice",
    start: dict[str, str] | None = None,
) -> Attack:
    async def act(stage: Stage) -> Page:
        await stage.emulator.claims(**change)
        return await stage.victim.sign_in(person, **(start or {}))

    return refused(f"token_{name}", story, act, error=error, said=said, security=security, consumes=True, asks=1)


async def _issuer_of_another_tenant(stage: Stage) -> Page:
    await stage.emulator.claims(set={"iss": f"{stage.emulator.base_url}/{BIRCH}/v2.0"})
    return await stage.victim.sign_in("alice")


async def _tenant_and_issuer_of_another(stage: Stage) -> Page:
    base = stage.emulator.base_url
    await stage.emulator.claims(set={"tid": PERSONAL, "iss": f"{base}/{PERSONAL}/v2.0"})
    return await stage.victim.sign_in("alice")


async def _nonce_of_another_sign_in(stage: Stage) -> Page:
    other = (await stage.attacker.start()).query["nonce"]
    await stage.emulator.claims(set={"nonce": other})
    return await stage.victim.sign_in("alice")


async def _subject_changed(stage: Stage) -> Page:
    await stage.signed_in(stage.victim, "alice")
    await stage.emulator.claims(set={"sub": "somebody-else"})
    return await stage.attacker.sign_in("alice")


async def _somebody_elses_key(stage: Stage) -> Page:
    """Mallory's directory cannot name an `oid` of another; if it could, `tid` keeps the two apart, and `sub` shows."""
    await stage.signed_in(stage.victim, "alice")
    await stage.emulator.claims(set={"oid": _ALICE})
    return await stage.attacker.sign_in("bob")


async def _key_for_nobody(stage: Stage) -> Page:
    await stage.emulator.keys("remove_issuer")
    return await stage.victim.sign_in("alice")


TOKENS = [
    _spoilt("nonce_wrong", "a token made for another sign-in is replayed", {"set": {"nonce": "x"}},
        said="nonce", security="nonce"),
    refused("token_nonce_of_another_sign_in", "a genuine nonce of the attacker's own start", _nonce_of_another_sign_in,
        error="invalid_response", said="nonce", security="nonce", consumes=True, asks=1),
    _spoilt("nonce_missing", "a token that names no sign-in", {"remove": ["nonce"]}, said="nonce", security="nonce"),
    _spoilt("nonce_twice", "two nonces, one for each reader", {"duplicate": {"nonce": "x"}}, said="malformed"),
    _spoilt("issuer_foreign", "another issuer", {"set": {"iss": "https://attacker.example/v2.0"}},
        said="key_issuer", security="key_issuer"),
    refused("token_issuer_of_another_tenant", "the issuer of another directory", _issuer_of_another_tenant,
        error="invalid_response", said="key_issuer", security="key_issuer", consumes=True, asks=1),
    _spoilt("audience_foreign", "made for another application", {"set": {"aud": BIRCH}}, said="aud", security="aud"),
    _spoilt("audience_list", "made for us and for somebody else", {
        "set": {"aud": ["c11e0000-0000-4000-8000-00000000000c", BIRCH]}}, said="aud", security="aud"),
    _spoilt("audience_missing", "made for nobody", {"remove": ["aud"]}, said="aud", security="aud"),
    _spoilt("tenant_of_another", "another directory's id, under Alder's issuer", {"set": {"tid": BIRCH}},
        said="key_issuer", security="key_issuer"),
    _spoilt("tenant_missing", "no directory", {"remove": ["tid"]}, said="tid"),
    _spoilt("tenant_twice", "two directories, one for each reader", {"duplicate": {"tid": BIRCH}}, said="malformed"),
    _spoilt("tenant_by_another_spelling", "a claims-mapping rule adds a TID", {"duplicate": {"TID": BIRCH}},
        said="tid"),
    refused("token_personal_by_a_directorys_key", "a directory's key vouches for a personal account",
        _tenant_and_issuer_of_another, error="invalid_response", said="key_issuer", security="key_issuer",
        consumes=True, asks=1),
    _spoilt("key_of_another_class", "a personal accounts' key vouches for a directory", {"key": "personal"},
        said="key_issuer", security="key_issuer"),
    refused("token_key_for_nobody", "a key that does not say for whom it speaks", _key_for_nobody,
        error="invalid_response", said="key_issuer", security="key_issuer", consumes=True, asks=1),
    _spoilt("expired", "a token of yesterday", {"shift": {"exp": -86_400}}, said="time"),
    _spoilt("not_yet", "a token of tomorrow", {"shift": {"nbf": 86_400}}, said="time"),
    _spoilt("issued_ahead", "issued tomorrow", {"shift": {"iat": 86_400}}, said="time"),
    _spoilt("for_years", "a token that never ends", {"shift": {"exp": 10**8}}, said="time"),
    _spoilt("unsigned", "alg none", {"alg": "none"}, said="alg", security="alg"),
    _spoilt("public_key_as_secret", "HS256 with the public key for a secret", {"alg": "HS256"},
        said="alg", security="alg"),
    _spoilt("other_algorithm", "an algorithm that was not agreed on", {"alg": "PS256"}, said="alg", security="alg"),
    _spoilt("critical_extension", "an extension that must be understood", {"header": {"set": {"crit": ["exp"]}}},
        said="alg", security="alg"),
    _spoilt("strangers_key", "signed by a stranger under a known kid", {"key": "stranger", "kid_of": "work"},
        said="signature", security="signature"),
    _spoilt("unknown_key", "a kid that the provider does not publish", {"header": {"set": {"kid": "invented"}}},
        said="kid"),
    _spoilt("signature_missing", "the signature left out", {"signature": ""}, said="signature", security="signature"),
    _spoilt("garbage", "no token at all", {"raw": "not.a.token"}, said="malformed"),
    _spoilt("enormous", "a token beyond 64 KiB", {"set": {"name": "A" * 100_000}}, said="malformed"),
    _spoilt("object_id_missing", "no account; nothing else may take its place", {"remove": ["oid"]},
        said="oid", error="provider_misconfigured"),
    _spoilt("object_id_strange", "an account that is a path", {"set": {"oid": "../alice"}}, said="oid"),
    _spoilt("subject_missing", "no subject", {"remove": ["sub"]}, said="sub"),
    _spoilt("access_token_instead", "an access token looks nearly the same", {"set": {"scp": "User.Read"}},
        said="not_id_token"),
    _spoilt("first_version", "a token of the first version has other claims", {"set": {"ver": "1.0"}},
        said="not_id_token"),
    _spoilt("access_token_swapped", "the hash of another access token", {"set": {"at_hash": "A" * 22}},
        said="at_hash"),
    _spoilt("stale_authentication", "an old authentication where a fresh one was asked for",
        {"shift": {"auth_time": -3600}}, said="auth_time", error="interaction_required", start={"max_age": "60"}),
    _spoilt("no_authentication_time", "no word on when, where a fresh authentication was asked for",
        {"remove": ["auth_time"]}, said="auth_time", error="interaction_required", start={"max_age": "60"}),
    _spoilt("authentication_ahead", "authenticated tomorrow", {"shift": {"auth_time": 86_400}},
        said="auth_time", start={"max_age": "60"}),
    refused("token_subject_changed", "a known account returns with another subject: two people, one key",
        _subject_changed, error="invalid_response", said="sub_changed", security="sub_changed", consumes=True, asks=1),
    refused("token_of_another_account", "another account's object id in a token of somebody else",
        _somebody_elses_key, error="invalid_response", said="sub_changed", security="sub_changed",
        consumes=True, asks=1),
]  # fmt: skip
