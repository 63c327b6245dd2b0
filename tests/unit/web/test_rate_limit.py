"""So many requests a minute and client: which requests count, and who is one client."""

import pytest
from structlog.testing import capture_logs

from broker.clock import FrozenClock
from broker.web.middleware.rate_limit import RateLimit, Windows
from tests.unit.web.asgi import Seen, a_scope, ask

PATHS = {
    "/thirdparty/auth": "starts",
    "/thirdparty/callback": "callbacks",
    "/thirdparty/callback/": "callbacks",
    "/token": "tokens",
    "/emails/": "flows",
}
SOMEBODY = ("192.0.2.7", 1)


def limited(most: int = 2, clock: FrozenClock | None = None, **buckets: int) -> RateLimit:
    limits = buckets or dict.fromkeys(("starts", "callbacks", "tokens"), most)
    clock = clock or FrozenClock()
    return RateLimit(Seen(), paths=PATHS, limits=limits, windows=Windows(clock), clock=clock)


async def statuses(
    app: RateLimit, *paths: str, client: tuple[str, int] | None = SOMEBODY, forwarded: bool = False
) -> list[int]:
    return [(await ask(app, a_scope(path=path, client=client, forwarded=forwarded))).status for path in paths]


async def test_request_beyond_the_limit_is_refused() -> None:
    assert await statuses(limited(), *["/thirdparty/auth"] * 3) == [200, 200, 429]


async def test_refusal_says_when_to_come_back_and_then_serves() -> None:
    clock = FrozenClock()
    app = limited(most=1, clock=clock)
    await statuses(app, "/token")
    clock.advance(17.5)
    answer = await ask(app, a_scope(path="/token", client=SOMEBODY))
    assert (answer.status, answer.headers["retry-after"]) == (429, "43")
    clock.advance(42)
    assert await statuses(app, "/token") == [429]
    clock.advance(1)
    assert await statuses(app, "/token", "/token") == [200, 429]


async def test_refused_requests_do_not_lengthen_the_window() -> None:
    clock = FrozenClock()
    app = limited(most=1, clock=clock)
    for _ in range(59):
        await statuses(app, "/token")
        clock.advance(1)
    assert await statuses(app, "/token") == [429]
    clock.advance(1)
    assert await statuses(app, "/token") == [200]


def test_windows_that_have_ended_are_forgotten() -> None:
    clock = FrozenClock()
    windows = Windows(clock)
    for number in range(100):
        windows.incr(f"early {number}", 60)
    clock.advance(30)
    windows.incr("late", 60)
    clock.advance(30)
    assert (windows.get("early 0"), windows.get("late")) == (0, 1)
    assert windows.reset() == 1


def test_no_crowd_of_addresses_grows_the_table_without_end() -> None:
    windows = Windows(FrozenClock(), most=50)
    for number in range(1000):
        windows.incr(f"client {number}", 60)
    assert windows.get("client 999") == 1
    assert windows.reset() <= 50


def test_one_client_can_be_forgotten() -> None:
    windows = Windows(FrozenClock())
    windows.incr("a", 60)
    windows.incr("b", 60)
    windows.clear("a")
    assert (windows.get("a"), windows.get("b"), windows.check()) == (0, 1, True)


async def test_each_bucket_counts_for_itself() -> None:
    paths = ["/thirdparty/auth", "/thirdparty/callback", "/token"]
    assert await statuses(limited(most=1), *paths, *paths) == [200] * 3 + [429] * 3


async def test_callback_of_a_provider_counts_with_the_others() -> None:
    app = limited(most=1)
    assert await statuses(app, "/thirdparty/callback", "/thirdparty/callback/custom_one") == [200, 429]


async def test_what_stands_behind_a_parameter_counts_too() -> None:
    app = limited(flows=2)
    assert await statuses(app, "/emails/1/set_primary", "/emails/2", "/emails/3/set_primary") == [200, 200, 429]
    assert await statuses(app, "/emails", "/emails/1/a/b", "/") == [200] * 3


async def test_what_names_no_bucket_is_not_limited() -> None:
    assert await statuses(limited(most=1), *["/me"] * 5) == [200] * 5


async def test_bucket_without_a_limit_is_not_limited() -> None:
    assert await statuses(limited(starts=1), *["/token"] * 5) == [200] * 5


async def test_another_client_has_a_limit_of_its_own() -> None:
    app = limited(most=1)
    assert await statuses(app, "/token") == [200]
    assert await statuses(app, "/token", client=("192.0.2.8", 1)) == [200]
    assert await statuses(app, "/token", client=("192.0.2.7", 9999)) == [429]


async def test_ipv6_client_is_its_whole_64() -> None:
    app = limited(most=1)
    assert await statuses(app, "/token", client=("2001:db8:1:2::1", 1)) == [200]
    assert await statuses(app, "/token", client=("2001:db8:1:2:ffff:ffff:ffff:ffff", 1)) == [429]
    assert await statuses(app, "/token", client=("2001:db8:1:3::1", 1)) == [200]


async def test_link_local_client_with_its_zone_is_counted_too() -> None:
    app = limited(most=1)
    assert await statuses(app, "/token", client=("fe80::1%eth0", 1)) == [200]
    assert await statuses(app, "/token", client=("fe80::2%eth0", 1)) == [429]


async def test_ipv4_client_over_ipv6_is_the_same_client() -> None:
    app = limited(most=1)
    assert await statuses(app, "/token", client=("192.0.2.7", 1)) == [200]
    assert await statuses(app, "/token", client=("::ffff:192.0.2.7", 1)) == [429]
    assert await statuses(app, "/token", client=("::ffff:192.0.2.8", 1)) == [200]


@pytest.mark.parametrize("peer", [("127.0.0.1", 1), ("127.9.9.9", 1), ("::1", 1), None])
async def test_own_machine_is_exempt_only_without_a_forwarding_header(peer: tuple[str, int]) -> None:
    app = limited(most=1)
    assert await statuses(app, *["/token"] * 3, client=peer) == [200] * 3
    assert await statuses(app, *["/token"] * 2, client=peer, forwarded=True) == [200, 429]


async def test_clients_behind_an_unlisted_unix_peer_share_one_limit() -> None:
    assert await statuses(limited(most=1), "/token", "/token", client=None, forwarded=True) == [200, 429]


async def test_people_behind_an_unlisted_proxy_of_this_machine_are_counted_each_for_themselves() -> None:
    app = limited(most=1)
    for address in ("203.0.113.5", "203.0.113.6"):
        scope = a_scope(path="/token", client=("127.0.0.1", 1), forwarded=True, counted_as=(address, 0))
        assert (await ask(app, dict(scope))).status == 200
        assert (await ask(app, dict(scope))).status == 429


async def test_counts_go_on_where_the_middleware_is_built_anew() -> None:
    """A reload, else, would be a fresh start for whoever was being limited."""
    clock = FrozenClock()
    windows = Windows(clock)
    before, after = (
        RateLimit(Seen(), paths=PATHS, limits={"tokens": 2}, windows=windows, clock=clock) for _ in range(2)
    )
    assert await statuses(before, "/token") == [200]
    assert await statuses(after, "/token", "/token") == [200, 429]


@pytest.mark.parametrize(
    ("faces_the_world", "path", "said"),
    [(True, "/thirdparty/auth", 1), (True, "/token", 0), (True, "/me", 0), (False, "/thirdparty/auth", 0)],
)
async def test_operator_hears_every_hour_that_people_are_not_limited(
    faces_the_world: bool, path: str, said: int
) -> None:
    """A proxy on this machine that does not say for whom it asks. A backend here that asks for tokens is none."""
    clock = FrozenClock()
    app = RateLimit(
        Seen(),
        paths=PATHS,
        limits={"starts": 1, "tokens": 1},
        windows=Windows(clock),
        clock=clock,
        faces_the_world=faces_the_world,
    )
    for _ in range(2):
        with capture_logs() as lines:
            assert await statuses(app, path, path, client=("127.0.0.1", 1)) == [200, 200]
        assert [(line["log_level"], line["key"]) for line in lines] == [("warning", "server.trusted_proxies")] * said
        clock.advance(3600)
