"""A token that somebody else issued for this workload (Kubernetes projects it into a file), shown in place of a secret.

The file is read for every request, for it is exchanged under us. A token that has run out is not sent: the provider
would say less about it than we can.
"""

import base64
import binascii
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from broker.clock import Clock
from broker.crypto import token_hash
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.providers.credentials.credential import (
    Credential,
    CredentialUnusable,
    PreparedForm,
    Standing,
    TokenRequest,
    is_compact,
    with_assertion,
)

LONGEST_BYTES = 16 * 1024


class FederatedTokenFile(Credential):
    """A file with a token of another issuer. What the token says is that issuer's and Microsoft's affair."""

    kind = "federated_file"

    def __init__(self, *, id: str, path: Callable[[], Path], clock: Clock) -> None:
        """`path` raises `CredentialUnusable` where nobody says which file."""
        super().__init__(id)
        self._path = path
        self._clock = clock

    def material(self) -> str:
        """The token's hash; empty while there is none that can be used."""
        try:
            return token_hash(self._token())
        except CredentialUnusable:
            return ""

    async def prepare(self, request: TokenRequest) -> PreparedForm:
        """Show the token."""
        token = self._token()
        return with_assertion(request, token, material=token_hash(token))

    def standing(self) -> Standing:
        """Whether the file has a token that can be used."""
        try:
            self._token()
        except CredentialUnusable as reason:
            return replace(super().standing(), problem=str(reason))
        return super().standing()

    def _token(self) -> str:
        path = self._path()
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                # Opening a pipe waits for whoever writes to it, and everybody would wait with us.
                raise CredentialUnusable(f"the token file {path} cannot be read: it is no regular file")
            with path.open("rb") as file:
                data = file.read(LONGEST_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a path"
            raise CredentialUnusable(f"the token file {path} cannot be read: {reason}") from None
        if len(data) > LONGEST_BYTES:
            raise CredentialUnusable(f"the token file {path} is larger than 16 KiB")
        token = data.decode("ascii", "replace").strip()
        if not token:
            raise CredentialUnusable(f"the token file {path} is empty")
        gone = self._clock.now() - _expiry_of(token, where=f"the token file {path}")
        if gone >= 0:
            raise CredentialUnusable(f"the token file {path} is stale: its token expired {gone} s ago")
        return token


def _expiry_of(unverified_token: str, *, where: str) -> int:
    """When a token says that it ends, in seconds since the epoch. Raises `CredentialUnusable` where it is no token.

    Nothing is verified here: whether the token is genuine is for the one to whom it is shown.
    """
    if not is_compact(unverified_token):
        raise CredentialUnusable(f"{where} holds no token of three parts")
    payload = unverified_token.split(".")[1]
    try:
        unverified = parse_object(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), max_bytes=LONGEST_BYTES
        )
    except (binascii.Error, JsonInvalid):
        raise CredentialUnusable(f"{where} holds a token that cannot be read") from None
    expires = unverified.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise CredentialUnusable(f"{where} holds a token without exp")
    return int(expires)
