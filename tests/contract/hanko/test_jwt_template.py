"""`session.jwt_template` in a running broker: the token, and what checks of it answer."""

import json
from pathlib import Path

from tests.brokers import running_broker
from tests.contract.hanko.steps import FlowClient
from tests.peers.microsoft import MicrosoftPeer

CLAIMS = {
    "role": '{{.User.Metadata.Public "role"}}',
    "greeting": "Hello {{.User.GivenName}}",
    "n": 5,
    "sub": "somebody-else",
}


async def test_claims_of_a_template_are_in_token_and_check_and_ours_stand(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = {"session.jwt_template": {"claims": CLAIMS}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker:
        async with broker.browser() as browser:
            user_id = (await FlowClient(browser).sign_in("alice"))["payload"]["user"]["id"]
            key = (await broker.application.broker.api_keys.create("tests")).key
            await browser.send(
                "PATCH",
                f"{broker.admin_url}/users/{user_id}/metadata",
                headers={"Authorization": f"Bearer {key}"},
                json={"public_metadata": {"role": "admin"}},
            )
        async with broker.browser() as browser:
            claims = (await FlowClient(browser).sign_in("alice"))["payload"]["claims"]
            assert {name: claims[name] for name in ("role", "greeting", "n", "subject")} == {
                "role": "admin",
                "greeting": "Hello Alice",
                "n": 5,
                "subject": user_id,
            }
            checked = json.loads((await browser.get("/sessions/validate")).body)["claims"]
            assert checked == claims


async def test_nothing_that_people_write_keeps_them_from_signing_in(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    """A stolen session could write it, too, and its person would be locked out for good."""
    claims = {"n": '{{.User.Metadata.Unsafe "n"}}', "all": "{{.User}}", "role": "member"}
    changes = {"session.jwt_template": {"claims": claims}}
    written = ["é" * 2900, "[" * 1400 + "]" * 1400, "[NaN]", "[" + "9" * 2900 + "]", '{"a":1,"a":2}', "true"]
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker:
        for text in written:
            async with broker.browser() as browser:
                assert (await FlowClient(browser).sign_in("alice"))["name"] == "success"
                profile = FlowClient(browser)
                await profile.to_login_page("profile")
                assert (await profile.run("patch_metadata", {"patch_metadata": {"n": text}}))["status"] == 200
            async with broker.browser() as browser:
                client = FlowClient(browser)
                assert (await client.sign_in("alice"))["name"] == "success", text[:9]
                assert client.page is not None
                assert all(len(each) <= 4096 for each in client.page.set_cookies)
                checked = json.loads((await browser.get("/sessions/validate")).body)
                assert (checked["is_valid"], checked["claims"]["role"]) == (True, "member"), text[:9]
