"""Our events as WorkOS' webhooks tell them: the event object, and a header that proves where it comes from.

`WorkOS-Signature: t=<ms>, v1=<hex>`: HMAC-SHA-256 by the hook's secret over time, a dot and the body. Made anew at each
attempt: the SDKs take a time that is three minutes off for a replay. By the event's id a receiver drops what comes
twice.

A program in JavaScript may give its SDK the body as it has read it, and the SDK then signs what `JSON.stringify` makes
of that. So the body is spelled as that would spell it, to the byte.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

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
        body = as_javascript_spells(event_data.event(event))
        signed = signature(body, self._secret_of(hook), at_ms=self._clock.now_ms())
        return Message(headers={"content-type": "application/json", "workos-signature": signed}, body=body)


def as_javascript_spells(event: Mapping[str, Any]) -> bytes:
    """JSON as `JSON.stringify` spells it (ECMA-262 25.5.2), letters as they are, of members in the order of there."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def signature(body: bytes, secret: str, *, at_ms: int) -> str:
    """The header's value: both SDKs split it at the comma and the blank."""
    mac = hmac.new(secret.encode(), f"{at_ms}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_ms}, v1={mac}"
