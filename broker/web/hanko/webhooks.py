"""Our events as Hanko's webhooks tell them: the signed body. What each is called is in `webhook_names`.

A webhook's token is no session's: it names no issuer and no session, and its subject is nobody. Beside what Hanko sends
stand `jti` and the header `X-Webhook-Id`, the event's id, by which a receiver drops what comes twice.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from broker.clock import Clock
from broker.events.webhooks.snapshot import metadata_in, profile_in, session_in
from broker.models.webhooks import Message, OutboxEvent, Webhook
from broker.web.hanko import present

SUBJECT = "hanko webhooks"
TOKEN_SECONDS = 300


class HankoWebhooks:
    """The face of hooks that Hanko's admin API makes, and of those in the configuration."""

    def __init__(self, sign: Callable[[Mapping[str, Any]], str], clock: Clock, *, audience: Sequence[str]) -> None:
        """`sign` by the key that signs sessions now; `audience` is theirs, too."""
        self._sign = sign
        self._clock = clock
        self._audience = list(audience)

    def message(self, event: OutboxEvent, _hook: Webhook) -> Message:
        """The body, signed now: keys turn, and a signature is good for five minutes."""
        now = self._clock.now()
        token = self._sign(
            {
                "aud": self._audience,
                "data": _data(event),
                "evt": event.name,
                "exp": now + TOKEN_SECONDS,
                "iat": now,
                "jti": event.id,
                "sub": SUBJECT,
            }
        )
        body = json.dumps({"token": token, "event": event.name}, separators=(",", ":")).encode()
        return Message(headers={"content-type": "application/json", "x-webhook-id": event.id}, body=body)


def _data(event: OutboxEvent) -> Mapping[str, Any]:
    content = event.content
    if event.name.startswith("session"):
        session = session_in(content)
        if session is None:
            return {"id": content.get("session_id"), "user_id": event.user_id}
        return present.admin_session(session)
    person = profile_in(content)
    if person is None:
        return {"id": event.user_id}
    # Of somebody else's request there is nothing to tell: an operator's program is not where the person was.
    came = content if content.get("actor") == "user" else {}
    return present.admin_user(
        person,
        ip_address=came.get("ip_address"),
        user_agent=came.get("user_agent"),
        metadata=metadata_in(content),
    )
