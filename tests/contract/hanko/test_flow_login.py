"""The Flow API, walked as the published SDK walks it."""

from tests.browsers import Browser
from tests.contract.hanko.steps import PAGE, VERIFIER, FlowClient


async def test_whole_login_ends_with_a_session(browser: Browser) -> None:
    client = FlowClient(browser)
    assert (await client.start())["name"] == "preflight"
    assert (await client.to_login_page())["name"] == "login_init"
    url = await client.to_provider()
    assert client.state["name"] == "thirdparty"
    back = await client.signed_in_at_provider(url, "alice")
    assert (back.location or "").startswith(PAGE.partition("#")[0] + "&hanko_token=")
    state = await client.exchange(back.query["hanko_token"])
    assert (state["name"], state["status"], state["actions"]) == ("success", 200, {})
    assert state["payload"]["last_login"] == {"login_method": "third_party", "third_party_provider": "microsoft"}
    assert state["payload"]["claims"]["amr"] == ["ext:microsoft"]
    assert state["payload"]["user"]["id"] == state["payload"]["claims"]["subject"]
    assert client.page is not None
    assert client.page.headers["X-Session-Retention"] == "persistent"
    assert client.page.headers["X-Session-Lifetime"] == "43200"
    me = await browser.get("/me")
    assert me.status == 200


async def test_cancel_at_the_provider_comes_back_to_the_page(browser: Browser) -> None:
    client = FlowClient(browser)
    back = await client.signed_in_at_provider(await client.to_provider(), "alice:cancel")
    assert back.query["error"] == "access_denied"
    assert "error_reference" not in back.query
    assert (await client.run("back"))["name"] == "login_init"


async def test_code_of_a_flow_is_of_no_use_at_the_classic_endpoint(browser: Browser) -> None:
    client = FlowClient(browser)
    back = await client.signed_in_at_provider(await client.to_provider(), "alice")
    body = {"value": back.query["hanko_token"], "code_verifier": VERIFIER}
    assert (await browser.send("POST", "/token", json=body)).status == 404
    assert (await client.exchange(back.query["hanko_token"]))["name"] == "success"
