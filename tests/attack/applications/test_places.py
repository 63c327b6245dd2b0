"""Places that nobody registered, at every endpoint of applications that sends a browser somewhere: none is answered."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.attack.applications.victims import B_REDIRECT_URI, B_SIGN_OUT, EVIL
from tests.attack.redirects.test_corpus import CORPUS
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import (
    OTHER_CLIENT_ID,
    REDIRECT_URI,
    SIGN_OUT,
    authorize_url,
    signed_in,
)
from tests.contract.workos.sessions import begun, claims_of, renewed
from tests.peers.microsoft import MicrosoftPeer

NEAR = "http://localhost:8888/callback"
HOSTILE = (
    EVIL,
    "",
    "//evil.example/callback",
    "/\\evil.example",
    "javascript:alert(1)",
    "javascript://localhost:8888/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http:localhost:8888/callback",
    "http:/localhost:8888/callback",
    "http:\\\\localhost:8888\\callback",
    f"{NEAR}/",
    f"{NEAR}/../evil",
    f"{NEAR}/..%2fevil",
    f"{NEAR}?next={EVIL}",
    f"{NEAR}?",
    f"{NEAR}#",
    f"{NEAR}#@evil.example",
    f"{NEAR};evil",
    f"{NEAR}%00",
    f"{NEAR}%0d%0aSet-Cookie:x=y",
    f"{NEAR}\r\nLocation: {EVIL}",
    f" {NEAR}",
    f"{NEAR} ",
    f"\t{NEAR}",
    "http://localhost:8888/Callback",
    "http://localhost:8888/%63allback",
    "http://localhost:8888//callback",
    "https://localhost:8888/callback",
    "http://localhost:8889/callback",
    "http://localhost:08888/callback",
    "http://localhost/callback",
    "http://LOCALHOST.evil.example:8888/callback",
    "http://localhost.:8888/callback",
    "http://localhost:8888@evil.example/callback",
    "http://evil.example@localhost:8888/callback",
    "http://localhost:8888\\@evil.example/callback",
    "http://localhost:8888.evil.example/callback",
    "http://l\u043ecalhost:8888/callback",
    "http://\uff4cocalhost:8888/callback",
    "http://127.1:8888/callback",
    "http://0x7f000001/callback",
    "http://2130706433/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://127.0.0.2:8888/callback",
    "https://example.com/callback",
    "https://a.b.example.com/callback",
    "https://.example.com/callback",
    "https://*.example.com/callback",
    "https://evil.example?.example.com/callback",
    "https://evil.example/.example.com/callback",
    "https://evil.example#.example.com/callback",
    "https://evil-example.com/callback",
    "https://a.example.com.evil.example/callback",
    "https://a.example.com:8443/callback",
    "http://a.example.com/callback",
    "https://a.example.com/callback/x",
    "https://xn--a.example.com/callback",
    "https://a_%2eexample.com/callback",
    "null",
    "about:blank",
    "x" * 5000,
)


def places() -> Iterable[str]:
    yield from HOSTILE
    yield from (url for _, _, url, _ in CORPUS if len(url) < 4000)


def is_of_ours(location: str | None, broker: RunningBroker, emulator: MicrosoftPeer) -> bool:
    """Nowhere, or where A registered, read by another parser than ours."""
    if location is None:
        return True
    parts = urlsplit(location)
    if f"{parts.scheme}://{parts.netloc}" in (broker.url, emulator.base_url):
        return True
    if "@" in parts.netloc or parts.path not in ("/callback", "/signed-out"):
        return False
    host = parts.hostname or ""
    if parts.scheme == "https":
        return host.endswith(".example.com") and host.count(".") == 2 and parts.port is None
    return parts.scheme == "http" and (host == "127.0.0.1" or parts.netloc == "localhost:8888")


def authorize(interface: str, redirect_uri: str, **changes: str | None) -> str:
    """As `authorize_url`, for text that cannot be sent otherwise."""
    path = authorize_url(interface, redirect_uri=None, **changes)
    return f"{path}&redirect_uri={quote(redirect_uri, safe='', errors='surrogatepass')}"


@pytest.mark.parametrize("interface", ["sso", "user_management"])
async def test_no_sign_in_begins_for_a_place_that_is_not_registered(program: Browser, interface: str) -> None:
    followed = []
    for place in places() if interface == "sso" else HOSTILE:
        page = await program.get(authorize(interface, place))
        if page.status not in (400, 414) or page.location is not None:
            followed.append(place)
    assert set(followed) == {""}, "nothing is as good as no place: the default counts"


FAULTS: tuple[dict[str, str | None], ...] = (
    {"response_type": "token"},
    {"provider": None},
    {"provider": "nobody"},
    {"provider": "authkit"},
    {"domain": "example.com"},
    {"code_challenge": "short"},
    {"state": "x" * 2000},
    {"connection_id": "conn_x"},
    {"organization_id": "org_x"},
    {"max_age": "x"},
    {"client_id": "client_nobody"},
    {"client_id": ""},
)


async def test_no_fault_of_the_request_is_told_to_a_place_that_is_not_registered(program: Browser) -> None:
    for place in (EVIL, f"{NEAR}/x", B_REDIRECT_URI, "javascript:alert(1)"):
        for fault in FAULTS:
            for interface in ("sso", "user_management"):
                page = await program.get(authorize(interface, place, **fault))

                assert (page.status, page.location) == (400, None)
                assert "evil.example" not in page.text
                assert "javascript:" not in page.text


async def test_places_of_another_application_and_other_kinds_of_places_are_refused(program: Browser) -> None:
    for place in (B_REDIRECT_URI, B_SIGN_OUT, SIGN_OUT, "http://localhost:8888", "http://localhost:8888/error"):
        assert (await program.get(authorize("sso", place))).status == 400
    assert (await program.get(authorize("sso", REDIRECT_URI, client_id=OTHER_CLIENT_ID))).status == 400


async def test_two_places_are_none(program: Browser) -> None:
    for places_named in ((REDIRECT_URI, EVIL), (EVIL, REDIRECT_URI), (REDIRECT_URI, REDIRECT_URI)):
        further = urlencode([("redirect_uri", each) for each in places_named])
        page = await program.get(f"{authorize_url('sso', redirect_uri=None)}&{further}")
        assert (page.status, page.location) == (400, None)


async def test_parameters_of_other_faces_name_no_place(victim: Browser) -> None:
    further = urlencode({"redirect_to": EVIL, "error_redirect_to": EVIL, "return_to": EVIL, "redirect_url": EVIL})
    page = await signed_in(victim, f"{authorize_url()}&{further}")

    assert (page.location or "").startswith(f"{REDIRECT_URI}?code=")
    cancelled = await signed_in(victim, f"{authorize_url(login_hint='auto:alice:cancel')}&{further}")
    assert (cancelled.location or "").startswith(f"{REDIRECT_URI}?")


async def test_place_that_is_taken_off_the_list_on_the_way_gets_no_code(broker: RunningBroker, victim: Browser) -> None:
    page = await victim.get(authorize("sso", "https://a.example.com/callback"))
    while page.location is not None and not page.location.startswith(broker.url):
        page = await victim.get(page.location)
    assert page.location is not None
    settings = broker.settings["workos"]["applications"]
    await broker.reload({"workos.applications": [{**settings[0], "redirect_uris": [REDIRECT_URI]}, settings[1]]})

    ended = await victim.get(page.location)

    assert not (ended.location or "").startswith("https://a.example.com")
    assert "code" not in ended.query


async def test_state_of_an_application_cannot_write_further_parameters(victim: Browser) -> None:
    state = f"x&code=evil&redirect_uri={EVIL}#\r\nSet-Cookie: a=b"
    page = await signed_in(victim, authorize_url(state=state))

    assert page.query["state"] == state
    assert page.query["code"] != "evil"
    assert (page.location or "").count("code=") == 1


async def test_nobody_is_sent_after_signing_out_to_a_place_that_is_not_registered(
    broker: RunningBroker, emulator: MicrosoftPeer, program: Browser
) -> None:
    followed = []
    for place in places():
        unknown = "session_01H40000000E00800000000000"
        query = f"session_id={unknown}&return_to={quote(place, safe='', errors='surrogatepass')}"
        page = await program.get(f"/user_management/sessions/logout?{query}")
        assert page.status in (200, 302, 400, 414, 422), (place, page.status)
        if page.location is not None and not is_of_ours(page.location, broker, emulator):
            followed.append((place, page.location))
    assert followed == []


async def test_living_session_ends_and_the_browser_stays_with_us(victim: Browser) -> None:
    for place in (EVIL, B_SIGN_OUT, REDIRECT_URI, f"{SIGN_OUT}/x", "https://a.b.example.com/signed-out"):
        answer = await begun(victim)
        query = urlencode({"session_id": claims_of(answer)["sid"], "return_to": place})

        page = await victim.get(f"/user_management/sessions/logout?{query}")

        assert (page.status, page.location) == (200, None)
        assert "evil.example" not in page.text
        assert (await renewed(victim, answer["refresh_token"])).status == 400


async def test_two_places_after_signing_out_are_none(victim: Browser) -> None:
    answer = await begun(victim)
    query = urlencode([("session_id", claims_of(answer)["sid"]), ("return_to", SIGN_OUT), ("return_to", EVIL)])

    page = await victim.get(f"/user_management/sessions/logout?{query}")

    assert page.location is None


async def test_leave_to_sign_out_there_names_no_place(program: Browser) -> None:
    for query in ({"return_to": EVIL}, {"token": EVIL, "return_to": EVIL}, {"token": "x", "redirect_uri": EVIL}):
        page = await program.get(f"/sso/logout?{urlencode(query)}")
        assert page.location is None
        assert page.status in (400, 404)
