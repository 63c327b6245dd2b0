"""How this face spells ids: a prefix, and the 128 bits of ours in Crockford's base32 (26 characters, as a ULID)."""

from typing import Final, Literal
from uuid import UUID

Prefix = Literal[
    "user",
    "session",
    "conn",
    "conn_domain",
    "prof",
    "org",
    "org_domain",
    "om",
    "event",
    "redir",
    "cors_origin",
    "identity",
    "we",
    "req",
    "",
]
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH: Final = 26


def spelled(prefix: Prefix, own_id: str) -> str:
    """`user_01J…` for one of our UUIDs; without a prefix, just the 26 characters."""
    bits = UUID(own_id).int
    text = "".join(_ALPHABET[(bits >> shift) & 31] for shift in range(125, -1, -5))
    return f"{prefix}_{text}" if prefix else text


def read(prefix: Prefix, unverified: str) -> str | None:
    """Our UUID behind an id, or `None` for what cannot be one: of another kind, or in another spelling."""
    begin = f"{prefix}_" if prefix else ""
    text = unverified.removeprefix(begin)
    if not unverified.startswith(begin) or len(text) != _LENGTH or text[0] not in "01234567":
        return None
    bits = 0
    for character in text:
        value = _VALUES.get(character)
        if value is None:
            return None
        bits = bits << 5 | value
    return str(UUID(int=bits))
