"""SDK 3.0.0 by hand, without a component: what an application writes that draws its own login."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.pages import SDK
from tests.contract.hanko.browser.place import Place, heard, opened
from tests.e2e.house import pick, session_token

pytestmark = [*IN_BROWSER, pytest.mark.npm]

CREATE = """async () => {
    window.state = await hanko.createState("login");
    return [state.name, state.error?.code ?? null];
}"""
CHOOSE = """async provider => {
    const verifier = module.generateCodeVerifier();
    module.setStoredCodeVerifier(verifier);
    const redirect_to = window.location.href;
    const next = await state.actions.thirdparty_oauth.run({provider, redirect_to, code_verifier: verifier});
    window.state = next;
    return next.error?.code ?? null;
}"""


async def test_flow_walked_by_hand_ends_in_a_session(place: Place, context: BrowserContext, page: Page) -> None:
    await opened(page, place.bare(bundle=SDK))
    assert await page.evaluate(CREATE) == ["login_init", None]
    offered = await page.evaluate("state.actions.thirdparty_oauth.inputs.provider.allowed_values")
    assert offered == [{"value": "microsoft", "name": "Microsoft"}]
    assert not await page.evaluate("state.actions.continue_with_login_identifier.enabled")
    await page.evaluate(f"({CHOOSE})('microsoft').catch(() => null)")
    await pick(page, "Alice Alder")
    await page.wait_for_function("window.hanko !== undefined")
    assert await page.evaluate(CREATE) == ["success", None]
    await heard(page, "hanko-session-created")
    payload = await page.evaluate("state.payload")
    assert payload["claims"]["subject"] == payload["user"]["user_id"]
    assert (await page.evaluate("hanko.getUser()"))["email"] == "alice@alder.example"
    assert (await page.evaluate("hanko.getCurrentUser()"))["name"] == "Alice Alder"
    token = await session_token(context)
    assert token is not None
    await page.evaluate("hanko.logout()")
    await heard(page, "hanko-user-logged-out")
    assert not await place.is_valid(token)
    assert await page.evaluate("hanko.validateSession()") == {"is_valid": False}


async def test_foreign_target_is_refused_before_anybody_leaves(place: Place, page: Page) -> None:
    await opened(page, place.bare(bundle=SDK))
    await page.evaluate(CREATE)
    chosen = CHOOSE.replace("window.location.href", "'https://evil.example/'")
    assert await page.evaluate(chosen, "microsoft") == "form_data_invalid_error"
    assert await page.evaluate(CHOOSE, "custom_unknown") == "form_data_invalid_error"
    assert page.url.startswith(place.app)


async def test_cancelling_comes_back_as_an_error_of_the_state(place: Place, page: Page) -> None:
    await opened(page, place.bare(bundle=SDK))
    await page.evaluate(CREATE)
    await page.evaluate(f"({CHOOSE})('microsoft').catch(() => null)")
    await page.get_by_role("button", name="Cancel").click()
    await page.wait_for_function("window.hanko !== undefined")
    assert await page.evaluate(CREATE) == ["login_init", "third_party_access_denied"]
    await page.evaluate(f"({CHOOSE})('microsoft').catch(() => null)")
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
