"""The README's code blocks about the emulator, and a program run as the README says."""

import os
import re
import subprocess
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
OWN_TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""requests prefers what these name to the CA file that a session was given."""


def example(name: str) -> str:
    """The code block behind `<!-- test: name -->`."""
    [found] = re.findall(rf"<!-- test: {name} -->\n```\w+\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return str(found)


def printed(*command: str | Path, trusting: Path) -> str:
    """What a program printed that trusts this CA file."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_TRUST}
    done = subprocess.run(  # noqa: S603 - what the README says
        [str(each) for each in command],
        env={**kept, "NODE_EXTRA_CA_CERTS": str(trusting)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
