"""Signed and timed values that travel through browsers: the one door to itsdangerous.

Each purpose has a salt and keys of its own, so that a value made for one never passes as another. The newest secret
signs, all of them verify.
"""

import hashlib
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from broker.clock import Clock
from broker.crypto import SecretKeys

CLOCK_LEEWAY = 60
"""Seconds by which clocks of replicas may differ."""


class Expired(Exception):
    """Genuine, but too old."""


class Forged(Exception):
    """Not made by us for this purpose."""


class Signed:
    """Signs JSON content for one purpose and reads it back."""

    def __init__(self, secrets: SecretKeys, clock: Clock, *, purpose: str) -> None:
        self._clock = clock
        self._serializer = URLSafeTimedSerializer(
            # itsdangerous signs with the last key and verifies with all of them.
            [secrets.derive("signed:" + purpose, secret_id) for secret_id in reversed(secrets.ids)],
            salt="broker." + purpose,
            signer=_signer_by(clock),
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def dumps(self, content: dict[str, Any]) -> str:
        """The content with its time and signature, fit for a URL or a cookie."""
        return str(self._serializer.dumps(content))

    def loads(self, unverified: str, *, max_age: int) -> dict[str, Any]:
        """The content, at most `max_age` seconds old. Raises `Expired`, `Forged`.

        Made a little in the future counts as made now: replicas' clocks differ, and a sign-in can be quick.
        """
        try:
            content, made_at = self._serializer.loads(unverified, return_timestamp=True)
        except BadSignature as error:
            raise Forged from error
        age = self._clock.now() - int(made_at.timestamp())
        if not -CLOCK_LEEWAY <= age <= max_age or not isinstance(content, dict):
            raise Expired
        return content


class SignedValues:
    """One `Signed` for each purpose, made when it is first asked for: a face may have purposes of its own."""

    def __init__(self, secrets: SecretKeys, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock
        self._by_purpose: dict[str, Signed] = {}

    def purpose(self, name: str) -> Signed:
        """What signs for this purpose, and reads nothing that was signed for another."""
        if name not in self._by_purpose:
            self._by_purpose[name] = Signed(self._secrets, self._clock, purpose=name)
        return self._by_purpose[name]


def _signer_by(clock: Clock) -> type[TimestampSigner]:
    class ClockedSigner(TimestampSigner):
        """itsdangerous' timed signer, by our clock."""

        def get_timestamp(self) -> int:
            return clock.now()

    return ClockedSigner
