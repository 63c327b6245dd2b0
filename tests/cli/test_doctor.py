"""`broker doctor` as an operator types it: what it prints, how it ends, and what it never prints."""

import asyncio
import json

from tests.cli.houses import House
from tests.peers.microsoft import FIRST_CLIENT, running_microsoft

MICROSOFT = "BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT"
WRONG, GOOD = "Wr0ng~secret-of-somebody", "emulator-secret"


def test_shipped_configuration_is_well_before_it_was_ever_started(still_house: House) -> None:
    done = still_house.broker("doctor")
    assert (done.code, done.errors) == (0, "")
    assert "note     discovery: the built-in emulator stands in for Microsoft, and is not running" in done.output
    assert done.output.splitlines()[-1].endswith(" 0 to mend")
    assert not (still_house.folder / "broker.db").exists()


async def test_what_is_to_be_mended_stands_last_with_its_remedy_and_without_any_secret(still_house: House) -> None:
    async with running_microsoft() as emulator:
        credentials = [{"id": "old", "value": WRONG}, {"id": "new", "value": GOOD, "expires_on": "2020-01-01"}]
        changes = {
            f"{MICROSOFT}__CLIENT_ID": FIRST_CLIENT,
            f"{MICROSOFT}__CLOUD": "custom",
            f"{MICROSOFT}__AUTHORITY": emulator.base_url,
            f"{MICROSOFT}__CREDENTIALS": json.dumps(credentials),
        }
        told = await asyncio.to_thread(still_house.broker, "doctor", **changes)
        listed = await asyncio.to_thread(still_house.broker, "doctor", "--json", "--offline", **changes)
    assert told.code == 1
    assert [line for line in told.output.splitlines() if line.startswith("problem")] == [
        "problem  credentials: old is refused: AADSTS7000215, wrong secret",
        "problem  credentials: new ended on 2020-01-01",
    ]
    assert told.output.splitlines()[-2].startswith("         → ")
    assert "new is accepted" in told.output
    assert {tuple(each) for each in listed.json} == {("check", "grade", "finding", "remedy")}
    assert listed.code == 1
    for output in (told.output, told.errors, listed.output, listed.errors):
        assert WRONG not in output
        assert GOOD not in output


def test_provider_that_does_not_answer_is_another_exit_code_than_a_mistake(still_house: House) -> None:
    changes = {
        f"{MICROSOFT}__CLIENT_ID": FIRST_CLIENT,
        f"{MICROSOFT}__CLOUD": "custom",
        f"{MICROSOFT}__AUTHORITY": "http://localhost:1",
        f"{MICROSOFT}__CREDENTIALS": json.dumps([{"value": GOOD, "expires_on": "2099-01-01"}]),
    }
    assert still_house.broker("doctor", **changes).code == 69
