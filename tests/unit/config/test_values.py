from pathlib import Path

import pytest

from broker.config.sections import Address, Rate
from broker.config.sections.quantities import read_duration, spell_duration
from broker.config.sections.section import Unfit
from broker.config.sections.urls import is_loopback, split_url
from tests.unit.config.files import loaded, refused


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("12h", 43200), ("30d", 2592000), ("0s", 0)])
def test_duration_is_seconds(text: str, seconds: int) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5 m",
        "m",
        "1.5h",
        "-1s",
        "1h30m",
        "1w",
        "1H",
        "\N{ARABIC-INDIC DIGIT THREE}m",
        "99999999999d",
        "99999d",
        "5m\n",
    ],
)
def test_other_spellings_of_a_duration_are_refused(text: str) -> None:
    with pytest.raises(Unfit):
        read_duration(text)


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 90, 3600, 5400, 86400, 90000])
def test_spelled_duration_reads_back(seconds: int) -> None:
    assert read_duration(spell_duration(seconds)) == seconds


@pytest.mark.parametrize("value", [20, 0, 1.5, True, None])
def test_bare_number_as_duration_gets_a_hint(value: object) -> None:
    (found,) = refused({"session.lifespan": value}).values()

    assert "90s, 15m, 12h or 30d" in found


def test_only_durations_that_make_sense_may_be_zero() -> None:
    assert loaded({"server.shutdown_grace": "0s"}).config.server.shutdown_grace == 0
    assert "at least 1" in refused({"session.lifespan": "0s"})["session.lifespan"]


def test_rate_is_a_count_and_a_span() -> None:
    rate = loaded({"rate_limiter.starts": "30/h"}).config.rate_limiter.starts

    assert rate == Rate(count=30, seconds=3600)
    assert str(rate) == "30/h"


@pytest.mark.parametrize(
    "value", ["600", "0/m", "600/min", "600 / m", "-1/s", 600, None, "1/\N{ARABIC-INDIC DIGIT THREE}"]
)
def test_other_spellings_of_a_rate_are_refused(value: object) -> None:
    assert "is no rate" in refused({"rate_limiter.tokens": value})["rate_limiter.tokens"]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        ("localhost:0", "localhost", 0),
        ("0.0.0.0:80", "0.0.0.0", 80),  # noqa: S104 - an address to parse, nothing listens
        ("[::1]:8000", "::1", 8000),
        ("broker.internal:65535", "broker.internal", 65535),
    ],
)
def test_address_reads_and_prints_the_same(text: str, host: str, port: int) -> None:
    address = Address.read(text)

    assert (address.host, address.port, address.unix_path) == (host, port, None)
    assert str(address) == text


def test_socket_is_relative_to_the_file(tmp_path: Path) -> None:
    address = loaded({"server.public.address": "unix:run/broker.sock"}, base_dir=tmp_path).config.server.public.address

    assert address.unix_path == tmp_path / "run/broker.sock"
    assert address.is_loopback


@pytest.mark.parametrize(
    "text",
    [
        "8000",
        ":8000",
        "127.0.0.1",
        "host:65536",
        "::1:8000",
        "http://localhost:8000",
        "unix:",
        "a b:1",
        "a:\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_other_spellings_of_an_address_are_refused(text: str) -> None:
    with pytest.raises(Unfit):
        Address.read(text)


def test_path_of_a_socket_has_a_limit() -> None:
    with pytest.raises(Unfit, match="107 bytes"):
        Address.read("unix:/" + "x" * 107)


@pytest.mark.parametrize(
    ("text", "host", "rest"),
    [
        ("https://example.com", "example.com", ""),
        ("https://example.com:8443/a?b=c#d", "example.com:8443", "/a?b=c#d"),
        ("http://127.0.0.1/", "127.0.0.1", "/"),
        ("http://[::1]:8000/x", "[::1]:8000", "/x"),
        ("https://xn--bcher-kva.example?x", "xn--bcher-kva.example", "?x"),
        ("https://my_app.example.com/%20", "my_app.example.com", "/%20"),
    ],
)
def test_canonical_url_is_taken_apart(text: str, host: str, rest: str) -> None:
    url = split_url(text)

    assert (url.host, url.rest, url.origin + url.rest) == (host, rest, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "//example.com",
        "ftp://example.com",
        "https:/example.com",
        "https:///example.com",
        "HTTPS://example.com",
        "https://Example.com",
        "https://user@example.com",
        "https://user:password@example.com/",
        "https://example.com:443",
        "http://example.com:80",
        "https://example.com:0443",
        "https://example.com:99999",
        "https://example.com:",
        "https://example.com.",
        "https://.example.com",
        "https://exa mple.com",
        "https://example.com/a b",
        "https://example.com\\@evil.example",
        "https://example.com/\\evil",
        "https://example.com/<x>",
        "https://example.com/\n",
        "https://bücher.example",
        "https://-a.example",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://2130706433",
        "http://127.0.0.01",
        "http://[::0001]",
        "http://[::1",
        "http://[fe80::1%25eth0]",
        "https://example.com/" + "x" * 2048,
    ],
)
def test_url_that_a_browser_would_repair_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        split_url(text)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - a name to judge, nothing listens
        ("::", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer


def test_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    key = "third_party.providers.microsoft.ca_file"

    assert (
        loaded({key: "ca.pem"}, base_dir=tmp_path).config.third_party.providers.microsoft.ca_file == tmp_path / "ca.pem"
    )
    assert "cannot be read" in refused({key: "other.pem"}, base_dir=tmp_path)[key]
    assert "cannot be read" in refused({key: "nul\0"}, base_dir=tmp_path)[key]
    assert "path of a file" in refused({key: ""}, base_dir=tmp_path)[key]


def test_logo_is_a_picture_by_its_content_and_not_too_large(tmp_path: Path) -> None:
    for name, content in (("good.svg", b"<svg/>"), ("page.png", b"<html>"), ("large.gif", b"GIF89a" + bytes(2**18))):
        (tmp_path / name).write_bytes(content)
    assert (
        refused({"service.logo": "page.png"}, base_dir=tmp_path)["service.logo"]
        == "is no PNG, JPEG, GIF, WebP or SVG ()"
    )
    assert refused({"service.logo": "large.gif"}, base_dir=tmp_path)["service.logo"] == "is larger than 256 KiB ()"
    assert "cannot be read" in refused({"service.logo": "none.svg"}, base_dir=tmp_path)["service.logo"]
    assert refused({"service.logo": "good.svg"}, base_dir=tmp_path) == {}
