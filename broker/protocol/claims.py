"""What a provider states about a person, read with suspicion: a claim is of the type we expect, or it is not there.

Used for an ID token's claims (`id_token`) and for those of the userinfo endpoint (`userinfo`). Which of them may be
believed is for the provider's module; how an address is spelled is for `addresses`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_INTEGER = 2**53  # the integers that every JSON implementation holds exactly (RFC 8259 section 6)
MAX_DISPLAY_CHARACTERS = 512
MAX_LIST_MEMBERS = 1_000
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Claims by name; nobody changes them. Prints the names only, for the values are somebody's data."""

    claims: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(sorted(self.claims))})"

    def text(self, name: str) -> str | None:
        """A claim that is compared or kept: exactly as it came, if it is a string, not empty, without controls."""
        value = self.claims.get(name)
        if not isinstance(value, str) or not value or _has_controls(value):
            return None
        return value

    def display(self, name: str) -> str | None:
        """A claim that people read, such as a name: controls taken out, trimmed, cut at 512 characters.

        Still to be escaped where it is shown.
        """
        value = self.claims.get(name)
        if not isinstance(value, str):
            return None
        # Cut first as well: a name of 60 KiB is not worth walking over.
        beginning = value[: 2 * MAX_DISPLAY_CHARACTERS]
        clean = "".join(
            " " if char.isspace() else char for char in beginning if not _is_control(char) or char in "\t\n\r"
        )
        return clean.strip()[:MAX_DISPLAY_CHARACTERS].rstrip() or None

    def number(self, name: str) -> int | None:
        """A claim that is a JSON integer, 0 < value < 2^53. Neither `true` nor `1.0` nor `"1"` is one."""
        value = self.claims.get(name)
        # In Python a bool is an int, and `true` would pass for the first second of 1970.
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < MAX_INTEGER:
            return None
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A claim that is a list of strings, such as roles; what in it is none is left out, a lone string is a list."""
        value = self.claims.get(name)
        members = value[:MAX_LIST_MEMBERS] if isinstance(value, list) else [value]
        return tuple(member for member in members if isinstance(member, str) and member and not _has_controls(member))


def _has_controls(value: str) -> bool:
    return not value.isprintable() and any(_is_control(char) for char in value)


def _is_control(char: str) -> bool:
    """Controls forge log lines, and databases choke on NUL; direction marks let one name pass for another."""
    return unicodedata.category(char) in ("Cc", "Cs") or char in _DIRECTION_MARKS
