"""One spelling for one mailbox, and never one for two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.protocol.addresses import canonical_address, canonical_domain, is_ascii_local


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("alice@alder.example", "alice@alder.example"),
        ("Alice@Alder.EXAMPLE", "alice@alder.example"),
        ("a.l.i.c.e+tag@alder.example", "a.l.i.c.e+tag@alder.example"),
        ("o'neil_{x}|~!#$%&*/=?^`@alder.example", "o'neil_{x}|~!#$%&*/=?^`@alder.example"),
        ("carol_birch.example#EXT#@alder.onmicrosoft.com", "carol_birch.example#ext#@alder.onmicrosoft.com"),
        ("root@localhost", "root@localhost"),
        ("a@1.example", "a@1.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@bu\u0308cher.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("José@alder.example", "josé@alder.example"),
        ("É@alder.example", "É@alder.example"),
        ("a" * 240 + "@" + "b.example1234"[:13], "a" * 240 + "@b.example1234"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_address_gets_its_one_spelling(written: str, canonical: str) -> None:
    assert canonical_address(written) == canonical


@pytest.mark.parametrize(
    "written",
    [
        None,
        7,
        True,
        ["alice@alder.example"],
        "",
        "@",
        "alice",
        "alice@",
        "@alder.example",
        "alice@alder@example",
        "alice@@alder.example",
        "alice@alder.example.",
        "alice@.alder.example",
        "alice@alder..example",
        " alice@alder.example",
        "alice@alder.example ",
        "ali ce@alder.example",
        "alice\n@alder.example",
        "alice@alder.example\n",
        "alice\0@alder.example",
        "alice\u00a0@alder.example",
        "alice\u200b@alder.example",
        "\u202ealice@alder.example",
        "alice\u2028@alder.example",
        "alice\ufeff@alder.example",
        "alice\ud800@alder.example",
        "alice@\ud800.example",
        '"alice"@alder.example',
        "alice(comment)@alder.example",
        "Alice <alice@alder.example>",
        "alice,bob@alder.example",
        "alice;bob@alder.example",
        "alice\\@alder.example",
        "alice@[127.0.0.1]",
        "alice@-alder.example",
        "alice@alder-.example",
        "alice@al_der.example",
        "alice@alder.exam ple",
        "alice@" + "a" * 64 + ".example",
        "a" * 241 + "@alder.example",
        "é" * 125 + "@alder.example",
        "a@" + "é." * 100 + "example",
        "alice@xn--zzzzz99.example",
        "alice@xn--a.example",
        "alice@xn--.example",
        "alice@XN--strasse-.example",
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_address_is_none(written: object) -> None:
    assert canonical_address(written) is None


@pytest.mark.parametrize(
    "domain",
    [
        "exam\u212aple.example",  # the Kelvin sign is folded to k
        "\ufb01rm.example",  # a ligature becomes fi
        "\uff41lder.example",  # full-width letters
        "alder\u3002example",  # an ideographic full stop
        "alder\uff0eexample",
        "\u00aadle.example",  # the ordinal a
        "al\u00adder.example",  # a soft hyphen vanishes
        "al\u200dder.example",  # a joiner vanishes
        "\u2488example",  # a digit with its full stop
        "\u2100.example",  # three letters in one sign
    ],
    ids=ascii,
)
def test_domain_that_only_folds_onto_ascii_is_refused(domain: str) -> None:
    assert canonical_address(f"alice@{domain}") is None


def test_letters_that_unicode_folds_onto_ascii_stay_themselves_in_the_local_part() -> None:
    for local in ("\u212aevin", "\u0131van", "\u0130van", "\u017fam"):
        address = canonical_address(f"{local}@alder.example")
        assert address == f"{local}@alder.example"
        assert not is_ascii_local(address)


def test_only_ascii_local_parts_can_be_verified() -> None:
    assert is_ascii_local("alice@xn--bcher-kva.example")
    assert not is_ascii_local("josé@alder.example")


ADDRESSES = st.text(st.characters()) | st.builds(
    "{}@{}".format, st.text(st.characters(), min_size=1), st.text("aZ0-.éÜß\u212a\u3002xn", min_size=1)
)


@given(ADDRESSES)
def test_canonical_spelling_is_its_own(written: str) -> None:
    canonical = canonical_address(written)
    if canonical is None:
        return
    assert canonical_address(canonical) == canonical
    local, _, domain = canonical.partition("@")
    assert domain.isascii()
    assert domain == domain.lower()
    assert len(canonical.encode()) <= 254
    assert local.isascii() == written.partition("@")[0].isascii()


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Alder.EXAMPLE", "alder.example"),
        ("müller.example", "xn--mller-kva.example"),
        ("localhost", None),
        ("alder.example.", None),
        (".example", None),
        ("alder example.test", None),
        ("*.example", None),
        ("alice@alder.example", None),
        ("alder.example/x", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_domain_alone_gets_its_one_spelling(written: object, canonical: str | None) -> None:
    assert canonical_domain(written) == canonical
