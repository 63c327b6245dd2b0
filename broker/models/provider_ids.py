"""What sign-ins call a provider: its name, or for an organization's own connection the name, a colon and the id."""

from typing import Final

_PARTED: Final = ":"


def provider_id_of(name: str, connection_id: str) -> str:
    """The id of the provider that a connection is, by the name of its kind."""
    return f"{name}{_PARTED}{connection_id}"


def provider_name(provider_id: str) -> str:
    """What people and figures call it: a connection has its provider's name, any other provider's id is its name."""
    return provider_id.partition(_PARTED)[0]


def connection_of(provider_id: str) -> str | None:
    """The id of the connection that a provider of this id is, if it is one."""
    _name, parted, connection_id = provider_id.partition(_PARTED)
    return connection_id if parted else None
