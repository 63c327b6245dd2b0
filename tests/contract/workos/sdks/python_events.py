"""Events and webhooks for the published Python SDK: it believes what it is told, and reads what it asks for.

Run with what was delivered, as JSON: the URL of the broker, ids, keys, and of each delivery the body and the header.
Ends with 0 and says nothing, or tells what went wrong.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import workos

GIVEN: dict[str, Any] = json.loads(sys.argv[1])
sdk = workos.WorkOSClient(api_key=GIVEN["api_key"], client_id=GIVEN["client_id"], base_url=GIVEN["url"])


def told() -> list[Any]:
    """Every delivery is verified; the same with one more blank, or by another secret, is not."""
    events = []
    for body, signature in GIVEN["deliveries"]:
        event = sdk.webhooks.verify_event(
            event_body=body.encode(), event_signature=signature, secret=GIVEN["webhook_secret"]
        )
        for altered, secret in ((body + " ", GIVEN["webhook_secret"]), (body, "x" * 32)):
            try:
                sdk.webhooks.verify_event(event_body=altered.encode(), event_signature=signature, secret=secret)
            except ValueError:
                continue
            raise AssertionError("an altered event was believed")
        events.append(event)
    return events


def listed() -> list[Any]:
    """The same events as a list, page by page."""
    names = ["user.created", "authentication.oauth_succeeded", "session.created", "user.updated"]
    page = sdk.events.list_events(events=names, limit=1, range_start="2020-01-01T00:00:00.000Z")
    return list(page.auto_paging_iter())


def endpoints() -> None:
    """One is made, changed, listed and removed; what is wrong raises the SDK's own class."""
    made = sdk.webhooks.create_webhook_endpoint(endpoint_url="https://app.example/hook", events=["user.created"])
    assert made.secret
    changed = sdk.webhooks.update_webhook_endpoint(made.id, status="disabled", events=["user.deleted"])
    assert (changed.id, changed.events) == (made.id, ["user.deleted"])
    assert [each.id for each in sdk.webhooks.list_webhook_endpoints().auto_paging_iter()] == [made.id]
    sdk.webhooks.delete_webhook_endpoint(made.id)
    refused: list[tuple[type[Exception], Callable[[], object]]] = [
        (workos.NotFoundError, lambda: sdk.webhooks.delete_webhook_endpoint(made.id)),
        (workos.UnprocessableEntityError, lambda: sdk.events.list_events(events=["user.created"], limit=1000)),
        (
            workos.UnprocessableEntityError,
            lambda: sdk.webhooks.create_webhook_endpoint(endpoint_url="https://10.0.0.1/", events=["user.created"]),
        ),
    ]
    for kind, call in refused:
        try:
            call()
        except kind:
            continue
        raise AssertionError(f"no {kind.__name__}")


by_hook, by_list = told(), listed()
assert by_hook == by_list, (by_hook, by_list)
assert [type(event).__name__ for event in by_list] == GIVEN["classes"], by_list
endpoints()
