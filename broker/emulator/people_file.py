"""People and directories of somebody's own, from a file: what a team's tests sign in with beside the people there are.

    {"tenants": [{"id": "<GUID>", "name": "Elm", "domains": ["elm.example"]}],
     "people": [{"person": "zoe", "tenant": "elm.example", "email": "zoe@elm.example", "edov": true}]}

An entry of `people` takes what control's `POST /_control/people` takes; a name that is there already is changed.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from broker.emulator.clouds import CLOUDS, GLOBAL
from broker.emulator.mistakes import mistakes_in
from broker.emulator.people_changes import PersonChange, change_person
from broker.emulator.state import Emulator
from broker.emulator.tenants import Tenant

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_CLOUDS = {cloud.name: cloud for cloud in CLOUDS}
_PARTS = ("tenants", "people")


class TenantEntry(BaseModel):
    """A directory; `cloud` is `global`, `usgov` or `china`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str = Field(min_length=1)
    domains: list[str] = Field(min_length=1)
    region: str = "EU"
    cloud: str = GLOBAL.name

    @field_validator("id")
    @classmethod
    def _is_guid(cls, value: str) -> str:
        if not _GUID.fullmatch(value):
            raise ValueError("is not a GUID in small letters")
        return value

    @field_validator("domains")
    @classmethod
    def _are_domains(cls, value: list[str]) -> list[str]:
        for domain in value:
            if not _DOMAIN.fullmatch(domain):
                raise ValueError(f"{domain} is not a domain in small letters")
        return value

    @field_validator("cloud")
    @classmethod
    def _exists(cls, value: str) -> str:
        if value not in _CLOUDS:
            raise ValueError(f"is none of {', '.join(_CLOUDS)}")
        return value


def take_people(emulator: Emulator, content: object) -> None:
    """Add the file's directories and people for good. Raises ValueError, a line for each entry that is wrong."""
    parts = _parts(content)
    mistakes: list[str] = []
    for place, entry in enumerate(parts["tenants"]):
        try:
            _add_tenant(emulator, TenantEntry.model_validate(entry))
        except ValueError as error:
            mistakes.append(_told(f"tenants[{place}]", error, TenantEntry))
    for place, entry in enumerate(parts["people"]):
        try:
            change_person(emulator, PersonChange.model_validate(entry))
        except ValueError as error:
            named = entry.get("person") if isinstance(entry, Mapping) else None
            whose = f" ({named})" if isinstance(named, str) else ""
            mistakes.append(_told(f"people[{place}]{whose}", error, PersonChange))
    if mistakes:
        raise ValueError("\n".join(mistakes))
    emulator.directory.keep()


def _parts(content: object) -> Mapping[str, Sequence[object]]:
    if not isinstance(content, Mapping):
        raise ValueError("a mapping with tenants and people is expected")  # noqa: TRY004 - of the file, not of our types
    for name, value in content.items():
        if name not in _PARTS:
            raise ValueError(f"{name}: not known here; there are {' and '.join(_PARTS)}")
        if not isinstance(value, list):
            raise ValueError(f"{name}: a list is expected")  # noqa: TRY004
    return {name: content.get(name, []) for name in _PARTS}


def _add_tenant(emulator: Emulator, entry: TenantEntry) -> None:
    emulator.tenants.add(
        Tenant(
            id=entry.id,
            name=entry.name,
            domains=tuple(entry.domains),
            region=entry.region,
            cloud=_CLOUDS[entry.cloud],
        )
    )


def _told(place: str, error: ValueError, kind: type[BaseModel]) -> str:
    if not isinstance(error, ValidationError):
        return f"{place}: {error}"
    return f"{place}: {mistakes_in(error, kind)[0].removeprefix('order: ')}"
