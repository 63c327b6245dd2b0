"""A person's attributes as a configured provider states them, under the names that the operator mapped.

An address is verified by the boolean `email_verified` alone: not by the string "true", not by its absence. Shared by
the two generic providers; Microsoft has rules of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from broker.models.identities import AddressCandidate
from broker.protocol.addresses import canonical_address, is_ascii_local
from broker.protocol.claims import Claims

MOST_PICTURE_BYTES = 2048


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What becomes part of the identity; display text is cut and clean, but still to be escaped."""

    candidates: tuple[AddressCandidate, ...]
    name: str | None
    given_name: str | None
    family_name: str | None
    preferred_username: str | None
    picture: str | None


def attributes(claims: Claims, *, mapping: Mapping[str, str]) -> Attributes:
    """Read the standard claims. `mapping`: standard claim → the provider's name for it, where that differs."""

    def own(name: str) -> str:
        return mapping.get(name, name)

    return Attributes(
        candidates=_candidates(claims.claims.get(own("email")), claims.claims.get(own("email_verified"))),
        name=claims.display(own("name")),
        given_name=claims.display(own("given_name")),
        family_name=claims.display(own("family_name")),
        preferred_username=claims.display(own("preferred_username")),
        picture=_picture(claims.text(own("picture"))),
    )


def _candidates(unverified_email: object, unverified_verdict: object) -> tuple[AddressCandidate, ...]:
    address = canonical_address(unverified_email)
    if address is None:
        return ()
    proven = unverified_verdict is True and is_ascii_local(address)
    return (AddressCandidate(address=address, verified_by="email_verified" if proven else None),)


def _picture(unverified: str | None) -> str | None:
    """A web address, whole and without user info, or nothing: applications put it into `src`, whatever it says."""
    url = (unverified or "").strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    return url if is_web and len(url.encode()) <= MOST_PICTURE_BYTES else None
