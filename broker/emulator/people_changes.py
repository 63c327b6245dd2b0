"""People as control changes them: added, changed, disabled, revoked, assigned, removed."""

import dataclasses
import re

from pydantic import BaseModel, ConfigDict, Field, model_validator

from broker.emulator.people import Guest, Person
from broker.emulator.state import Emulator
from broker.emulator.tenants import PERSONAL, Tenant

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Sent as null, these take away what the person has.
_CLEARABLE = frozenset(("email", "upn", "edov", "given_name", "family_name", "groups"))
_MEMBERS = frozenset(
    (
        *("name", "username", "oid", "email", "upn", "edov", "given_name", "family_name"),
        *("disabled", "admin", "mfa_on_refresh", "idp"),
    )
)


class GuestOrder(BaseModel):
    """The object that another directory has for the person whom it invited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: str
    oid: str = Field(pattern=f"^{_GUID.pattern}$")
    upn: str | None = None
    """By default the home address, decorated as Microsoft does."""


class PersonChange(BaseModel):
    """What to do with a person. Members left out stay as they are; an unknown `person` is added with the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: str
    """The short name."""
    tenant: str | None = None
    """The directory, by GUID or domain: of a new person. Of a known one it says in which the rest is to be done."""
    name: str | None = None
    username: str | None = None
    """The sign-in name, which is also `preferred_username`."""
    oid: str | None = None
    email: str | None = None
    upn: str | None = None
    edov: bool | str | int | None = None
    given_name: str | None = None
    family_name: str | None = None
    roles: list[str] | None = None
    groups: list[str] | None = None
    """Object ids; null leaves the person in the groups that the directory has them in."""
    disabled: bool | None = None
    admin: bool | None = None
    mfa_on_refresh: bool | None = None
    idp: str | None = None
    """The identity provider of somebody who is a guest in their only directory."""
    guest_in: list[GuestOrder] | None = None
    """All directories that invited them."""
    assign: list[str] = []
    """Client ids of applications."""
    unassign: list[str] = []
    revoke_sessions: bool = False
    withdraw_consent: list[str] = []
    """Client ids of applications that lose this person's consent."""
    withdraw_admin_consent: list[str] = Field(default=[])
    """Client ids of applications that lose the consent given for the person's whole directory."""
    remove: bool = False

    @model_validator(mode="after")
    def _is_named(self) -> "PersonChange":
        if not _KEY.fullmatch(self.person):
            raise ValueError("person is a short name of small letters, digits, - and _")
        if self.oid is not None and not _GUID.fullmatch(self.oid):
            raise ValueError("oid is not a GUID in small letters")
        return self


def change_person(emulator: Emulator, change: PersonChange) -> dict[str, object]:
    """Carry the change out and tell what became of the person. Raises ValueError for one that makes no sense."""
    if change.remove:
        emulator.directory.remove(change.person)
        return {"person": change.person, "removed": True}
    known = emulator.directory.get(change.person)
    person = _changed(known or _new(change, emulator), change, emulator)
    if known is not None and person.tenant.personal != known.tenant.personal:
        raise ValueError("a person does not move between personal and work accounts")
    emulator.directory.put(person)
    account = _account(person, change, emulator)
    if change.revoke_sessions:
        emulator.directory.revoke(account)
    for client_id in change.withdraw_consent:
        emulator.consents.withdraw(account, client_id.lower())
    for client_id in change.withdraw_admin_consent:
        emulator.consents.withdraw_for_directory(account.tenant, client_id.lower())
    return as_json(person)


def _tenant(text: str, emulator: Emulator) -> Tenant:
    tenant = emulator.tenants.named(text)
    if tenant is None:
        raise ValueError(f"{text}: there is no such directory")
    return tenant


def _new(change: PersonChange, emulator: Emulator) -> Person:
    tenant = _tenant(change.tenant or "alder.example", emulator)
    digits = f"{emulator.directory.next_number():012x}"
    name = change.name or change.person.capitalize()
    username = change.username or change.upn or change.email
    if username is None:
        username = f"{change.person}@{tenant.domains[0] if tenant.domains else 'outlook.example'}"
    return Person(
        key=change.person,
        name=name,
        tenant=tenant,
        oid=f"00000000-0000-0000-da7e-{digits}" if tenant is PERSONAL else f"5eed0000-0000-4000-8000-{digits}",
        username=username,
        upn=None if tenant is PERSONAL else username,
        email=username if tenant is PERSONAL else None,
        edov="1" if tenant is PERSONAL else None,
        note="Added by control or a file",
    )


def _changed(person: Person, change: PersonChange, emulator: Emulator) -> Person:
    given = change.model_fields_set
    members: dict[str, object] = {
        name: value for name in _MEMBERS & given if (value := getattr(change, name)) is not None or name in _CLEARABLE
    }
    if change.roles is not None:
        members["roles"] = tuple(change.roles)
    if "groups" in given:
        members["groups"] = None if change.groups is None else tuple(change.groups)
    if change.guest_in is not None:
        members["guest_in"] = tuple(_guest(person, each, emulator) for each in change.guest_in)
    if change.assign or change.unassign:
        everything = frozenset(emulator.registrations)
        assigned = everything if person.assigned_to is None else person.assigned_to
        assigned |= {each.lower() for each in change.assign}
        members["assigned_to"] = frozenset(assigned - {each.lower() for each in change.unassign})
    return dataclasses.replace(person, **members)  # type: ignore[arg-type] # each fits its member


def _guest(person: Person, order: GuestOrder, emulator: Emulator) -> Guest:
    tenant = _tenant(order.tenant, emulator)
    if tenant.personal or tenant is person.tenant:
        raise ValueError(f"{order.tenant}: nobody is a guest there")
    local = (person.email or person.username).replace("@", "_")
    return Guest(tenant=tenant, oid=order.oid, upn=order.upn or f"{local}#EXT#@{tenant.domains[-1]}")


def _account(person: Person, change: PersonChange, emulator: Emulator) -> Person:
    """The account in the directory that the order names; at home without one."""
    if change.tenant is None:
        return person
    wanted = _tenant(change.tenant, emulator)
    if wanted is person.tenant:
        return person
    for guest in person.guest_in:
        if guest.tenant is wanted:
            return person.as_guest(guest)
    raise ValueError(f"{person.key} has no account in {change.tenant}")


def as_json(person: Person) -> dict[str, object]:
    """The person as control shows them."""
    return {
        "person": person.key,
        "tenant": person.tenant.id,
        "roles": list(person.roles),
        "groups": None if person.groups is None else list(person.groups),
        "assigned_to": None if person.assigned_to is None else sorted(person.assigned_to),
        "guest_in": [{"tenant": each.tenant.id, "oid": each.oid, "upn": each.upn} for each in person.guest_in],
        **{name: getattr(person, name) for name in sorted(_MEMBERS)},
    }
