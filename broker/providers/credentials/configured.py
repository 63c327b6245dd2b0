"""The credentials that configuration lists, in its order. A new kind: its file, and its function here."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from broker.clock import Clock
from broker.config.sections.credentials import TOKEN_FILE_VARIABLE, CredentialSection, credential_ids
from broker.config.sections.section import Unfit
from broker.errors import ConfigError
from broker.net.client import CallObserver, OutboundClient
from broker.providers.credentials.certificate import ClientCertificate
from broker.providers.credentials.credential import Credential, CredentialUnusable
from broker.providers.credentials.federated_file import FederatedTokenFile
from broker.providers.credentials.managed_identity import ManagedIdentity, place_of
from broker.providers.credentials.ordered import CredentialObserver
from broker.providers.credentials.secret import ClientSecret


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What credentials are built with. `exchange_audience`: whom another issuer's token must be for."""

    provider: str
    clock: Clock
    exchange_audience: str
    environ: Mapping[str, str] = field(repr=False)
    observe: CredentialObserver | None = None
    observe_calls: CallObserver | None = None


def from_sections(sections: Sequence[CredentialSection], around: Surroundings) -> list[Credential]:
    """One for each section. Raises `ConfigError` for one that cannot be used, which the loader would have said."""
    return [_made(id, section, around) for id, section in zip(credential_ids(sections), sections, strict=True)]


def _made(id: str, section: CredentialSection, around: Surroundings) -> Credential:
    if section.kind == "certificate":
        return _certificate(id, section, around)
    if section.kind == "federated_file":
        path = partial(_token_path, section, around.environ)
        return FederatedTokenFile(id=id, path=path, clock=around.clock)
    if section.kind == "managed_identity":
        return _managed_identity(id, section, around)
    if section.value is None:
        raise ConfigError(f"the credential {id} of {around.provider} has no value")
    expires_at = _end_of(section.expires_on) if section.expires_on is not None else None
    return ClientSecret(id=id, reveal=section.value.reveal, expires_at=expires_at)


def _certificate(id: str, section: CredentialSection, around: Surroundings) -> Credential:
    def on_broken(detail: str) -> None:
        if around.observe is not None:
            around.observe(credential=id, problem="a credential was exchanged for one that is no use", detail=detail)

    if section.file is None:
        raise ConfigError(f"the credential {id} of {around.provider} has no file")
    try:
        return ClientCertificate(
            id=id, path=section.file, read=section.certificate, clock=around.clock, on_broken=on_broken
        )
    except Unfit as unfit:
        raise ConfigError(f"the file of the credential {id} of {around.provider}: {unfit}") from unfit


def _token_path(section: CredentialSection, environ: Mapping[str, str]) -> Path:
    if section.file is not None:
        return section.file
    variable = section.env or TOKEN_FILE_VARIABLE
    if not environ.get(variable):
        raise CredentialUnusable(f"the environment has no {variable}")
    return Path(environ[variable])


def _managed_identity(id: str, section: CredentialSection, around: Surroundings) -> Credential:
    place = place_of(around.environ, audience=around.exchange_audience, identity_client_id=section.identity_client_id)
    client = OutboundClient(
        provider=around.provider,
        clock=around.clock,
        # A machine's own metadata is served to itself alone, by plain http, at an address that no other machine has.
        plain_http_to=urlsplit(place.url).hostname,
        observe=around.observe_calls,
        connect_seconds=1.0,
        total_seconds=5.0,
    )
    return ManagedIdentity(id=id, place=place, client=client, clock=around.clock)


def _end_of(day: datetime.date) -> int:
    midnight = datetime.datetime.combine(day, datetime.time.min, tzinfo=datetime.UTC)
    return int(midnight.timestamp()) + 86_400
