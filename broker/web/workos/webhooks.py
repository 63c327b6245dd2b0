"""Our events as WorkOS' webhooks tell them: the event object, and a header that proves where it comes from.

`WorkOS-Signature: t=<ms>, v1=<hex>`: HMAC-SHA-256 by the hook's secret over time, a dot and the body. Made anew at each
attempt: the SDKs take a time that is three minutes off for a replay. By the event's id a receiver drops what comes
twice.
"""

import hashlib
import hmac
import json
from collections.abc import Callable

from broker.clock import Clock
from broker.models.webhooks import Message, OutboxEvent, Webhook
from broker.web.workos import event_data


class SignedWebhooks:
    """What hooks of this face are told."""

    def __init__(self, clock: Clock, *, secret_of: Callable[[Webhook], str]) -> None:
        self._clock = clock
        self._secret_of = secret_of

    def message(self, event: OutboxEvent, hook: Webhook) -> Message:
        """The body as it is sent, signed now. Raises `SealBroken`."""
        body = json.dumps(event_data.event(event), separators=(",", ":")).encode()
        signed = signature(body, self._secret_of(hook), at_ms=self._clock.now_ms())
        return Message(headers={"content-type": "application/json", "workos-signature": signed}, body=body)


def signature(body: bytes, secret: str, *, at_ms: int) -> str:
    """The header's value: both SDKs split it at the comma and the blank."""
    mac = hmac.new(secret.encode(), f"{at_ms}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_ms}, v1={mac}"
