"""What an application's program says of a user in a body.

A password is refused, not ignored: nobody signs in with one here.
"""

import re
from collections.abc import Mapping
from typing import Final

from broker.accounts.upkeep import Wanted
from broker.models.users import MOST_NAME_CHARACTERS, is_writable
from broker.protocol.addresses import canonical_address
from broker.web.workos.body import Body
from broker.web.workos.errors import ParametersInvalid

MOST_EXTERNAL_ID: Final = 255
MOST_MEMBERS: Final = 50
_LOCALE: Final = re.compile(r"[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8}){0,5}")
_VALUES: Final[Mapping[str, str]] = {
    "first_name": "given_name",
    "last_name": "family_name",
    "name": "name",
    "external_id": "external_id",
    "locale": "locale",
}
_SECRETS: Final = ("password", "password_hash", "password_hash_type", "password_salt_position")


def new_user(body: Mapping[str, object]) -> Wanted:
    """A user to be made. Raises `ParametersInvalid`."""
    if body.get("email") in (None, ""):
        raise ParametersInvalid({"email": "email_required"}, "email is missing")
    return user_changes(body)


def user_changes(content: Mapping[str, object]) -> Wanted:
    """What is to change: what is absent stays, `null` clears what can be cleared. Raises `ParametersInvalid`."""
    body = Body(content)
    found = Wanted(
        values={ours: _value(body, name) for name, ours in _VALUES.items() if body.has(name)},
        address=_address(body),
        is_verified=body.switch("email_verified"),
        metadata=body.metadata(most=MOST_MEMBERS),
        clears_metadata=body.clears_metadata,
    )
    body.faults |= {name: "password_not_supported" for name in _SECRETS if body.get(name) is not None}
    body.check()
    return found


def _value(body: Body, name: str) -> str | None:
    """One line of text; an empty one clears."""
    unverified = body.get(name)
    if unverified is None:
        return None
    if not isinstance(unverified, str):
        body.faults[name] = f"{name}_must_be_string"
        return None
    text = unverified.strip()
    most = MOST_EXTERNAL_ID if name == "external_id" else MOST_NAME_CHARACTERS
    if len(text) > most:
        body.faults[name] = f"{name}_too_long"
    elif not is_writable(text) or (name == "locale" and text and not _LOCALE.fullmatch(text)):
        body.faults[name] = f"{name}_invalid"
    return text or None


def _address(body: Body) -> str | None:
    unverified = body.get("email")
    if unverified is None:
        return None
    found = canonical_address(unverified.strip()) if isinstance(unverified, str) else None
    if found is None:
        body.faults["email"] = "email_invalid"
    return found
