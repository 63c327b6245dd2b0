"""What an application's program says of a user in a body: read, and told field by field where it is wrong. The codes
name the field: the Node SDK shows nothing but them.

A member that we do not know is ignored. A password is refused, not ignored: nobody signs in with one here.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from broker.accounts.upkeep import Wanted
from broker.models.users import MOST_NAME_CHARACTERS, is_writable
from broker.protocol.addresses import canonical_address
from broker.web.workos.errors import ParametersInvalid

MOST_EXTERNAL_ID: Final = 255
MOST_MEMBERS: Final = 50
MOST_MEMBER_NAME: Final = 40
MOST_MEMBER_VALUE: Final = 600
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


def user_changes(body: Mapping[str, object]) -> Wanted:
    """What is to change: what is absent stays, `null` clears what can be cleared. Raises `ParametersInvalid`."""
    faults: dict[str, str] = {}
    values = {ours: _value(name, body[name], faults) for name, ours in _VALUES.items() if name in body}
    address = _address(body.get("email"), faults)
    is_verified = body.get("email_verified")
    if not isinstance(is_verified, bool | None):
        faults["email_verified"] = "email_verified_must_be_boolean"
    faults |= {name: "password_not_supported" for name in _SECRETS if body.get(name) is not None}
    metadata = _metadata(body.get("metadata"), faults)
    if faults:
        raise ParametersInvalid(faults)
    return Wanted(
        values=values,
        address=address,
        is_verified=is_verified if isinstance(is_verified, bool) else None,
        metadata=metadata,
        clears_metadata="metadata" in body and body["metadata"] is None,
    )


def _value(name: str, unverified: object, faults: dict[str, str]) -> str | None:
    """One line of text; an empty one clears."""
    if unverified is None:
        return None
    if not isinstance(unverified, str):
        faults[name] = f"{name}_must_be_string"
        return None
    text = unverified.strip()
    most = MOST_EXTERNAL_ID if name == "external_id" else MOST_NAME_CHARACTERS
    if len(text) > most:
        faults[name] = f"{name}_too_long"
    elif not is_writable(text) or (name == "locale" and text and not _LOCALE.fullmatch(text)):
        faults[name] = f"{name}_invalid"
    return text or None


def _address(unverified: object, faults: dict[str, str]) -> str | None:
    if unverified is None:
        return None
    found = canonical_address(unverified.strip()) if isinstance(unverified, str) else None
    if found is None:
        faults["email"] = "email_invalid"
    return found


def _metadata(unverified: object, faults: dict[str, str]) -> Mapping[str, Any]:
    """Names and texts; `null`, or an empty text, takes one away."""
    if unverified is None:
        return {}
    if not isinstance(unverified, dict) or len(unverified) > MOST_MEMBERS:
        faults["metadata"] = "metadata_invalid"
        return {}
    for name, value in unverified.items():
        fits = value is None or (isinstance(value, str) and len(value) <= MOST_MEMBER_VALUE)
        if not fits or not 1 <= len(name) <= MOST_MEMBER_NAME:
            faults["metadata"] = "metadata_invalid"
    return {name: value or None for name, value in unverified.items()}
