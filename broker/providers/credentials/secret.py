"""A shared secret (RFC 6749 2.3.1), revealed for each request and kept nowhere, so that its file may be replaced."""

from collections.abc import Callable
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # ships no types

from broker.crypto import token_hash
from broker.providers.credentials.credential import Credential, PreparedForm, TokenRequest


class ClientSecret(Credential):
    """A secret; in the form, or as HTTP Basic where the provider takes nothing else.

    `reveal` is asked for every request, so that a secret in a file may be replaced under a running server.
    """

    kind = "secret"

    def __init__(self, *, id: str, reveal: Callable[[], str], expires_at: int | None = None) -> None:
        """`expires_at`: as the operator wrote it down; Microsoft tells nobody."""
        super().__init__(id)
        self._reveal = reveal
        self._expires_at = expires_at

    @property
    def expires_at(self) -> int | None:
        """As the operator wrote it down."""
        return self._expires_at

    def material(self) -> str:
        """The secret's hash."""
        return token_hash(self._reveal())

    async def prepare(self, request: TokenRequest) -> PreparedForm:
        """Add the secret. The client id is said once only: RFC 6749 3.2 forbids repeated parameters."""
        body = urlencode({name: value for name, value in request.form.items() if name != "client_id"})
        headers: dict[str, str] = {}
        basic = "client_secret_post" not in request.methods and "client_secret_basic" in request.methods
        name, secret = request.client_id, self._reveal()
        material = token_hash(secret)
        if basic:
            # Both halves are form-encoded first (RFC 6749 2.3.1), which authlib leaves to its caller.
            name, secret = quote_plus(name), quote_plus(secret)
        auth = ClientAuth(name, secret, "client_secret_basic" if basic else "client_secret_post")
        _, headers, body = auth.prepare("POST", request.endpoint, headers, body)
        return PreparedForm(body=body, headers=headers, material=material)


def public_secret(value: str) -> Credential:
    """A secret that everybody knows: the emulator's."""
    return ClientSecret(id="public", reveal=lambda: value)
