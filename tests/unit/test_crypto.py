"""Ids, opaque tokens, derived keys and sealing: what each promises, and what an altered value is worth."""

import re
import string
import time
import uuid
from itertools import pairwise

import pytest

from broker.crypto import (
    SecretKeys,
    base64url,
    error_reference,
    new_id,
    new_secret,
    opaque_token,
    request_id,
    same,
    token_hash,
)
from broker.errors import SealBroken

OLD, NEW = "an-old-secret-that-is-long-enough-000", "a-new-secret-that-is-long-enough-0000"
PLACE = "signing_keys:kid"


def sealed(plaintext: bytes = b"key", *, secrets: SecretKeys | None = None) -> str:
    return (secrets or SecretKeys([OLD])).seal(plaintext, purpose="signing-key", place=PLACE)


def opened(value: str, *, secrets: SecretKeys | None = None, purpose: str = "signing-key", place: str = PLACE) -> bytes:
    return (secrets or SecretKeys([OLD])).open(value, purpose=purpose, place=place)


# The fields of RFC 9562 section 5.7, and the time of its appendix A.6.
@pytest.mark.parametrize("now_ms", [0, 1, 0x017F22E279B0, (1 << 48) - 1])
def test_an_id_is_a_uuid_of_version_7_with_its_time_in_front(now_ms: int) -> None:
    spelled = new_id(now_ms)
    parsed = uuid.UUID(spelled)
    assert str(parsed) == spelled
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == now_ms


def test_a_time_beyond_the_field_does_not_spoil_the_rest() -> None:
    parsed = uuid.UUID(new_id((1 << 48) + 5))
    assert (parsed.version, parsed.variant, parsed.int >> 80) == (7, uuid.RFC_4122, 5)


def test_ids_sort_by_time_and_within_a_millisecond_in_the_order_in_which_they_were_made() -> None:
    now = time.time_ns() // 1_000_000
    made = [new_id(now + number // 500) for number in range(2_000)]
    assert made == sorted(set(made))


def test_a_clock_that_goes_back_makes_no_id_twice() -> None:
    made = [new_id(ms) for ms in (1_000, 999, 1_000, 999, 1_000)]
    assert len(set(made)) == 5


def test_the_chance_of_ids_is_spread_over_all_its_bits() -> None:
    chances = [uuid.UUID(new_id(ms)).int for ms in range(400)]
    low = (1 << 62) - 1
    ever_set = 0
    ever_clear = 0
    for chance in chances:
        ever_set |= chance & low
        ever_clear |= ~chance & low
    assert ever_set == ever_clear == low


def test_two_ids_of_one_millisecond_are_not_neighbours() -> None:
    made = [uuid.UUID(new_id(5)).int for _ in range(100)]
    assert all(after - before > 1 for before, after in pairwise(made))


def test_opaque_tokens_are_43_characters_of_base64url_and_never_the_same() -> None:
    made = {opaque_token() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made)


def test_a_stored_hash_is_sha_256_and_takes_whatever_comes() -> None:
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len({token_hash(text) for text in ("", "\ud800", "\x00", "ä", "a\u0308")}) == 5


def test_a_reference_is_ten_characters_that_nobody_misreads() -> None:
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{10}", error_reference()) for _ in range(200))


def test_request_ids_and_secrets_have_their_form() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", request_id())
    assert len(new_secret()) >= 32


def test_comparison_takes_whatever_text_comes() -> None:
    assert same("ä\ud800", "ä\ud800")
    assert not same("a", "b")
    assert not same("a", "")
    assert not same("a", "á")


def test_base64url_has_neither_padding_nor_characters_that_a_url_minds() -> None:
    assert base64url(b"\xfb\xff\xfe") == "-__-"
    assert base64url(b"a") == "YQ"


def test_what_is_sealed_opens_again_and_looks_different_each_time() -> None:
    first, second = sealed(), sealed()
    assert opened(first) == opened(second) == b"key"
    assert first != second
    assert first.startswith(f"1.{SecretKeys([OLD]).newest_id}.")


def test_a_sealed_value_opens_only_at_its_own_place_and_for_its_own_purpose() -> None:
    value = sealed()
    with pytest.raises(SealBroken, match="altered or moved"):
        opened(value, place="signing_keys:other")
    with pytest.raises(SealBroken, match="altered or moved"):
        opened(value, purpose="provider-token")


@pytest.mark.parametrize("position", [0, 5, 16, 30, -1])
def test_a_sealed_value_that_was_altered_is_refused(position: int) -> None:
    head, _, body = sealed().rpartition(".")
    index = position % len(body)
    changed = "A" if body[index] != "A" else "B"
    with pytest.raises(SealBroken):
        opened(f"{head}.{body[:index]}{changed}{body[index + 1 :]}")


@pytest.mark.parametrize("length", [28, 29, 30])
def test_a_sealed_value_has_one_spelling_only(length: int) -> None:
    """Base64 leaves bits over at its end, and Python's reader skips what is none."""
    head, _, body = sealed(b"x" * length).rpartition(".")
    alphabet = string.ascii_letters + string.digits + "-_"
    others = [body[:-1] + char for char in alphabet if char != body[-1]]
    for other in [*others, body + "=", body + "\n", "!" + body]:
        with pytest.raises(SealBroken):
            opened(f"{head}.{other}")


@pytest.mark.parametrize("body", ["", "A", "AAAA", "ä", "%%%%", "A" * 16, "A" * 17])
def test_a_sealed_value_that_was_cut_short_is_refused_and_names_its_secret(body: str) -> None:
    own = SecretKeys([OLD]).newest_id
    with pytest.raises(SealBroken) as refused:
        opened(f"1.{own}.{body}")
    assert refused.value.secret_id == own


@pytest.mark.parametrize("value", ["", "1", "1.", "2.{id}.AAAA", "{id}", ".."])
def test_what_is_no_sealed_value_is_refused(value: str) -> None:
    with pytest.raises(SealBroken):
        opened(value.replace("{id}", SecretKeys([OLD]).newest_id))


def test_a_secret_that_is_gone_is_named_and_nothing_of_it_told() -> None:
    old = SecretKeys([OLD])
    with pytest.raises(SealBroken) as refused:
        opened(sealed(), secrets=SecretKeys([NEW]))
    assert refused.value.secret_id == old.newest_id
    assert old.newest_id in str(refused.value)
    assert OLD not in str(refused.value)


def test_the_newest_secret_seals_and_every_one_opens() -> None:
    both = SecretKeys([NEW, OLD])
    assert opened(sealed(), secrets=both) == b"key"
    fresh = sealed(secrets=both)
    assert opened(fresh, secrets=SecretKeys([NEW])) == b"key"
    with pytest.raises(SealBroken):
        opened(fresh, secrets=SecretKeys([OLD]))


def test_a_sealed_value_tells_whether_the_newest_secret_sealed_it() -> None:
    old, both = SecretKeys([OLD]), SecretKeys([NEW, OLD])
    assert old.is_newest(sealed(secrets=old))
    assert not both.is_newest(sealed(secrets=old))
    assert both.is_newest(sealed(secrets=both))
    assert not old.is_newest("no sealed value")


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    both = SecretKeys([NEW, OLD])
    old, new = both.ids[1], both.ids[0]
    derived = [both.derive(purpose, secret) for purpose in ("sign-in", "cookie", "seal:x") for secret in (old, new)]
    assert len(set(derived)) == 6
    assert all(len(key) == 32 for key in derived)
    assert both.derive("cookie") == both.derive("cookie", new)
    assert both.derive("cookie", old) == SecretKeys([OLD]).derive("cookie")
    with pytest.raises(KeyError):
        both.derive("cookie", "00000000")


def test_a_mac_depends_on_purpose_message_and_secret() -> None:
    both = SecretKeys([NEW, OLD])
    made = {
        both.mac("a", b"m"),
        both.mac("b", b"m"),
        both.mac("a", b"n"),
        both.mac("a", b"m", both.ids[1]),
    }
    assert len(made) == 4


def test_secrets_never_show_themselves() -> None:
    both = SecretKeys([NEW, OLD])
    assert NEW not in repr(both)
    assert OLD not in repr(both)
    assert re.fullmatch(r"SecretKeys\([0-9a-f]{8}, [0-9a-f]{8}\)", repr(both))


def test_without_a_secret_there_is_nothing_to_derive_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        SecretKeys([])
