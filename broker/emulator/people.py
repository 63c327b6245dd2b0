"""The people who can sign in: invented, with fixed ids so that tests are stable, each with one peculiarity.

What a person's directory holds stands here; which of it becomes a claim is decided in `claims`.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from broker.emulator.tenants import ALDER, BIRCH, PERSONAL, Tenant


@dataclass(frozen=True, kw_only=True)
class Person:
    """One account. `edov` is the value of `xms_edov` exactly as issued: a boolean, or personal accounts' string."""

    key: str
    name: str
    tenant: Tenant
    oid: str
    username: str
    note: str
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    upn: str | None = None
    edov: bool | str | None = None
    roles: tuple[str, ...] = ()
    disabled: bool = False

    @property
    def login_hint(self) -> str:
        """The opaque value of the optional claim `login_hint`, which the authorize endpoint takes back."""
        account = f"{self.tenant.id}.{self.oid}".encode()
        return "O." + base64.urlsafe_b64encode(account).decode().rstrip("=")


def _work(
    key: str,
    digits: str,
    name: str,
    *,
    note: str,
    tenant: Tenant = ALDER,
    upn: str | None = None,
    email: str | None = None,
    edov: bool | None = None,
    roles: tuple[str, ...] = (),
    disabled: bool = False,
) -> Person:
    """A member of a directory; the sign-in name is `upn`, by default the short name in the directory's first domain."""
    given, _, family = name.partition(" ")
    upn = upn or f"{key}@{tenant.domains[0]}"
    oid = f"5eed0000-0000-4000-8000-0000000000{digits}"
    return Person(
        key=key, name=name, tenant=tenant, oid=oid, username=upn, upn=upn, email=email, edov=edov, note=note,
        given_name=given, family_name=family, roles=roles, disabled=disabled,
    )  # fmt: skip


def _personal(key: str, digits: str, name: str, *, email: str, note: str) -> Person:
    given, _, family = name.partition(" ")
    oid = f"00000000-0000-0000-da7e-0000000000{digits}"
    return Person(
        key=key, name=name, tenant=PERSONAL, oid=oid, username=email, email=email, edov="1", note=note,
        given_name=given, family_name=family,
    )  # fmt: skip


_ALL = (
    _work("alice", "a1", "Alice Alder", email="alice@alder.example", edov=True, note="The normal case"),
    _work(
        "bob", "b0", "Bob Baker", email="bob@elsewhere.example", edov=False,
        note="Mail address of a domain that Alder does not own",
    ),
    _work("carol", "c0", "Carol Clark", note="No mail address"),
    _personal("dave", "01", "Dave Doe", email="dave@outlook.example", note="Personal account"),
    _personal("erin", "02", "Erin Evans", email="erin@gmail.example", note="Personal account named by a Gmail address"),
    _work(
        "ivan", "1a", "Ivan Irving", email="ivan@alder.example", edov=True, roles=("admin", "reader"),
        note="Has the application roles admin and reader",
    ),
    _work(
        "judy", "70", "Judy Jones", email="judy@alder.example", edov=True, disabled=True,
        note="Disabled account: cannot sign in",
    ),
    _work(
        "mallory", "e1", "Mallory Moore", tenant=BIRCH, email="alice@alder.example", edov=False,
        note="Claims Alice's mail address from another directory",
    ),
    _work("nina", "2a", "Nina Novak", upn="alice@alder.onmicrosoft.com", note="Sign-in name that looks like Alice's"),
)  # fmt: skip

PEOPLE: Mapping[str, Person] = {person.key: person for person in _ALL}

_BY_USERNAME = {person.username.lower(): person for person in _ALL}
_BY_ACCOUNT = {f"{person.tenant.id}.{person.oid}": person for person in _ALL}


def person_named(name: str) -> Person | None:
    """Whom a typed name or a `login_hint` means: the short name, the sign-in name, or the opaque hint; or nobody.

    A mail address that is not the sign-in name finds nobody: Microsoft looks accounts up by sign-in name, and here
    two people hold the same mail address.
    """
    wanted = name.strip()
    if wanted.startswith("O."):
        return _by_opaque_hint(wanted[2:])
    return PEOPLE.get(wanted.lower()) or _BY_USERNAME.get(wanted.lower())


def _by_opaque_hint(encoded: str) -> Person | None:
    try:
        account = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return _BY_ACCOUNT.get(account)
