"""A domain that changed hands: named with its remedy, and accepted by name and no other way."""

from dataclasses import replace
from pathlib import Path

from broker.clock import SystemClock
from broker.models.directories import KnownDirectory
from broker.store.directories import changed_directories, directory, keep_directory, note_other_directory
from broker.store.migrate import migrate
from broker.store.open import open_store
from tests.doctor.patients import examined, patient, problems
from tests.peers.microsoft import MicrosoftPeer

OLD, NEW = "b12c0000-0000-4000-8000-000000000002", "a1de0000-0000-4000-8000-000000000001"
FIRST = KnownDirectory(
    provider="microsoft", cloud="custom:localhost", domain="alder.example", guid=OLD, first_seen_at=1
)
KEY = (FIRST.provider, FIRST.cloud, FIRST.domain)


async def test_change_is_named_and_accepted_by_name_alone(tmp_path: Path, microsoft_emulator: MicrosoftPeer) -> None:
    tree = patient(microsoft_emulator)
    store = await open_store(tree["database"]["url"], pool_min=1, pool_max=1, base_dir=tmp_path)
    await migrate(store, SystemClock())
    async with store.transaction() as c:
        for each in (FIRST, replace(FIRST, cloud="global")):
            await keep_directory(c, each)
            await note_other_directory(c, each.provider, each.cloud, each.domain, guid=NEW, now=2)
    try:
        [(check, says, remedy)] = problems(await examined(tree, base_dir=tmp_path))
        assert (check, OLD in says, NEW in says) == ("domains", True, True)
        assert remedy.endswith("broker doctor --accept alder.example")
        other = problems(await examined(tree, base_dir=tmp_path, accept="birch.example"))
        assert [each[0] for each in other] == ["domains", "domains"]
        assert problems(await examined(tree, base_dir=tmp_path, accept="Alder.example")) == []
        async with store.read() as c:
            now = await directory(c, *KEY)
            assert (now.guid if now else None) == NEW
            # What another cloud says of it waits on.
            assert [each.cloud for each in await changed_directories(c)] == ["global"]
    finally:
        await store.close()
