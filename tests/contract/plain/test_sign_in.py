"""One sign-in from first click to session, over real HTTP, with the emulator as Microsoft."""

import json

from tests.browsers import Browser


async def test_alice_is_signed_in_by_a_cookie(browser: Browser) -> None:
    answer = await browser.sign_in("alice")
    assert answer.status == 303, answer.text
    assert answer.location == "http://localhost:8888/"
    me = json.loads((await browser.get("/me")).body)
    assert me["emails"][0]["address"] == "alice@alder.example"
    assert me["name"] == "Alice Alder"
