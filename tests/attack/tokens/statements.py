"""Tokens properly signed by the provider that were not made for this sign-in, this application or this moment."""

import hashlib
from typing import Any

from tests.attack.tokens.forge import (
    ACCESS_TOKEN,
    CLIENT_ID,
    ISSUER,
    LIFETIME,
    NONCE,
    NOW,
    TokenAttack,
    b64,
    with_claims,
)

_AGAIN: dict[str, Any] = {"code": "interaction_required", "expect": {"max_age": 300}}

ISSUERS = [
    TokenAttack(
        name="iss_other_tenant",
        story="a directory of the attacker's at the same provider, the same keys",
        make=with_claims(iss="https://login.provider.example/attacker/v2.0"),
        check="iss",
    ),
    TokenAttack(name="iss_missing", story="nobody claims to have made it", make=with_claims(iss=...), check="iss"),
    TokenAttack(
        name="iss_trailing_slash",
        story="compared as text, not as a URL",
        make=with_claims(iss=ISSUER + "/"),
        check="iss",
    ),
    TokenAttack(
        name="iss_longer",
        story="startswith lets it through",
        make=with_claims(iss=ISSUER + ".attacker.example"),
        check="iss",
    ),
    TokenAttack(
        name="iss_other_case", story="compared byte for byte", make=with_claims(iss=ISSUER.upper()), check="iss"
    ),
    TokenAttack(name="iss_list", story="`in` lets it through", make=with_claims(iss=[ISSUER]), check="iss"),
    TokenAttack(
        name="iss_with_nul",
        story="text that ends early in another language",
        make=with_claims(iss=ISSUER + "\0x"),
        check="iss",
    ),
]

AUDIENCES = [
    TokenAttack(
        name="aud_other_application",
        story="a token for the attacker's own application, played to us",
        make=with_claims(aud="attacker-application"),
        check="aud",
    ),
    TokenAttack(name="aud_missing", story="for everybody", make=with_claims(aud=...), check="aud"),
    TokenAttack(
        name="aud_empty_list", story="for nobody: all() of nothing is true", make=with_claims(aud=[]), check="aud"
    ),
    TokenAttack(
        name="aud_two",
        story="the other audience holds the same token and could sign in as its owner",
        make=with_claims(aud=[CLIENT_ID, "attacker-application"]),
        check="aud",
    ),
    TokenAttack(
        name="aud_twice_us", story="not exactly one element", make=with_claims(aud=[CLIENT_ID, CLIENT_ID]), check="aud"
    ),
    TokenAttack(
        name="aud_contains_us", story="substring search finds us", make=with_claims(aud=f"x {CLIENT_ID} x"), check="aud"
    ),
    TokenAttack(name="aud_nested", story="a list in the list", make=with_claims(aud=[[CLIENT_ID]]), check="aud"),
    TokenAttack(name="aud_object", story="a member of our name", make=with_claims(aud={CLIENT_ID: True}), check="aud"),
    TokenAttack(
        name="aud_mixed_types",
        story="us, and something that is no string",
        make=with_claims(aud=[CLIENT_ID, None]),
        check="aud",
    ),
    TokenAttack(
        name="aud_upper_case", story="compared byte for byte", make=with_claims(aud=CLIENT_ID.upper()), check="aud"
    ),
    TokenAttack(
        name="azp_other",
        story="issued to another application, for us: its user never chose to come here",
        make=with_claims(azp="attacker-application"),
        check="aud",
    ),
    TokenAttack(name="azp_null", story="there, yet nobody", make=with_claims(azp=None), check="aud"),
    TokenAttack(name="azp_list", story="`in` lets it through", make=with_claims(azp=[CLIENT_ID]), check="aud"),
]

NONCES = [
    TokenAttack(
        name="nonce_of_another_sign_in",
        story="a stolen code, injected into the attacker's own sign-in",
        make=with_claims(nonce="m" * 43),
        check="nonce",
    ),
    TokenAttack(
        name="nonce_missing",
        story="a token from a refresh, or of another flow",
        make=with_claims(nonce=...),
        check="nonce",
    ),
    TokenAttack(
        name="nonce_null", story="equal to a nonce that was never made", make=with_claims(nonce=None), check="nonce"
    ),
    TokenAttack(
        name="nonce_empty",
        story="equal to an empty expectation",
        make=with_claims(nonce=""),
        expect={"nonce": ""},
        check="nonce",
    ),
    TokenAttack(name="nonce_number", story="not a string", make=with_claims(nonce=1), check="nonce"),
    TokenAttack(name="nonce_list", story="several to choose from", make=with_claims(nonce=[NONCE]), check="nonce"),
    TokenAttack(
        name="nonce_beginning",
        story="only the shorter length is compared",
        make=with_claims(nonce=NONCE[:10]),
        check="nonce",
    ),
    TokenAttack(
        name="nonce_not_ascii",
        story="constant-time comparison of text raises on it",
        make=with_claims(nonce="é" * 43),
        check="nonce",
    ),
]

TIMES = [
    TokenAttack(name="exp_past", story="an old token from a log", make=with_claims(exp=NOW - 61), check="time"),
    TokenAttack(name="exp_at_the_edge", story="the leeway ends sharply", make=with_claims(exp=NOW - 60), check="time"),
    TokenAttack(name="exp_missing", story="never expires", make=with_claims(exp=...), check="time"),
    TokenAttack(
        name="exp_string",
        story="compares as text in another language",
        make=with_claims(exp="1790003600"),
        check="time",
    ),
    TokenAttack(name="exp_float", story="not an integer", make=with_claims(exp=NOW + 3600.0), check="time"),
    TokenAttack(name="exp_true", story="true is 1 in Python", make=with_claims(exp=True), check="time"),
    TokenAttack(name="exp_negative", story="wraps around elsewhere", make=with_claims(exp=-1), check="time"),
    TokenAttack(
        name="exp_beyond_double", story="2^53 is not exact everywhere", make=with_claims(exp=2**53), check="time"
    ),
    TokenAttack(name="exp_list", story="comparison raises", make=with_claims(exp=[NOW + 3600]), check="time"),
    TokenAttack(
        name="lives_too_long",
        story="a token for years, once leaked",
        make=with_claims(exp=NOW - 299 + LIFETIME),
        check="time",
    ),
    TokenAttack(name="iat_missing", story="no age to judge by", make=with_claims(iat=...), check="time"),
    TokenAttack(
        name="iat_future",
        story="made by a clock that is not the provider's",
        make=with_claims(iat=NOW + 61),
        check="time",
    ),
    TokenAttack(name="iat_true", story="true is 1 in Python", make=with_claims(iat=True), check="time"),
    TokenAttack(name="nbf_future", story="not valid yet", make=with_claims(nbf=NOW + 61), check="time"),
    TokenAttack(name="nbf_null", story="there, yet no time", make=with_claims(nbf=None), check="time"),
    TokenAttack(
        name="expired_before_issued",
        story="lives backwards",
        make=with_claims(iat=NOW + 30, nbf=NOW, exp=NOW - 30),
        check="time",
    ),
]

SUBJECTS = [
    TokenAttack(name="sub_missing", story="nobody", make=with_claims(sub=...), check="sub"),
    TokenAttack(
        name="sub_empty", story="all without a subject share an account", make=with_claims(sub=""), check="sub"
    ),
    TokenAttack(name="sub_number", story="1 and '1' share an account", make=with_claims(sub=1), check="sub"),
    TokenAttack(name="sub_null", story="'None' becomes an account", make=with_claims(sub=None), check="sub"),
    TokenAttack(
        name="sub_long", story="cut by a column, two people become one", make=with_claims(sub="s" * 256), check="sub"
    ),
    TokenAttack(
        name="sub_with_nul",
        story="text that ends early in another system",
        make=with_claims(sub="victim\0"),
        check="sub",
    ),
    TokenAttack(
        name="sub_not_ascii", story="two normal forms of one letter", make=with_claims(sub="jos\u00e9"), check="sub"
    ),
    TokenAttack(
        name="sub_line_feed", story="a trailing line feed passes `$`", make=with_claims(sub="victim\n"), check="sub"
    ),
]

AUTHENTICATION = [
    TokenAttack(name="auth_time_missing", story="max_age was ignored", make=with_claims(), check="auth_time", **_AGAIN),
    TokenAttack(
        name="auth_time_long_ago",
        story="max_age was not met",
        make=with_claims(auth_time=NOW - 361),
        check="auth_time",
        **_AGAIN,
    ),
    TokenAttack(
        name="auth_time_future",
        story="fresh for ever",
        make=with_claims(auth_time=NOW + 61),
        check="auth_time",
        expect={"max_age": 300},
    ),
    TokenAttack(
        name="auth_time_string",
        story="not a time",
        make=with_claims(auth_time=str(NOW)),
        check="auth_time",
        expect={"max_age": 300},
    ),
    TokenAttack(
        name="auth_time_true",
        story="true is 1",
        make=with_claims(auth_time=True),
        check="auth_time",
        expect={"max_age": 0},
    ),
    TokenAttack(
        name="acr_missing",
        story="the stronger sign-in was asked for and did not happen",
        make=with_claims(),
        check="acr",
        code="interaction_required",
        expect={"acr_values": ("mfa",)},
    ),
    TokenAttack(
        name="acr_weaker",
        story="another one happened",
        make=with_claims(acr="0"),
        check="acr",
        code="interaction_required",
        expect={"acr_values": ("mfa",)},
    ),
    TokenAttack(
        name="at_hash_of_another_token",
        story="an access token of somebody else was put beside the ID token",
        make=with_claims(at_hash=b64(hashlib.sha256(b"another").digest()[:16])),
        check="at_hash",
    ),
    TokenAttack(
        name="at_hash_whole",
        story="the whole hash instead of its left half",
        make=with_claims(at_hash=b64(hashlib.sha256(ACCESS_TOKEN.encode()).digest())),
        check="at_hash",
    ),
    TokenAttack(name="at_hash_null", story="there, yet nothing", make=with_claims(at_hash=None), check="at_hash"),
]
