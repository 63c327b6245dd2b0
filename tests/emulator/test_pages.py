"""The pages as a browser has them. What needs no browser is checked without one."""

import re
from urllib.parse import urlencode

import pytest

from tests.emulator.client import Client


def address(client: Client, **changes: str | None) -> str:
    query = urlencode(client.authorization(**changes))
    return f"{client.peer.base_url}/common/oauth2/v2.0/authorize?{query}"


@pytest.mark.parametrize("path", ["/", "/error?code=50057", "authorize", "judy", "form_post"])
async def test_pages_allow_nothing_but_their_own_style(client: Client, path: str) -> None:
    urls = {
        "authorize": address(client),
        "judy": address(client, login_hint="auto:judy"),
        "form_post": address(client, login_hint="auto:alice", response_mode="form_post"),
    }
    headers = (await client.send("GET", urls.get(path, path))).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy["style-src"])
    assert (policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert (policy["script-src"] == "'none'") == (path != "form_post")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]


async def test_what_comes_from_outside_is_escaped(client: Client) -> None:
    page = (await client.send("GET", address(client, login_hint='"><script>alert(1)</script>', state="<b>"))).text
    assert "<script" not in page
    assert "<b>" not in page


async def test_typed_name_that_nobody_has_is_told_on_the_page(client: Client) -> None:
    request = urlencode(client.authorization())
    answer = await client.send("POST", "/common/login", data={"request": request, "username": "zed"})
    assert answer.status == 200
    assert 'role="alert"' in answer.text
    assert 'value="zed"' in answer.text
    empty = await client.send("POST", "/common/login", data={"request": request, "username": ""})
    assert "Type a name" in empty.text
