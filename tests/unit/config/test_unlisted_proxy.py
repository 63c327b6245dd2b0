"""Behind a proxy that is not listed all people look like one: told at the start and by `broker config check`."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.config.files import BASE, PRODUCTION, loaded

KEY = "server.trusted_proxies"


def told(changes: Mapping[str, Any], base: Mapping[str, Any] = PRODUCTION) -> list[str]:
    """The notices about the key."""
    return [notice for notice in loaded(changes, base=base).notices if notice.startswith(KEY)]


@pytest.mark.parametrize(
    ("address", "hint"),
    [("127.0.0.1:8000", "127.0.0.1"), ("[::1]:8000", "::1"), ("localhost:8000", "127.0.0.1"), ("unix:x.sock", "unix")],
)
def test_public_server_that_only_this_machine_reaches_is_told_to_list_its_proxy(address: str, hint: str) -> None:
    (notice,) = told({"server.public.address": address})
    assert "is empty" in notice
    assert f'["{hint}"]' in notice


@pytest.mark.parametrize(
    "changes",
    [
        {KEY: ["127.0.0.1"]},
        {"server.public.address": "0.0.0.0:8000"},
        {"service.public_url": "https://localhost"},
    ],
)
def test_nothing_is_told_where_the_proxy_is_listed_or_there_is_none(changes: dict[str, Any]) -> None:
    assert told(changes) == []


def test_nothing_is_told_in_development() -> None:
    assert told({}, base=BASE) == []
