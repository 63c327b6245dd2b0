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
