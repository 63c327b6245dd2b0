"""The published key set in Microsoft's form, and the ways in which control can spoil it.

A v2 key has no `alg`, and says by `issuer` which issuer it signs for: the placeholder for work accounts, the exact
issuer for personal ones. Source: Microsoft's published key documents.
"""

import base64
import json
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from broker.emulator.keys import Keys, SigningKey, make_key
from broker.emulator.tenants import PERSONAL, Segment


class Publication(StrEnum):
    """What the keys endpoint serves."""

    NORMAL = "normal"
    EMPTY = "empty"
    MALFORMED = "malformed"
    REMOVE_ISSUER = "remove_issuer"
    DUPLICATE_KID = "duplicate_kid"


def cloud_instance_name(base: str) -> str:
    """The name of this cloud, the same in the discovery document and in each key."""
    return urlsplit(base).netloc


class KeySet:
    """The keys endpoint's answer, normal or as control has it."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._duplicate: SigningKey | None = None
        self.publication = Publication.NORMAL

    def document(self, *, base: str, segment: Segment) -> bytes:
        """The body of the answer for this segment. Personal keys alone for `consumers`; all keys else."""
        if self.publication is Publication.MALFORMED:
            return b'{"keys":[{"kty":"RSA","use":"sig",'
        if self.publication is Publication.EMPTY:
            return b'{"keys":[]}'
        only_personal = segment.tenant is PERSONAL
        keys = [key for key in self._keys.published() if key.personal or not only_personal]
        members = [_published(key, base=base, segment=segment) for key in keys]
        if self.publication is Publication.DUPLICATE_KID:
            members.append(self._namesake(members[0], personal=only_personal))
        if self.publication is Publication.REMOVE_ISSUER:
            for member in members:
                del member["issuer"]
        return json.dumps({"keys": members}, separators=(",", ":")).encode()

    def _namesake(self, original: Mapping[str, object], *, personal: bool) -> dict[str, object]:
        """Another key under the first one's `kid`."""
        if self._duplicate is None:
            self._duplicate = make_key(personal=personal, now=self._keys.now())
        return dict(original) | {"n": self._duplicate.modulus, "x5c": [_certificate(self._duplicate)]}


def _published(key: SigningKey, *, base: str, segment: Segment) -> dict[str, object]:
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": key.kid,
        "x5t": key.kid,
        "n": key.modulus,
        "e": "AQAB",
        "x5c": [_certificate(key)],
        "cloud_instance_name": cloud_instance_name(base),
        # A personal key names its issuer exactly wherever it is shown.
        "issuer": f"{base}/{PERSONAL.id}/v2.0" if key.personal else segment.issuer(base),
    }


def _certificate(key: SigningKey) -> str:
    return base64.b64encode(key.certificate).decode()
