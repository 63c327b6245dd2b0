"""The published key set in Microsoft's form, and the ways in which control can spoil it.

A v2 key has no `alg`, and says by `issuer` which issuer it signs for: the placeholder for work accounts, the exact
issuer for personal ones. Government keys stand in the global set as well, under the same placeholder as work keys and
told apart by `cloud_instance_name` alone. Source: Microsoft's published key documents.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from broker.emulator.clouds import CLOUDS, GLOBAL, Cloud
from broker.emulator.keys import KeyClass, Keys, SigningKey, make_key
from broker.emulator.tenants import PERSONAL, Segment


class Publication(StrEnum):
    """What the keys endpoint serves."""

    NORMAL = "normal"
    STALE = "stale"
    """The keys of the moment at which this was ordered, whatever became of them."""
    EMPTY = "empty"
    MALFORMED = "malformed"
    REMOVE_ISSUER = "remove_issuer"
    DUPLICATE_KID = "duplicate_kid"


def cloud_instance_name(base: str) -> str:
    """The name of this cloud, the same in the discovery document and in each key."""
    return urlsplit(base).netloc


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which key document is asked for: of what base, segment and cloud, and of which application (`appid`)."""

    base: str
    segment: Segment
    cloud: Cloud = GLOBAL
    government_base: str | None = None
    """Where the government cloud is, for the name of its keys; without one they have a name of their own."""
    client_id: str | None = None


class KeySet:
    """The keys endpoint's answer, normal or as control has it."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._namesakes: dict[KeyClass, SigningKey] = {}
        self._publication = Publication.NORMAL
        self._stale: dict[Cloud, list[SigningKey]] = {}

    @property
    def publication(self) -> Publication:
        """What is served at present."""
        return self._publication

    @publication.setter
    def publication(self, publication: Publication) -> None:
        self._publication = publication
        if publication is Publication.STALE:
            self._stale = {cloud: self._keys.published(*cloud.key_classes) for cloud in CLOUDS}

    def document(self, asked: Asked) -> bytes:
        """The body of the answer. Personal keys alone for `consumers`; all keys else."""
        if self._publication is Publication.MALFORMED:
            return b'{"keys":[{"kty":"RSA","use":"sig",'
        if self._publication is Publication.EMPTY:
            return b'{"keys":[]}'
        keys = self._keys_of(asked)
        members = [_published(key, asked) for key in keys]
        if self._publication is Publication.DUPLICATE_KID:
            members.append(self._namesake(members[0], keys[0].key_class))
        if self._publication is Publication.REMOVE_ISSUER:
            for member in members:
                del member["issuer"]
        return json.dumps({"keys": members}, separators=(",", ":")).encode()

    def _keys_of(self, asked: Asked) -> list[SigningKey]:
        stale = self._publication is Publication.STALE
        keys = self._stale[asked.cloud] if stale else self._keys.published(*asked.cloud.key_classes)
        if asked.segment.tenant is PERSONAL:
            keys = [key for key in keys if key.key_class is KeyClass.PERSONAL]
        own = self._keys.of_application(asked.client_id) if asked.client_id else None
        return keys if own is None else [*keys, own]

    def _namesake(self, original: Mapping[str, object], key_class: KeyClass) -> dict[str, object]:
        """Another key under the first one's `kid`."""
        if key_class not in self._namesakes:
            self._namesakes[key_class] = make_key(key_class=key_class, now=self._keys.now())
        twin = self._namesakes[key_class]
        return dict(original) | {"n": twin.modulus, "x5c": [_certificate(twin)]}


def _published(key: SigningKey, asked: Asked) -> dict[str, object]:
    personal = key.key_class is KeyClass.PERSONAL
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": key.kid,
        "x5t": key.kid,
        "n": key.modulus,
        "e": "AQAB",
        "x5c": [_certificate(key)],
        "cloud_instance_name": _cloud_of(key, asked),
        # A personal key names its issuer exactly wherever it is shown.
        "issuer": f"{asked.base}/{PERSONAL.id}/v2.0" if personal else asked.segment.issuer(asked.base),
    }


def _cloud_of(key: SigningKey, asked: Asked) -> str:
    own = cloud_instance_name(asked.base)
    if key.key_class is not KeyClass.GOVERNMENT or asked.cloud is not GLOBAL:
        return own
    return f"usgov.{own}" if asked.government_base is None else cloud_instance_name(asked.government_base)


def _certificate(key: SigningKey) -> str:
    return base64.b64encode(key.certificate).decode()
