import pytest

from broker.net.addresses import AddressRefused, check_literal, is_loopback_host, is_public

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  an address to refuse, not to listen on
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "ff02::1",
    "fec0::1",
    "64:ff9b:1::7f00:1",
    "::127.0.0.1",
    "3fff::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["20.190.151.1", "2603:1037:1::1", "::ffff:20.190.151.1", "64:ff9b::14be:9701"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["10.0.0.1", "[::1]", "169.254.169.254"])
def test_a_private_literal_is_refused_unless_configuration_names_it(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_literal(host, named_hosts=frozenset({"login.example"}))
    check_literal(host, named_hosts=frozenset({host.strip("[]")}))


def test_a_name_is_left_to_the_resolver() -> None:
    check_literal("login.example", named_hosts=frozenset())


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback_is_known_by_name(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "login.example", ""])
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "\u2460\u2461\u2466.0.0.1",
        "\U0001d7cf\U0001d7d4\U0001d7d7.254.169.254",
        "127.0.0.1.",
        "127.1",
        "0177.0.0.1",
        "2130706433",
    ],
)
def test_an_address_in_disguise_is_refused_though_no_parser_of_addresses_knows_it(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_literal(host, named_hosts=frozenset())


@pytest.mark.parametrize("host", ["xn--mller-kva.example", "müller.example", "例え.テスト", "0x7f.example", "1.2.3.a"])
def test_a_name_with_letters_is_left_to_the_resolver(host: str) -> None:
    check_literal(host, named_hosts=frozenset())
