"""What an application was told and what it can read, beside what people did: the second half of `tests.load.webhooks`.

Every acknowledged sign-in is an event in the list, and every event of the list came to the application's endpoint:
signed by its secret, of each person in the order of the list.
"""

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from broker.web.workos import ids
from tests.browsers import Browser
from tests.webhooks.receiver import Received, Receiver

PATH: Final = "/application"
SECRET: Final = "a-secret-for-webhooks-0123456789"
API_KEY: Final = "sk_load_0123456789abcdef0123"
SIGNED_IN: Final = "authentication.oauth_succeeded"
_NAMES: Final = f"user.created,user.updated,user.deleted,{SIGNED_IN}"


def application(receiver: Receiver) -> str:
    """Whom the configuration names, as its environment variable."""
    entry = {
        "name": "Load",
        "client_id": "client_LOAD",
        "api_keys": [API_KEY],
        "webhook_secret": SECRET,
        "webhook_urls": [receiver.url(PATH)],
    }
    return json.dumps([entry])


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What must not be: sign-ins without an event, events that were not told, persons told in another order."""

    unlisted: int
    untold: int
    out_of_order: int
    bad_signatures: int


async def listed(program: Browser) -> list[dict[str, Any]]:
    """All events, page by page as a program follows them."""
    found: list[dict[str, Any]] = []
    while True:
        behind = f"&after={found[-1]['id']}" if found else ""
        page = await program.get(f"/events?limit=100&events={_NAMES}{behind}", Authorization=f"Bearer {API_KEY}")
        events = json.loads(page.body)["data"]
        if not events:
            return found
        found += events


def followed(
    receiver: Receiver, events: Sequence[Mapping[str, Any]], sessions: Mapping[str, Sequence[str]]
) -> Followed:
    """Compare. `sessions`: acknowledged sign-ins of each user."""
    told = [one for one in receiver.taken(PATH) if one.body["event"] in _NAMES.split(",")]
    came = list({one.body["id"]: one.body for one in told}.values())
    signed_in = Counter(_person(event) for event in events if event["event"] == SIGNED_IN)
    by_list, by_hook = _of_each(events), _of_each(came)
    return Followed(
        unlisted=sum(max(0, len(made) - signed_in[_spelled(user)]) for user, made in sessions.items()),
        untold=len({event["id"] for event in events} ^ {event["id"] for event in came}),
        out_of_order=sum(by_hook.get(person) != events for person, events in by_list.items()),
        bad_signatures=sum(not _is_signed(one) for one in receiver.received if one.path == PATH),
    )


def _of_each(events: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        found[_person(event)].append(event["id"])
    return found


def _person(event: Mapping[str, Any]) -> str:
    data = event["data"]
    found: str = data.get("user_id") or data["id"]
    return found


def _spelled(user_id: str) -> str:
    return ids.spelled("user", str(UUID(user_id)))


def _is_signed(one: Received) -> bool:
    stamp, mac = one.headers["workos-signature"].split(", ")
    signed = f"{stamp.removeprefix('t=')}.".encode() + one.raw
    return hmac.compare_digest(mac.removeprefix("v1="), hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())
