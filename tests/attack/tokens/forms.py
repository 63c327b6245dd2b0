"""Tokens whose form is the attack: two readers would see two different things, or one reader would choke."""

import json

from tests.attack.tokens.forge import TokenAttack, b64, claims, header, raw, rs256, token


def _spliced(at: int, change: str) -> str:
    parts = token(header(), claims()).split(".")
    parts[at] = change.format(part=parts[at])
    return ".".join(parts)


def _other_spelling(at: int) -> str:
    """The same octets with a bit set that base64url ignores; found for a part whose length leaves such bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    padding_claim = ""
    while True:
        parts = token(header(pad=padding_claim), claims(pad=padding_claim)).split(".")
        if len(parts[at]) % 4 != 0:
            break
        padding_claim += "x"
    parts[at] = parts[at][:-1] + alphabet[alphabet.index(parts[at][-1]) | 1]
    return ".".join(parts)


def _general_serialisation() -> str:
    head, body, signature = token(header(), claims()).split(".")
    return json.dumps({"payload": body, "signatures": [{"protected": head, "signature": signature}]})


_HONEST = json.dumps(claims())

FORMS = [
    TokenAttack(name="empty", story="no token at all", make=lambda: "", check="malformed"),
    TokenAttack(
        name="two_parts",
        story="the signature was dropped together with its dot",
        make=lambda: token(header(), claims()).rpartition(".")[0],
        check="malformed",
    ),
    TokenAttack(
        name="five_parts",
        story="an encrypted token (JWE) where a signed one is due: whoever knows the public key can encrypt",
        make=lambda: token(header(), claims()) + ".AAAA.AAAA",
        check="malformed",
    ),
    TokenAttack(
        name="json_serialisation",
        story="the general JSON form may carry several signatures of which a lenient reader wants only one",
        make=_general_serialisation,
        check="malformed",
    ),
    TokenAttack(
        name="padded",
        story="padding makes a second spelling of one token, which gets past a list of used tokens",
        make=lambda: _spliced(0, "{part}=="),
        check="malformed",
    ),
    TokenAttack(
        name="standard_alphabet",
        story="+ and / are read by lenient decoders only: the parts differ between two readers",
        make=lambda: _spliced(1, "{part}+/+/"),
        check="malformed",
    ),
    TokenAttack(
        name="line_feed_at_the_end",
        story="a pattern anchored with $ lets a line feed through, which then forges a log line",
        make=lambda: _spliced(2, "{part}\n"),
        check="malformed",
    ),
    TokenAttack(
        name="characters_that_decoders_skip",
        story="Python's own decoder drops what it does not know, so the signed text and the read text differ",
        make=lambda: _spliced(1, "!{part}"),
        check="malformed",
    ),
    TokenAttack(
        name="digits_of_another_script",
        story="full-width letters count as alphanumeric to Unicode-aware checks",
        make=lambda: _spliced(1, "{part}\uff11\uff12\uff13\uff14"),
        check="malformed",
    ),
    TokenAttack(
        name="lone_surrogate_character",
        story="a character that cannot be encoded crashes a reader that forgot it",
        make=lambda: _spliced(1, "{part}\ud800"),
        check="malformed",
    ),
    TokenAttack(
        name="impossible_length",
        story="a part of 4n+1 characters is no base64 at all",
        make=lambda: _spliced(2, "A"),
        check="malformed",
    ),
    TokenAttack(
        name="header_spelled_otherwise",
        story="the last character carries bits that mean nothing: one token, several spellings",
        make=lambda: _other_spelling(0),
        check="malformed",
    ),
    TokenAttack(
        name="signature_spelled_otherwise",
        story="the same, in the part that no signature protects",
        make=lambda: _other_spelling(2),
        check="malformed",
    ),
    TokenAttack(
        name="giant_header",
        story="a header of 64 KiB and more is parsed before anything is proven",
        make=lambda: token(header(pad="x" * 50_000), claims()),
        check="malformed",
    ),
    TokenAttack(
        name="giant_payload",
        story="signed by a directory whose claims were blown up",
        make=lambda: token(header(), claims(groups=["x" * 50_000])),
        check="malformed",
    ),
    TokenAttack(
        name="a_megabyte_of_dots",
        story="splitting costs memory before the size is looked at",
        make=lambda: "." * 1_000_000,
        check="malformed",
    ),
    TokenAttack(
        name="header_with_two_algorithms",
        story="the first reader sees RS256, the second none",
        make=lambda: token(raw('{"alg":"none","typ":"JWT","kid":"provider-rsa","alg":"RS256"}'), claims()),
        check="malformed",
    ),
    TokenAttack(
        name="header_with_two_algorithms_one_escaped",
        story="the same name, once spelled with an escape",
        make=lambda: token(raw('{"alg":"RS256","kid":"provider-rsa","\\u0061lg":"none"}'), claims()),
        check="malformed",
    ),
    TokenAttack(
        name="claim_twice",
        story="a claims-mapping rule of a foreign tenant adds a second sub; the last one wins in most parsers",
        make=lambda: token(header(), raw(_HONEST[:-1] + ', "sub": "the-victim"}')),
        check="malformed",
    ),
    TokenAttack(
        name="claim_twice_below",
        story="the same inside a nested object",
        make=lambda: token(header(), raw(_HONEST[:-1] + ', "address": {"a": 1, "a": 2}}')),
        check="malformed",
    ),
    TokenAttack(
        name="header_is_a_list",
        story="code that calls .get on it answers 500 and shows a trace",
        make=lambda: token(raw('["RS256"]'), claims()),
        check="malformed",
    ),
    TokenAttack(
        name="payload_is_a_string",
        story="correctly signed, yet no claims",
        make=lambda: token(header(), raw('"claims"')),
        check="malformed",
    ),
    TokenAttack(
        name="payload_is_empty",
        story="correctly signed nothing",
        make=lambda: token(header(), b""),
        check="malformed",
    ),
    TokenAttack(
        name="payload_not_utf8",
        story="a lenient decoder replaces octets, and two names become one",
        make=lambda: token(header(), b'{"sub":"\xff\xfe"}'),
        check="malformed",
    ),
    TokenAttack(
        name="payload_utf16",
        story="Python guesses the encoding of JSON octets: others do not",
        make=lambda: token(header(), json.dumps(claims()).encode("utf-16")),
        check="malformed",
    ),
    TokenAttack(
        name="payload_with_byte_order_mark",
        story="some readers skip it, some fail: they disagree",
        make=lambda: token(header(), b"\xef\xbb\xbf" + _HONEST.encode()),
        check="malformed",
    ),
    TokenAttack(
        name="payload_nested_deep",
        story="a tower of lists exhausts the stack of a recursive reader",
        make=lambda: token(header(), raw(_HONEST[:-1] + ', "x": ' + "[" * 20_000 + "]" * 20_000 + "}")),
        check="malformed",
    ),
    TokenAttack(
        name="payload_nested_a_little_too_deep",
        story="within the stack, but deeper than any claim has a reason to be",
        make=lambda: token(header(), raw(_HONEST[:-1] + ', "x": ' + "[" * 16 + "]" * 16 + "}")),
        check="malformed",
    ),
    TokenAttack(
        name="not_a_number",
        story="NaN compares false with everything: `exp < now` never refuses it",
        make=lambda: token(header(), raw(_HONEST.replace(f'"exp": {claims()["exp"]}', '"exp": NaN'))),
        check="malformed",
    ),
    TokenAttack(
        name="infinite_expiry",
        story="1e999 becomes infinity, and the token never expires",
        make=lambda: token(header(), raw(_HONEST.replace(f'"exp": {claims()["exp"]}', '"exp": 1e999'))),
        check="malformed",
    ),
    TokenAttack(
        name="giant_integer",
        story="thousands of digits take quadratic time, or overflow in the next system",
        make=lambda: token(header(), raw(_HONEST.replace(str(claims()["exp"]), "9" * 5_000))),
        check="malformed",
    ),
    TokenAttack(
        name="lone_surrogate_claim",
        story="a name that cannot be written as UTF-8 breaks the database on the way in",
        make=lambda: token(header(), raw(_HONEST.replace("Alice", "\\ud800"))),
        check="malformed",
    ),
    TokenAttack(
        name="text_after_the_object",
        story="two documents in one: which is meant?",
        make=lambda: token(header(), raw(_HONEST + '{"sub":"the-victim"}')),
        check="malformed",
    ),
    TokenAttack(
        name="signed_over_other_text",
        story="the signature covers the decoded payload instead of its spelling, as some home-made signers do",
        make=lambda: f"{b64(json.dumps(header()).encode())}.{b64(_HONEST.encode())}.{b64(rs256(_HONEST.encode()))}",
        check="signature",
    ),
]
