"""Access tokens are signed as SDKs verify them, or this face is not served."""

from pathlib import Path

import pytest

from broker.crypto import SecretKeys
from broker.errors import ConfigError
from broker.sessions.rotation import Rotation
from tests.brokers import running_broker
from tests.contract.workos.applications import served
from tests.peers.microsoft import MicrosoftPeer


async def test_face_waits_until_the_keys_are_those_that_sdks_verify(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    others = {"session.jwt": {"algorithm": "ES256"}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=others) as broker:
        with pytest.raises(ConfigError) as refused:
            await broker.reload(served())
        assert [mistake.key for mistake in refused.value.mistakes] == ["workos.enabled"]
        assert "ES256" in refused.value.mistakes[0].message

        own = broker.application.broker
        secrets = SecretKeys(broker.settings["secrets"]["keys"])
        for _ in range(2):
            await Rotation(own.store, secrets, own.clock, algorithm="RS256").rotate(now=True)
        await broker.reload(served())

        assert broker.application.broker.keyring.algorithms == {"RS256"}
        assert broker.application.broker.rules.speaks_workos
