"""`broker webhooks`, and that webhooks are told of what other commands change."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from tests.cli.houses import House, a_house

CALLBACK = "http://localhost:1/hook"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    hooks = json.dumps([{"callback": CALLBACK, "events": ["user"]}])
    environment = {"BROKER_WEBHOOKS__HOOKS": hooks, "BROKER_WORKOS__ENABLED": "true"}
    with a_house(tmp_path_factory.mktemp("webhooks"), **environment) as one, one.serving():
        yield one


async def test_commands_list_hooks_and_what_they_did_not_take_and_send_it_again(house: House) -> None:
    await house.signed_in("dave")
    (hook,) = house.broker("webhooks", "list", "--json").json
    assert (hook["callback"], hook["events"], hook["state"]) == (CALLBACK, ["user"], "configured")
    table = house.broker("webhooks", "list")
    assert CALLBACK in table.output

    for _ in range(20):
        found = house.broker("webhooks", "deliveries", hook["id"], "--json").json
        if found:
            break
    assert (found[0]["event"], found[0]["last_failure"]) == ("user.create", "no connection")
    done = house.broker("webhooks", "redeliver", hook["id"], found[0]["id"])
    assert done.code == 0 or "at this moment" in done.errors
    assert house.broker("webhooks", "redeliver", hook["id"], hook["id"]).code == 1
    assert house.broker("webhooks", "deliveries", "nobody").code == 1


async def test_user_who_is_deleted_by_a_command_is_told_of(house: House) -> None:
    await house.signed_in("erin")
    erin = house.broker("users", "list", "--json").json[-1]["id"]
    assert house.broker("users", "delete", erin, "--yes").code == 0
    assert {("user.delete", erin), ("user.deleted", erin)} <= set(_outbox(house))


def _outbox(house: House) -> list[tuple[str, str]]:
    (file,) = Path(house.folder).rglob("*.db")
    with closing(connect(file)) as database:
        return list(database.execute("SELECT name, user_id FROM outbox"))
