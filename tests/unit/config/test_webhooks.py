"""`webhooks`: what is wrong with a hook is told when the file is loaded, not when somebody signs in."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from broker.foundation import PARTS, webhooks_in_reach
from tests.unit.config.files import BASE, PRODUCTION, loaded, refused

GOOD = "https://app.example.com/hook"


def hook(callback: object = GOOD, events: object = ("user",), **more: object) -> dict[str, Any]:
    return {"webhooks.hooks": [{"callback": callback, "events": events, **more}]}


def test_hooks_are_read_with_their_events() -> None:
    (one,) = loaded(hook(events=["user", "session.delete"])).config.webhooks.hooks
    assert (one.callback, one.events) == (GOOD, ("user", "session.delete"))


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        (hook("app.example.com"), "webhooks.hooks[0].callback", "is no absolute http or https URL"),
        (hook("https://user:hush@app.example.com/"), "webhooks.hooks[0].callback", "is no absolute"),
        (hook(events=[]), "webhooks.hooks[0].events", "must name at least one event"),
        (hook(events=["nope"]), "webhooks.hooks[0].events[0]", ""),
        (hook(secret="hush"), "webhooks.hooks[0].secret", ""),
        ({"webhooks.hooks": [{"events": ["user"]}]}, "webhooks.hooks[0].callback", ""),
        ({"webhooks.hooks": [{"callback": GOOD, "events": ["user"]}] * 2}, "webhooks.hooks[1].callback", "stands in"),
        ({"webhooks.allow_private": ["10.0.0.1/8"]}, "webhooks.allow_private[0]", "is no network"),
        ({"webhooks.allow_private": ["internal"]}, "webhooks.allow_private[0]", "is no network"),
    ],
)
def test_mistake_is_named_by_its_key(keys: dict[str, Any], key: str, message: str) -> None:
    found = refused(keys)
    assert list(found) == [key]
    assert found[key].startswith(message)
    assert "hush" not in json.dumps(found)


def test_plain_http_goes_with_a_network_of_ones_own_or_loopback() -> None:
    own = {"webhooks.allow_private": ["10.0.0.0/8"], **hook("http://10.1.2.3/hook")}
    assert out_of_reach(own, base=PRODUCTION) == []
    assert out_of_reach(hook("http://localhost:9000/")) == []


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        ("http://app.example.com/", "must be https"),
        ("http://localhost:9000/", "must be https"),
        ("https://10.1.2.3/", "is a private address"),
        ("https://[::1]/", "is a private address"),
    ],
)
def test_hook_that_would_never_be_asked_is_a_mistake(callback: str, message: str) -> None:
    assert out_of_reach(hook(callback), base=PRODUCTION) == [("webhooks.hooks[0].callback", message)]


def test_loader_asks_the_network() -> None:
    assert webhooks_in_reach in PARTS.rules


def out_of_reach(keys: dict[str, Any], base: Mapping[str, Any] = BASE) -> list[tuple[str, str]]:
    """What the network itself has against it."""
    return [(each.key, each.message) for each in webhooks_in_reach(loaded(keys, base=base).config)]


def test_a_network_that_is_everywhere_is_told() -> None:
    found = loaded({"webhooks.allow_private": ["0.0.0.0/0"]}, base=PRODUCTION)
    assert any("webhooks.allow_private[0]" in notice for notice in found.notices)


def of_application(*urls: str, **more: Any) -> dict[str, Any]:
    entry = {"name": "A", "client_id": "client_01A", "webhook_urls": list(urls), **more}
    return {"workos.enabled": True, "workos.applications": [entry]}


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        (of_application("https://app.example.com/"), "webhook_secret", "is missing"),
        (of_application("no url", webhook_secret="a~secret~of~webhooks"), "webhook_urls[0]", "is no absolute"),
        (
            of_application(
                "https://app.example.com/", "https://app.example.com/", webhook_secret="a~secret~of~webhooks"
            ),
            "webhook_urls[1]",
            "stands there twice",
        ),
    ],
)
def test_what_an_application_is_told_is_signed_and_told_once(keys: dict[str, Any], key: str, message: str) -> None:
    found = refused(keys)
    assert list(found) == [f"workos.applications[0].{key}"]
    assert found[f"workos.applications[0].{key}"].startswith(message)


def test_url_of_an_application_that_would_never_be_asked_is_a_mistake() -> None:
    keys = of_application("https://10.1.2.3/", webhook_secret="a~secret~of~webhooks")
    assert out_of_reach(keys, base=PRODUCTION) == [
        ("workos.applications[0].webhook_urls[0]", "is a private address"),
    ]
