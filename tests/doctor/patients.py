"""Somebody to examine: a configuration whose Microsoft is an emulator, with everything right until a test spoils it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from broker.clock import Clock, SystemClock
from broker.config.load import load_mapping
from broker.doctor.checks import examine
from broker.doctor.examination import opened
from broker.doctor.finding import Found
from broker.foundation import PARTS
from tests.brokers import settings
from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer

US = "http://localhost:8000"
GOOD_SECRET = {"kind": "secret", "id": "good", "value": SECRET, "expires_on": "2099-01-01"}


def patient(
    emulator: MicrosoftPeer, *, database: str = "sqlite:///broker.db", changes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A sound configuration, with these changes below `third_party.providers.microsoft` or anywhere (dotted keys)."""
    microsoft = {
        "client_id": FIRST_CLIENT,
        "credentials": [GOOD_SECRET],
        "cloud": "custom",
        "authority": emulator.base_url,
    }
    own = {key: value for key, value in (changes or {}).items() if "." not in key}
    elsewhere = {key: value for key, value in (changes or {}).items() if "." in key}
    whole = {"third_party.providers.microsoft": microsoft | own, **elsewhere}
    return settings(public_url=US, emulator=None, database=database, changes=whole)


async def examined(
    tree: Mapping[str, Any],
    *,
    base_dir: Path,
    clock: Clock | None = None,
    offline: bool = False,
    accept: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> list[Found]:
    """Everything that is found."""
    loaded = load_mapping(tree, {}, name="test", base_dir=base_dir, parts=PARTS)
    clock, environ = clock or SystemClock(), environ or {}
    async with opened(loaded, clock=clock, environ=environ, offline=offline, accept=accept) as examination:
        return await examine(examination)


def problems(found: list[Found]) -> list[tuple[str, str, str]]:
    """What is to be mended: the check, the line, the remedy."""
    return [(each.check, each.finding.says, each.finding.remedy) for each in found if each.finding.grade == "problem"]


def lines(found: list[Found], check: str) -> list[str]:
    """What one check says, each line with its grade."""
    return [f"{each.finding.grade}: {each.finding.says}" for each in found if each.check == check]
