"""Who the client is: the right-most address that no proxy of ours has, and only where a proxy of ours says so."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from broker.clock import FrozenClock
from broker.web.middleware.proxy_headers import ProxyHeaders
from tests.unit.web.asgi import Seen, a_scope, ask

PROXY = ("10.0.0.1", 50000)
STRANGER = ("198.51.100.9", 50000)
FOR = "x-forwarded-for"
PROTO = "x-forwarded-proto"


async def seen_by(
    *headers: tuple[str, str], peer: tuple[str, int] | None = PROXY, trusted: tuple[str, ...] = ("10.0.0.0/8",)
) -> Any:
    """The scope as the app behind the middleware sees it."""
    seen = Seen()
    app = ProxyHeaders(seen, trusted_proxies=trusted, clock=FrozenClock())
    await ask(app, a_scope(client=peer, headers=headers))
    return seen.scopes[0]


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("203.0.113.5, 10.9.9.9", "203.0.113.5"),
        ("1.1.1.1, 203.0.113.5, 10.9.9.9, 10.8.8.8", "203.0.113.5"),
        ("  203.0.113.5  ,10.9.9.9 ", "203.0.113.5"),
        ("203.0.113.5:1234", "203.0.113.5"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:1234", "2001:db8::7"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("10.7.7.7", "10.7.7.7"),
    ],
)
async def test_client_is_the_right_most_address_that_is_not_a_proxy(chain: str, client: str) -> None:
    scope = await seen_by((FOR, chain))
    assert (scope["client"], scope["forwarded"]) == ((client, 0), True)


async def test_several_header_lines_are_one_chain() -> None:
    scope = await seen_by((FOR, "1.1.1.1"), (FOR, "203.0.113.5"), (FOR, "10.9.9.9"))
    assert scope["client"] == ("203.0.113.5", 0)


@pytest.mark.parametrize("nonsense", ["unknown", "_hidden", "", "203.0.113.5.6", "evil\t", "999.1.1.1", "1.1.1.1;x"])
async def test_malformed_entry_ends_what_can_be_believed(nonsense: str) -> None:
    """Left of it anything may have been written; what stands right of it was written by a proxy of ours."""
    scope = await seen_by((FOR, f"1.1.1.1, {nonsense}, 10.9.9.9"))
    assert scope["client"] == ("10.9.9.9", 0)


@pytest.mark.parametrize("nonsense", ["unknown", ""])
async def test_chain_without_any_address_leaves_the_peer(nonsense: str) -> None:
    assert (await seen_by((FOR, nonsense)))["client"] == PROXY


async def test_header_of_an_unlisted_peer_changes_nothing_but_is_noted() -> None:
    scope = await seen_by((FOR, "127.0.0.1"), (PROTO, "https"), peer=STRANGER)
    assert (scope["client"], scope["scheme"], scope["forwarded"]) == (STRANGER, "http", True)


async def test_request_without_forwarding_header_is_not_forwarded() -> None:
    scope = await seen_by(peer=PROXY)
    assert (scope["client"], scope["forwarded"]) == (PROXY, False)


@pytest.mark.parametrize("name", [FOR, PROTO, "forwarded", "x-real-ip", "x-forwarded-host"])
async def test_every_forwarding_header_says_that_somebody_stands_behind_the_peer(name: str) -> None:
    """So a proxy on this machine that is not listed does not make all the world exempt from the limits."""
    assert (await seen_by((name, "x"), peer=("127.0.0.1", 1), trusted=()))["forwarded"] is True


@pytest.mark.parametrize(("given", "scheme"), [("https", "https"), ("http", "http"), ("gopher", "http"), ("", "http")])
async def test_listed_peer_says_by_which_scheme_browsers_came(given: str, scheme: str) -> None:
    assert (await seen_by((PROTO, given)))["scheme"] == scheme


async def test_proxy_that_comes_over_ipv6_with_its_ipv4_address_is_known() -> None:
    scope = await seen_by((FOR, "203.0.113.5"), peer=("::ffff:10.0.0.1", 1))
    assert scope["client"] == ("203.0.113.5", 0)


@pytest.mark.parametrize("peer", [None, ("", 0)])
async def test_peer_on_a_unix_socket_is_believed_where_listed(peer: tuple[str, int] | None) -> None:
    listed = await seen_by((FOR, "203.0.113.5"), peer=peer, trusted=("unix",))
    assert listed["client"] == ("203.0.113.5", 0)
    unlisted = await seen_by((FOR, "203.0.113.5"), peer=peer, trusted=("10.0.0.0/8",))
    assert unlisted["client"] == peer


async def test_warning_names_the_key_to_set_and_comes_again_after_an_hour() -> None:
    clock = FrozenClock()
    app = ProxyHeaders(Seen(), trusted_proxies=(), clock=clock)
    warning = ("warning", "server.trusted_proxies", "10.0.0.1")
    for seconds, said in ((0, [warning]), (3599, []), (1, [warning])):
        clock.advance(seconds)
        with capture_logs() as lines:
            for _ in range(3):
                await ask(app, a_scope(client=("10.0.0.1", 1), headers=[(FOR, "203.0.113.5")]))
        assert [(line["log_level"], line["key"], line["peer"]) for line in lines] == said


@pytest.mark.parametrize("peer", [("127.0.0.1", 1), ("::1", 1), None])
async def test_unlisted_proxy_on_this_machine_says_only_whom_to_count(peer: tuple[str, int] | None) -> None:
    """All people behind it would share one limit, and one stranger could use it up. But it names no client."""
    scope = await seen_by((FOR, "1.1.1.1, 203.0.113.5"), peer=peer, trusted=())
    assert (scope["client"], scope["counted_as"]) == (peer, ("203.0.113.5", 0))
    assert "counted_as" not in await seen_by((FOR, "1.1.1.1, unknown"), peer=peer, trusted=())


async def test_unlisted_peer_elsewhere_says_nothing_at_all() -> None:
    """Any stranger can write the header: whoever believed it would count them never twice."""
    assert "counted_as" not in await seen_by((FOR, "203.0.113.5"), peer=STRANGER)


async def test_warning_does_not_name_a_peer_from_the_internet() -> None:
    """That one is no proxy of ours but a person, whose address is said only where `log` asks for it."""
    with capture_logs() as lines:
        await seen_by((FOR, "203.0.113.5"), peer=("8.8.8.8", 1))
    assert "8.8.8.8" not in str(lines)


@pytest.mark.parametrize("zoned", ["fe80::1%eth0", "fe80::1%\x1b[2J", "[fe80::1%<b>]:80", "::ffff:203.0.113.5%x"])
async def test_zone_smuggles_no_text_into_the_address(zoned: str) -> None:
    """A zone is any text, and means something only on the machine that wrote it (RFC 4007 section 11)."""
    assert (await seen_by((FOR, f"{zoned}, 10.9.9.9")))["client"] == ("10.9.9.9", 0)
    assert (await seen_by((FOR, zoned)))["client"] == PROXY


async def test_proxy_on_the_same_link_is_known_by_its_address_with_its_zone() -> None:
    scope = await seen_by((FOR, "203.0.113.5"), peer=("fe80::7%eth0", 1), trusted=("fe80::/10",))
    assert scope["client"] == ("203.0.113.5", 0)
