"""The credentials that configuration lists, in its order."""

import datetime
from collections.abc import Sequence

from broker.config.sections.credentials import CredentialSection
from broker.providers.credentials.credential import Credential
from broker.providers.credentials.secret import ClientSecret


def from_sections(sections: Sequence[CredentialSection]) -> list[Credential]:
    """The credentials that configuration lists, in its order. Secrets only: the loader admits nothing else yet."""
    return [
        ClientSecret(
            id=section.id or f"secret-{place}",
            reveal=section.value.reveal,
            expires_at=_end_of(section.expires_on) if section.expires_on is not None else None,
        )
        for place, section in enumerate(sections, start=1)
        if section.value is not None
    ]


def _end_of(day: datetime.date) -> int:
    midnight = datetime.datetime.combine(day, datetime.time.min, tzinfo=datetime.UTC)
    return int(midnight.timestamp()) + 86_400
