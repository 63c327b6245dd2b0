"""Which page a request asks for, and the envelope that the SDKs follow."""

import json
from typing import Any

import pytest
from starlette.requests import Request

from broker.models.lists import Part, Seek
from broker.web.workos import ids, lists
from broker.web.workos.errors import ParametersInvalid

OWN = "0199a000-0000-7000-8000-000000000000"
USER = ids.spelled("user", OWN)


def asking(query: str) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [], "query_string": query.encode(), "path": "/"})


def test_nothing_asked_for_is_ten_newest_first() -> None:
    page = lists.page_of(asking("after=&before="))
    assert page == lists.Page(limit=10, after=None, before=None, newest_first=True)
    assert page.seek("user") == Seek(limit=10)
    assert not lists.page_of(asking(""), default_order="asc").newest_first


def test_cursors_are_read_as_ids_of_the_lists_own_kind() -> None:
    assert lists.page_of(asking(f"after={USER}&limit=100&order=asc")).seek("user") == Seek(
        limit=100, after=OWN, newest_first=False
    )
    for name in ("after", "before"):
        with pytest.raises(ParametersInvalid) as refusal:
            lists.page_of(asking(f"{name}={USER}")).seek("session")
        assert refusal.value.fields == {name: f"{name}_invalid"}


def test_in_normal_order_after_means_newer_and_faults_are_told_by_the_name_that_was_used() -> None:
    assert lists.page_of(asking(f"order=normal&after={USER}")).seek("user") == Seek(before=OWN)
    assert lists.page_of(asking(f"order=normal&before={USER}")).seek("user") == Seek(after=OWN)
    for name in ("after", "before"):
        with pytest.raises(ParametersInvalid) as refusal:
            lists.page_of(asking(f"order=normal&{name}=x")).seek("user")
        assert refusal.value.fields == {name: f"{name}_invalid"}


@pytest.mark.parametrize("limit", ["0", "101", "-1", "+5", "ten", "1e2", "9" * 5000, "%D9%A3", "%C2%B2", "5%00"])
def test_limit_that_is_no_number_from_1_to_100_is_refused(limit: str) -> None:
    with pytest.raises(ParametersInvalid) as refusal:
        lists.page_of(asking(f"limit={limit}"))
    assert refusal.value.fields == {"limit": "limit_out_of_range"}


def test_cursors_of_the_answer_stand_only_where_more_follows() -> None:
    def cursors(query: str, items: str, *, before: bool, after: bool) -> dict[str, Any]:
        part = Part(items=tuple(items), more_before=before, more_after=after)
        answer = lists.answer(lists.page_of(asking(query)), part, lambda item: {"id": item})
        told = json.loads(bytes(answer.body))
        assert (told["object"], [each["id"] for each in told["data"]]) == ("list", list(items))
        found: dict[str, Any] = told["list_metadata"]
        return found

    assert cursors("", "ab", before=False, after=False) == {"before": None, "after": None}
    assert cursors("", "ab", before=True, after=True) == {"before": "a", "after": "b"}
    assert cursors("order=normal", "ab", before=False, after=True) == {"before": "b", "after": None}
    assert cursors("", "", before=True, after=True) == {"before": None, "after": None}


@pytest.mark.parametrize("newest_first", [True, False])
def test_part_of_a_short_list_is_what_the_store_would_find(newest_first: bool) -> None:
    everybody = list("bdfhj")[:: -1 if newest_first else 1]
    items = {name: name for name in everybody}

    def part(**wanted: Any) -> tuple[str, bool, bool]:
        found = lists.part_of(items, Seek(limit=2, newest_first=newest_first, **wanted))
        return "".join(found.items), found.more_before, found.more_after

    first, second, third, fourth, fifth = everybody
    assert part() == (first + second, False, True)
    assert part(after=second) == (third + fourth, True, True)
    assert part(after=fourth) == (fifth, True, False)
    assert part(after=fifth) == ("", True, False)
    assert part(before=fourth) == (second + third, True, True)
    assert part(before=second) == (first, False, True)
    assert part(before=first) == ("", False, True)
    assert part(after="e") == (("db" if newest_first else "fh"), True, not newest_first)
    assert part(before="e") == (("hf" if newest_first else "bd"), newest_first, True)
