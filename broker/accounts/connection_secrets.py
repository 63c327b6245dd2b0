"""The secret of an organization's registration, as it rests: sealed for its own row."""

from typing import Final

from broker.crypto import SecretKeys

_PURPOSE: Final = "connection_secret"


def sealed_secret(secrets: SecretKeys, connection_id: str, secret: str) -> str:
    """What is stored."""
    return secrets.seal(secret.encode(), purpose=_PURPOSE, place=_place(connection_id))


def opened_secret(secrets: SecretKeys, connection_id: str, sealed: str) -> str:
    """The secret itself. Raises `SealBroken`."""
    return secrets.open(sealed, purpose=_PURPOSE, place=_place(connection_id)).decode()


def _place(connection_id: str) -> str:
    return f"organization_connections:{connection_id}"
