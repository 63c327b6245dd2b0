"""Our cookies: what binds a sign-in to one browser, and how the session's is written."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys, opaque_token, token_hash
from broker.errors import InvalidRequest
from broker.models.signins import SignIn
from broker.web.cookies import (
    MOST_BYTES_TOGETHER,
    MOST_VALUE_BYTES,
    SIGN_IN_SECONDS,
    SessionCookie,
    SetCookie,
    SignInCookies,
    cookies_of,
)
from broker.web.signed import Signed
from tests.unit.web.asgi import a_scope

OLD, NEW = "an-older-secret-of-32-characters-0", "a-newer-secret-of-32-characters-00"


def a_sign_in(**changes: object) -> SignIn:
    sign_in = SignIn(
        state=opaque_token(),
        provider="microsoft",
        surface="plain",
        redirect_target="https://app.example.com/",
        error_target=None,
        code_challenge=None,
        max_age=None,
        started_at=1_790_000_000,
        secret_id="00000000",
    )
    return replace(sign_in, **changes)  # type: ignore[arg-type] # names are checked at run time


def jar(*secrets: str, clock: FrozenClock | None = None, secure: bool = True) -> SignInCookies:
    return SignInCookies(SecretKeys(secrets or (NEW,)), clock or FrozenClock(), secure=secure)


def a_long_target(size: int) -> str:
    """One that cannot be compressed."""
    return "https://a.example/" + "".join(opaque_token() for _ in range(size // 43))


def pair(cookie: SetCookie) -> tuple[str, str]:
    return cookie.name, cookie.value


def test_sign_in_comes_back_as_it_went() -> None:
    sign_in = a_sign_in(error_target="https://app.example.com/e", code_challenge="c" * 43, max_age=60)
    cookies = jar()
    assert cookies.read([pair(cookies.seal(sign_in))], sign_in.state) == sign_in


def test_cookie_is_named_by_a_hash_of_its_state_so_that_tabs_do_not_meet() -> None:
    sign_in = a_sign_in()
    digits = token_hash(sign_in.state)[:16]
    assert jar().seal(sign_in).name == f"__Host-signin-{digits}"
    assert jar(secure=False).seal(sign_in).name == f"signin-{digits}"


def test_state_itself_stands_nowhere_in_the_cookie() -> None:
    sign_in = a_sign_in()
    assert sign_in.state not in jar().seal(sign_in).header()


@pytest.mark.parametrize(
    ("secure", "response_mode", "attributes"),
    [
        (True, "query", "Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"),
        (True, "form_post", "Path=/; Max-Age=600; HttpOnly; Secure; SameSite=None"),
        (False, "query", "Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
    ],
)
def test_cookie_lives_ten_minutes_for_our_host_alone(secure: bool, response_mode: str, attributes: str) -> None:
    """`__Host-` demands Secure, Path=/ and no Domain (RFC 6265bis 4.1.3.2)."""
    header = jar(secure=secure).seal(a_sign_in(response_mode=response_mode)).header()
    assert header.partition("; ")[2] == attributes


def test_cookie_is_deleted_under_the_same_name_with_the_same_attributes() -> None:
    sign_in = a_sign_in(response_mode="form_post")
    deletion = jar().delete(sign_in)
    assert deletion.header() == f"{jar().name_for(sign_in.state)}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None"


def test_what_only_a_cross_site_post_needs_is_read_back_and_takes_no_room_elsewhere() -> None:
    by_form = a_sign_in(response_mode="form_post", carried=("0197a000-0000-7000-8000-000000000001",))
    assert jar().read([pair(jar().seal(by_form))], by_form.state) == by_form
    written = Signed(SecretKeys((NEW,)), FrozenClock(), purpose="sign-in").loads(
        jar().seal(a_sign_in()).value, max_age=1
    )
    assert not {"response_mode", "carried"} & written.keys()


def test_cookie_is_good_for_ten_minutes_and_not_longer() -> None:
    clock, sign_in = FrozenClock(), a_sign_in()
    cookies = jar(clock=clock)
    sealed = pair(cookies.seal(sign_in))
    clock.advance(SIGN_IN_SECONDS)
    assert cookies.read([sealed], sign_in.state) == sign_in
    clock.advance(1)
    assert cookies.read([sealed], sign_in.state) == "expired"


@pytest.mark.parametrize(("ahead", "is_read"), [(60, True), (61, False)])
def test_clock_of_another_replica_may_be_a_minute_ahead(ahead: int, is_read: bool) -> None:
    sign_in = a_sign_in()
    sealed = pair(jar(clock=FrozenClock(1_790_000_000 + ahead)).seal(sign_in))
    assert (jar(clock=FrozenClock(1_790_000_000)).read([sealed], sign_in.state) == sign_in) is is_read


def test_older_secret_still_opens_what_it_signed() -> None:
    sign_in = a_sign_in()
    sealed = pair(jar(OLD).seal(sign_in))
    assert jar(NEW, OLD).read([sealed], sign_in.state) == sign_in
    assert jar(NEW).read([sealed], sign_in.state) == "forged"


def test_newest_secret_signs() -> None:
    sign_in = a_sign_in()
    sealed = pair(jar(NEW, OLD).seal(sign_in))
    assert jar(NEW).read([sealed], sign_in.state) == sign_in


def test_without_a_cookie_or_without_a_state_nothing_is_found() -> None:
    sign_in = a_sign_in()
    sealed = pair(jar().seal(sign_in))
    assert jar().read([], sign_in.state) == "absent"
    assert jar().read([sealed], None) == "absent"
    assert jar().read([sealed], opaque_token()) == "absent"


def test_genuine_cookie_under_the_name_of_another_state_is_told_apart() -> None:
    """Whoever swaps sign-ins between browsers has to write a value under another name."""
    mine, other = a_sign_in(), a_sign_in()
    value = jar().seal(mine).value
    assert jar().read([(jar().name_for(other.state), value)], other.state) == "other_state"


@pytest.mark.parametrize("value", ["", "x", "a.b.c", ".", "x" * (MOST_VALUE_BYTES + 1), "e30.aaaaaa.bbbb", "é"])
def test_value_that_we_did_not_make_is_forged(value: str) -> None:
    state = opaque_token()
    assert jar().read([(jar().name_for(state), value)], state) == "forged"


def test_every_letter_of_the_value_is_signed() -> None:
    sign_in = a_sign_in()
    name, value = pair(jar().seal(sign_in))
    for at in range(0, len(value), 7):
        changed = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        assert jar().read([(name, changed)], sign_in.state) in ("forged", "expired"), at


def test_value_signed_for_another_purpose_is_forged() -> None:
    sign_in = a_sign_in()
    value = Signed(SecretKeys([NEW]), FrozenClock(), purpose="ticket").dumps({"bound_to": token_hash(sign_in.state)})
    assert jar().read([(jar().name_for(sign_in.state), value)], sign_in.state) == "forged"


def test_cookie_of_another_version_has_expired() -> None:
    sign_in = a_sign_in()
    content = {"bound_to": token_hash(sign_in.state), "provider": "microsoft", "a field of tomorrow": 1}
    value = Signed(SecretKeys([NEW]), FrozenClock(), purpose="sign-in").dumps(content)
    assert jar().read([(jar().name_for(sign_in.state), value)], sign_in.state) == "expired"


def test_planted_cookie_of_the_same_name_does_not_hide_the_genuine_one() -> None:
    sign_in = a_sign_in()
    name, value = pair(jar().seal(sign_in))
    for planted in ([(name, "x"), (name, value)], [(name, value), (name, "x")]):
        assert jar().read(planted, sign_in.state) == sign_in


def test_targets_that_are_too_long_together_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        jar().seal(a_sign_in(redirect_target=a_long_target(3500)))


def many(count: int, clock: FrozenClock, *, size: int = 900) -> list[tuple[str, str]]:
    """So many sign-ins under way, oldest first."""
    found = []
    for _ in range(count):
        sign_in = a_sign_in(redirect_target=a_long_target(size))
        found.append(pair(jar(clock=clock).seal(sign_in)))
        clock.advance(1)
    return found


def test_oldest_sign_ins_go_where_all_together_are_too_large() -> None:
    clock = FrozenClock()
    standing = many(6, clock)
    fresh = jar(clock=clock).seal(a_sign_in())
    shuffled = [standing[index] for index in (3, 0, 5, 1, 4, 2)]
    gone = [cookie.name for cookie in jar(clock=clock).crowded_out(shuffled, fresh)]
    kept = [cookie for cookie in standing if cookie[0] not in gone]
    assert gone
    assert kept == standing[len(gone) :], "only the oldest went"
    assert sum(len(name) + len(value) for name, value in [*kept, pair(fresh)]) <= MOST_BYTES_TOGETHER
    next_one = standing[len(gone) - 1]
    assert sum(len(n) + len(v) for n, v in [*kept, pair(fresh), next_one]) > MOST_BYTES_TOGETHER


def test_cookies_of_others_are_left_alone() -> None:
    clock = FrozenClock()
    foreign = [("theme", "x" * 8000), ("hanko", "y" * 8000)]
    fresh = jar(clock=clock).seal(a_sign_in())
    assert jar(clock=clock).crowded_out([*foreign, *many(2, clock)], fresh) == []


def test_nonsense_under_our_prefix_counts_as_oldest() -> None:
    clock = FrozenClock()
    standing = [("__Host-signin-0000000000000000", "x" * 3000), *many(3, clock)]
    fresh = jar(clock=clock).seal(a_sign_in())
    assert [cookie.name for cookie in jar(clock=clock).crowded_out(standing, fresh)] == [standing[0][0]]


@pytest.mark.parametrize(
    ("lines", "cookies"),
    [
        (["a=1; b=2"], [("a", "1"), ("b", "2")]),
        (["a=1", "b=2"], [("a", "1"), ("b", "2")]),
        (["a=1; a=2"], [("a", "1"), ("a", "2")]),
        (["a=x=y; ; c; =d;e="], [("a", "x=y"), ("", "d"), ("e", "")]),
        ([], []),
    ],
)
def test_every_cookie_of_a_request_is_seen_duplicates_included(
    lines: Sequence[str], cookies: list[tuple[str, str]]
) -> None:
    assert cookies_of(a_scope(headers=[("cookie", line) for line in lines])) == cookies


def a_session_cookie(**changes: object) -> SessionCookie:
    cookie = SessionCookie(name="hanko", domain=None, secure=True, http_only=True, same_site="lax", lifespan=43_200)
    return replace(cookie, **changes)  # type: ignore[arg-type] # names are checked at run time


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({}, "hanko=T; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax"),
        ({"lifespan": None}, "hanko=T; Path=/; HttpOnly; Secure; SameSite=Lax"),
        (
            {"domain": "example.com"},
            "hanko=T; Path=/; Domain=example.com; Max-Age=43200; HttpOnly; Secure; SameSite=Lax",
        ),
        ({"http_only": False, "same_site": "none"}, "hanko=T; Path=/; Max-Age=43200; Secure; SameSite=None"),
        ({"secure": False, "same_site": None}, "hanko=T; Path=/; Max-Age=43200; HttpOnly"),
        ({"name": "s", "same_site": "strict"}, "s=T; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict"),
    ],
)
def test_session_cookie_is_written_as_configured(changes: dict[str, object], header: str) -> None:
    cookie = a_session_cookie(**changes)
    assert cookie.carrying("T").header() == header
    stays = [part for part in header.split("; ")[1:] if not part.startswith("Max-Age")]
    assert cookie.deleted().header().split("; ")[0] == f"{cookie.name}="
    assert [part for part in cookie.deleted().header().split("; ")[1:] if part != "Max-Age=0"] == stays


def test_all_session_tokens_of_a_request_are_found_and_empty_ones_are_none() -> None:
    scope = a_scope(headers=[("cookie", "hanko=a; x=y; hanko=; hanko=b; Hanko=c")])
    assert a_session_cookie().tokens(scope) == ["a", "b"]
