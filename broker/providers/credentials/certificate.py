"""A certificate: each request brings a statement that its key has just signed (`private_key_jwt`, RFC 7523).

As Microsoft wants it: PS256, named by the certificate's SHA-256 thumbprint, for exactly one token endpoint. The file
is looked at every few seconds and read again when it changed; parsing a key costs a hundred times what a signature
costs. A new file that cannot be used keeps the old one in force, and the operator is told.
"""

from collections.abc import Callable
from pathlib import Path

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]

from broker.clock import Clock
from broker.config.sections.certificate_file import CertificateWithKey
from broker.config.sections.secret import stamp_of
from broker.config.sections.section import Unfit
from broker.crypto import base64url, opaque_token
from broker.providers.credentials.credential import (
    Credential,
    PreparedForm,
    Standing,
    TokenRequest,
    with_assertion,
)

LIFETIME_SECONDS = 300
BACKDATED_SECONDS = 60
LOOK_SECONDS = 5.0


class ClientCertificate(Credential):
    """A key and its certificate, from a file that may be exchanged under a running server."""

    kind = "certificate"

    def __init__(
        self,
        *,
        id: str,
        path: Path,
        read: Callable[[], CertificateWithKey],
        clock: Clock,
        on_broken: Callable[[str], None],
    ) -> None:
        """`read` has the file at `path` as it is now; `on_broken` hears why a new one is not used. Raises `Unfit`."""
        super().__init__(id)
        self._path = path
        self._read = read
        self._clock = clock
        self._on_broken = on_broken
        self._stamp = stamp_of(path)
        self._current = read()
        self._look_at = clock.monotonic() + LOOK_SECONDS
        self._problem: str | None = None

    @property
    def expires_at(self) -> int:
        """As the certificate says."""
        return self._followed().not_after

    def material(self) -> str:
        """The certificate's thumbprint."""
        return self._followed().sha256.hex()

    async def prepare(self, request: TokenRequest) -> PreparedForm:
        """Sign who we are, for this endpoint and the next minutes. No statement is made twice."""
        current = self._followed()
        now = self._clock.now()
        claims = {
            # Microsoft's clock may be a little behind ours.
            "nbf": now - BACKDATED_SECONDS,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": opaque_token(),
        }
        header = {"typ": "JWT", "x5t#S256": base64url(current.sha256)}
        method = PrivateKeyJWT(request.audience, claims=claims, headers=header, alg="PS256")
        assertion = method.sign(ClientAuth(request.client_id, current.private_key, method), request.audience)
        return with_assertion(request, assertion, material=current.sha256.hex())

    def standing(self) -> Standing:
        """With the thumbprints by which the portal lists it."""
        current = self._followed()
        return Standing(
            id=self.id,
            kind=self.kind,
            expires_at=current.not_after,
            thumbprint_sha1=current.sha1.hex().upper(),
            thumbprint_sha256=current.sha256.hex().upper(),
            problem=self._problem,
        )

    def _followed(self) -> CertificateWithKey:
        """The certificate as its file has it, or had it when it could last be used."""
        if self._clock.monotonic() >= self._look_at:
            self._look_at = self._clock.monotonic() + LOOK_SECONDS
            self._look()
        return self._current

    def _look(self) -> None:
        try:
            stamp = stamp_of(self._path)
            if stamp != self._stamp:
                # Only what could be read counts as seen: a password may come after the file that it opens.
                self._current, self._stamp = self._read(), stamp
            self._problem = None
        except Unfit as unfit:
            problem = f"its file {unfit}"
            if problem != self._problem:
                self._on_broken(problem)
            self._problem = problem
