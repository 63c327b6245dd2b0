"""The people who can sign in: invented, with fixed ids so that tests are stable, each with one peculiarity.

What a person's directory holds stands here; which of it becomes a claim is decided in `claims`. `PEOPLE` is how
everybody is at the start; how they are at present is kept by `directory`.
"""

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.emulator.tenants import ALDER, BIRCH, CEDAR, DOGWOOD, PERSONAL, Segment, Tenant


@dataclass(frozen=True, kw_only=True)
class Guest:
    """The object that stands for a person in another directory, which invited them."""

    tenant: Tenant
    oid: str
    upn: str


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
    edov: bool | int | str | None = None
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    """Object ids that replace the groups which the directory has them in."""
    disabled: bool = False
    admin: bool = False
    """Whether they may consent for their whole directory."""
    assigned_to: frozenset[str] | None = None
    """Client ids of the applications they are assigned to; None stands for all."""
    mfa_on_refresh: bool = False
    """Whether a refresh is refused until they signed in with a second factor."""
    idp: str | None = None
    """The identity provider of a guest's home; None for somebody who is at home."""
    guest_in: tuple[Guest, ...] = ()
    home: "Person | None" = None
    """Who a guest object stands for."""

    @property
    def guest(self) -> bool:
        """Whether this account is a guest in its directory."""
        return self.idp is not None

    @property
    def at_home(self) -> "Person":
        """The account with which the person signs in."""
        return self.home or self

    @property
    def account(self) -> str:
        """What names this account among all: directory and object."""
        return f"{self.tenant.id}.{self.oid}"

    @property
    def login_hint(self) -> str:
        """The opaque value of the optional claim `login_hint`, which the authorize endpoint takes back."""
        return "O." + base64.urlsafe_b64encode(self.account.encode()).decode().rstrip("=")

    def seen_through(self, segment: Segment) -> "Person | None":
        """The account that answers for this person there: a guest's own object, or who they are at home; or none."""
        for guest in self.guest_in:
            if segment.tenant is guest.tenant:
                return self.as_guest(guest)
        if self.guest and segment.tenant is not self.tenant:
            return None
        return self if segment.admits(self.tenant) else None

    def as_guest(self, guest: Guest) -> "Person":
        """The same person as the other directory has them."""
        idp = "live.com" if self.tenant.personal else f"https://sts.windows.net/{self.tenant.id}/"
        return dataclasses.replace(
            self, tenant=guest.tenant, oid=guest.oid, upn=guest.upn, idp=idp, home=self, guest_in=(), roles=(),
            groups=(), admin=False,
        )  # fmt: skip


# fmt: off
def _work(
    key: str, digits: str, name: str, *, note: str, tenant: Tenant = ALDER, email: str | None = None,
    edov: bool | None = None, upn: str | None = None, **special: Any
) -> Person:
    """A member of a directory; the sign-in name is `upn`, by default the short name in the directory's first domain."""
    given, _, family = name.partition(" ")
    upn = upn or f"{key}@{tenant.domains[0]}"
    return Person(
        key=key, name=name, tenant=tenant, oid=_work_oid(digits), username=upn, upn=upn, email=email, edov=edov,
        note=note, given_name=given, family_name=family, **special,
    )


def _work_oid(digits: str) -> str:
    return f"5eed0000-0000-4000-8000-0000000000{digits}"


def _personal(key: str, digits: str, name: str, *, email: str, note: str) -> Person:
    given, _, family = name.partition(" ")
    oid = f"00000000-0000-0000-da7e-0000000000{digits}"
    return Person(
        key=key, name=name, tenant=PERSONAL, oid=oid, username=email, email=email, edov="1", note=note,
        given_name=given, family_name=family,
    )


_FRANK_IN_ALDER = Guest(
    tenant=ALDER, oid=_work_oid("f1"), upn="frank_birch.example#EXT#@alder.onmicrosoft.com"
)
# Federated by SAML: her home is no directory of Microsoft's, so all there is of her is the guest object.
_GRACE = Person(
    key="grace", name="Grace Green", tenant=ALDER, oid=_work_oid("90"), username="grace@partner.example",
    email="grace@partner.example", upn="grace_partner.example#EXT#@alder.onmicrosoft.com", edov=False,
    idp="https://saml.partner.example/", given_name="Grace", family_name="Green",
    note="Guest in Alder by SAML federation; only through Alder",
)

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
        "frank", "f0", "Frank Fisher", tenant=BIRCH, email="frank@birch.example", edov=True,
        guest_in=(_FRANK_IN_ALDER,), note="Member of Birch, and a guest in Alder",
    ),
    _GRACE,
    _work("heidi", "41", "Heidi Hall", email="heidi@alder.example", edov=True, note="In more groups than tokens hold"),
    _work(
        "ivan", "1a", "Ivan Irving", email="ivan@alder.example", edov=True, roles=("admin", "reader"), admin=True,
        note="Has the application roles admin and reader; administrator of Alder",
    ),
    _work(
        "judy", "70", "Judy Jones", email="judy@alder.example", edov=True, disabled=True,
        note="Disabled account: cannot sign in",
    ),
    _work(
        "ken", "4e", "Ken King", email="ken@alder.example", edov=True, assigned_to=frozenset(),
        note="Not assigned to any application: cannot sign in",
    ),
    _work(
        "lena", "1e", "Lena Lang", email="lena@alder.example", edov=True, mfa_on_refresh=True,
        note="Needs a second factor before a refresh",
    ),
    _work(
        "mallory", "e1", "Mallory Moore", tenant=BIRCH, email="alice@alder.example", edov=False,
        note="Claims Alice's mail address from another directory",
    ),
    _work(
        "mike", "3e", "Mike Miller", tenant=CEDAR, email="mike@cedar.example", edov=True,
        note="Account of the government cloud",
    ),
    _work("nina", "2a", "Nina Novak", upn="alice@alder.onmicrosoft.com", note="Sign-in name that looks like Alice's"),
    _work(
        "oleg", "0e", "Oleg Orlov", email="\N{KELVIN SIGN}elvin@alder.example", edov=True,
        note="Mail address with a letter that folds onto k",
    ),
    _work(
        "wei", "3d", "Wei Wang", tenant=DOGWOOD, email="wei@dogwood.example", edov=True,
        note="Account of the China cloud",
    ),
)
# fmt: on

PEOPLE: Mapping[str, Person] = {person.key: person for person in _ALL}
