"""Tokens that nobody entitled has signed, or not in the way they say."""

import json

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.attack.tokens.forge import (
    EC_KID,
    ED_KID,
    KID,
    PINNED_KID,
    TokenAttack,
    b64,
    claims,
    eddsa,
    es256,
    es256_der,
    header,
    hs256,
    provider_key,
    ps256,
    rs256,
    rs512,
    rsa_jwk,
    stranger,
    stranger_key,
    token,
    with_header,
)  # fmt: skip


def _unsigned(alg: str) -> str:
    return token(header(alg=alg), claims(), lambda _signed: b"")


def _hmac_with_public_key(encoding: Encoding) -> str:
    key = provider_key().public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    return token(header(alg="HS256"), claims(), hs256(key))


def _with_part_of_another(at: int) -> str:
    honest = token(header(), claims()).split(".")
    other = token(header(x5t="another"), claims(sub="the-victim")).split(".")
    return ".".join([*honest[:at], other[at], *honest[at + 1 :]])


def _changed_signature(cut: int = 0, flip: int = 0) -> str:
    def signer(signed: bytes) -> bytes:
        signature = bytearray(rs256(signed))
        signature[-1] ^= flip
        return bytes(signature[: len(signature) - cut])

    return token(header(), claims(), signer)


_BOTH = ("RS256", "ES256")

ALGORITHMS = [
    TokenAttack(
        name="alg_none", story="unsigned, and says so (RFC 8725 2.1)", make=lambda: _unsigned("none"), check="alg"
    ),
    TokenAttack(
        name="alg_none_in_odd_case",
        story="nOnE gets past a list of forbidden names",
        make=lambda: _unsigned("nOnE"),
        check="alg",
    ),
    TokenAttack(
        name="alg_hmac_with_public_pem",
        story="HS256 with the public key as the secret: everybody has it",
        make=lambda: _hmac_with_public_key(Encoding.PEM),
        check="alg",
    ),
    TokenAttack(
        name="alg_hmac_with_public_der",
        story="the same with the key's binary form",
        make=lambda: _hmac_with_public_key(Encoding.DER),
        check="alg",
    ),
    TokenAttack(
        name="alg_hmac_with_modulus",
        story="the same with the text of the published modulus",
        make=lambda: token(header(alg="HS256"), claims(), hs256(rsa_jwk()["n"].encode())),
        check="alg",
    ),
    TokenAttack(
        name="alg_of_our_key_but_not_admitted",
        story="a proper RS512 signature of the provider where RS256 was agreed",
        make=with_header(rs512, alg="RS512"),
        check="alg",
    ),
    TokenAttack(
        name="alg_pss",
        story="PS256 of the same key where RS256 was agreed",
        make=with_header(ps256, alg="PS256"),
        check="alg",
    ),
    TokenAttack(
        name="alg_of_another_key",
        story="the provider's EC key signs, although RS256 was agreed",
        make=with_header(es256, alg="ES256", kid=EC_KID),
        check="alg",
    ),
    TokenAttack(
        name="alg_does_not_fit_key",
        story="both algorithms are admitted, but this key belongs to the other",
        make=with_header(es256, alg="ES256"),
        algorithm=_BOTH,
        check="alg",
    ),
    TokenAttack(
        name="alg_other_than_the_key_says",
        story="the published key is for RS512 alone (RFC 7517 4.4)",
        make=with_header(kid=PINNED_KID),
        check="alg",
    ),
    TokenAttack(
        name="alg_missing", story="the reader may choose its own default", make=with_header(alg=...), check="alg"
    ),
    TokenAttack(
        name="alg_is_a_list", story="`in` works on lists as well", make=with_header(alg=["RS256"]), check="alg"
    ),
    TokenAttack(name="alg_is_part_of_a_name", story="'RS' is in 'RS256'", make=with_header(alg="RS"), check="alg"),
    TokenAttack(
        name="alg_lower_case",
        story="names are case-sensitive (RFC 7515 4.1.1)",
        make=with_header(alg="rs256"),
        check="alg",
    ),
    TokenAttack(
        name="alg_with_a_space",
        story="trimmed by one reader, not by another",
        make=with_header(alg="RS256 "),
        check="alg",
    ),
    TokenAttack(
        name="critical_extension",
        story="the token asks for a rule that we do not know, and demands to be refused then (RFC 7515 4.1.11)",
        make=with_header(crit=["exp"], exp=1),
        check="alg",
    ),
    TokenAttack(
        name="critical_nothing", story="an empty crit is not allowed either", make=with_header(crit=[]), check="alg"
    ),
    TokenAttack(
        name="payload_not_encoded",
        story="b64=false changes what was signed (RFC 7797)",
        make=with_header(b64=False),
        check="alg",
    ),
    TokenAttack(
        name="compressed", story="a small token unpacks to gigabytes", make=with_header(zip="DEF"), check="alg"
    ),
    TokenAttack(
        name="says_it_is_encrypted", story="a JWE header on a JWS", make=with_header(enc="A128GCM"), check="alg"
    ),
    TokenAttack(
        name="access_token_type",
        story="an access token of the same issuer, for the same audience (RFC 9068)",
        make=with_header(typ="at+jwt"),
        check="alg",
    ),
    TokenAttack(
        name="logout_token_type",
        story="a logout token travels through the same browsers",
        make=with_header(typ="logout+jwt"),
        check="alg",
    ),
    TokenAttack(name="type_is_a_number", story="not a type", make=with_header(typ=1), check="alg"),
]

KEYS = [
    TokenAttack(name="kid_missing", story="try every key until one fits", make=with_header(kid=...), check="kid"),
    TokenAttack(
        name="kid_empty", story="the name of a key that was loaded without one", make=with_header(kid=""), check="kid"
    ),
    TokenAttack(
        name="kid_unknown", story="hammers the provider's key address", make=with_header(kid="made-up"), check="kid"
    ),
    TokenAttack(name="kid_number", story="a key of a list by its index", make=with_header(kid=0), check="kid"),
    TokenAttack(name="kid_null", story="equal to a key without a name", make=with_header(kid=None), check="kid"),
    TokenAttack(
        name="kid_path",
        story="keys kept as files, and a file with known content",
        make=with_header(kid="../../dev/null"),
        check="kid",
    ),
    TokenAttack(
        name="kid_statement", story="keys kept in a database", make=with_header(kid="x' UNION SELECT 'key"), check="kid"
    ),
    TokenAttack(name="kid_long", story="a log line of kilobytes", make=with_header(kid="k" * 129), check="kid"),
    TokenAttack(
        name="kid_in_other_case",
        story="names of keys are case-sensitive",
        make=with_header(kid=KID.upper()),
        check="kid",
    ),
    TokenAttack(
        name="key_by_address",
        story="jku names a key set of the attacker's",
        make=with_header(stranger, kid="attacker", jku="https://attacker.example/keys"),
        check="kid",
    ),
]

SIGNATURES = [
    TokenAttack(
        name="key_in_the_token",
        story="the header brings the key that checks it (RFC 8725 2.2; CVE-2018-0114)",
        make=lambda: token(header(jwk=rsa_jwk(stranger_key())), claims(), stranger),
        check="signature",
    ),
    TokenAttack(
        name="certificate_in_the_token",
        story="x5c brings a certificate that nobody vouches for",
        make=with_header(stranger, x5c=["MIIB"], x5u="https://attacker.example/cert"),
        check="signature",
    ),
    TokenAttack(
        name="strangers_key",
        story="signed by somebody else under the provider's kid",
        make=with_header(stranger),
        check="signature",
    ),
    TokenAttack(
        name="payload_of_another_token",
        story="claims exchanged under an honest signature",
        make=lambda: _with_part_of_another(1),
        check="signature",
    ),
    TokenAttack(
        name="header_of_another_token",
        story="the header is signed as well",
        make=lambda: _with_part_of_another(0),
        check="signature",
    ),
    TokenAttack(
        name="signature_of_another_token",
        story="a signature that was honest elsewhere",
        make=lambda: _with_part_of_another(2),
        check="signature",
    ),
    TokenAttack(
        name="no_signature",
        story="RS256 by name, empty by content",
        make=lambda: token(header(), claims(), lambda _signed: b""),
        check="signature",
    ),
    TokenAttack(
        name="signature_cut", story="one octet less", make=lambda: _changed_signature(cut=1), check="signature"
    ),
    TokenAttack(
        name="signature_flipped", story="one bit otherwise", make=lambda: _changed_signature(flip=1), check="signature"
    ),
    TokenAttack(
        name="signature_longer",
        story="octets behind it",
        make=lambda: token(header(), claims(), lambda s: rs256(s) + b"\0"),
        check="signature",
    ),
    TokenAttack(
        name="pss_as_pkcs1", story="the same key's other kind of signature", make=with_header(ps256), check="signature"
    ),
    TokenAttack(
        name="psychic_signature",
        story="r and s of zero verify everything in a careless implementation (CVE-2022-21449)",
        make=with_header(lambda _signed: bytes(64), alg="ES256", kid=EC_KID),
        algorithm=_BOTH,
        check="signature",
    ),
    TokenAttack(
        name="ecdsa_der",
        story="DER lets one signature be spelled in several ways; JWS wants r and s alone (RFC 7518 3.4)",
        make=with_header(es256_der, alg="ES256", kid=EC_KID),
        algorithm=_BOTH,
        check="signature",
    ),
    TokenAttack(
        name="ecdsa_empty",
        story="nothing where r and s are due",
        make=with_header(lambda _s: b"", alg="ES256", kid=EC_KID),
        algorithm=_BOTH,
        check="signature",
    ),
    TokenAttack(
        name="ed25519_over_other_text",
        story="an honest signature, of something else",
        make=with_header(lambda signed: eddsa(signed + b"."), alg="EdDSA", kid=ED_KID),
        algorithm="EdDSA",
        check="signature",
    ),
    TokenAttack(
        name="rubbish_payload_unsigned",
        story="what nobody signed is not even parsed: the signature is what is reported",
        make=lambda: f"{b64(json.dumps(header()).encode())}.{b64(b'[' * 30_000)}.{b64(bytes(256))}",
        check="signature",
    ),
]
