"""What a file of people may say, and what is told of a mistake in it."""

import json

import pytest

from broker.clock import FrozenClock
from broker.errors import InvalidRequest
from broker.moving.people_file import people_in
from tests.store.rows import NOW

_WITH_TENANT: dict[str, object] = {
    **dict.fromkeys(("provider", "subject_key", "subject", "provider_client_id"), "x"),
    "id": "00000009-0000-4000-8000-000000000009",
    "tenant": {},
}
_DEEP: list[object] = []
for _ in range(100):
    _DEEP = [_DEEP]


def an_entry(**changes: object) -> dict[str, object]:
    """Somebody as Hanko's export has them."""
    emails = [{"address": "person1@alder.example", "is_primary": True, "is_verified": True}]
    return {"user_id": "00000001-0000-4000-8000-000000000001", "emails": emails, **changes}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([an_entry(user_id="x")], "user_id is no UUID"),
        ([an_entry(created_at="yesterday")], "created_at is no time"),
        ([an_entry(), an_entry()], "stands in the file twice"),
        ([{"emails": [{"address": "a@b.example", "is_primary": True}] * 2}], "several primary"),
        (["x"], "is no object"),
        ([an_entry(emails=[{"address": "a@b.example", "verified_by": "xms-edov"}])], "verified_by of a@b.example"),
        ([an_entry(emails=[{"address": "a@b.example", "verified_by": ["upn"]}])], "verified_by of a@b.example"),
        ([an_entry(metadata={"unsafe_metadata": {"n": float("nan")}})], "a number that JSON does not have"),
        ([an_entry(identities=[_WITH_TENANT])], "tenant is no text"),
        ([an_entry(created_at="0001-01-01T00:00:00+23:00")], "created_at is no time"),
        ([an_entry(updated_at="9999-12-31T23:59:59-23:00")], "updated_at is no time"),
        ([an_entry(metadata={"public_metadata": {"n": _DEEP}})], "public_metadata .*: nested too deep"),
    ],
)
def test_mistake_in_a_file_names_the_record(entries: list[object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        list(people_in(json.dumps(entries), clock=FrozenClock(NOW)))


def test_file_that_is_nested_without_end_is_a_mistake_and_no_fault() -> None:
    with pytest.raises(InvalidRequest, match="nested too deep"):
        list(people_in("[" * 100_000, clock=FrozenClock(NOW)))
