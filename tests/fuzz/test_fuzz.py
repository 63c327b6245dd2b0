"""No bytes whatever make a parser raise what is not ours. `BROKER_TEST_FUZZ_EXAMPLES=5000` digs deeper.

The same examples each time, so that a failure here is a change of the code and not of the weather; with more examples
than usual they are new ones.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.material import thrown_at
from tests.fuzz.targets import TARGETS, survives

USUAL = 60
EXAMPLES = int(os.environ.get("BROKER_TEST_FUZZ_EXAMPLES") or USUAL)


@pytest.mark.parametrize("name", TARGETS)
def test_parser_refuses_by_name_or_reads(name: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=EXAMPLES == USUAL,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(thrown_at(name))
    def fuzzed(data: bytes) -> None:
        survives(TARGETS[name], data)

    fuzzed()


def test_a_mistake_would_get_out() -> None:
    def stumbles(data: bytes) -> object:
        return {b"known": 1}[data]

    with pytest.raises(KeyError):
        survives(stumbles, b"")
