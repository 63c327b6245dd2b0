"""Who may come: the victim in every shape, and everybody who claims the victim's address without owning it.

Rows of `ATTACKERS` follow what is known of nOAuth (Descope 2023, Semperis 2025): whatever a directory, an invitation or
a personal account can be made to say. `documented` names what such a person may reach all the same, because no relying
party can tell them from the owner; the operator's guide says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from broker.models.identities import AddressCandidate, ProviderIdentity
from broker.providers.microsoft.addresses import AddressRules, account_class, candidates

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
MSA = "9188040d-6c67-4c5b-b112-36a304b66dad"
ADDRESS = "alice@alder.example"
"""The victim's. Alder owns the domain."""

Fact = Literal["sign-in as another", "verified", "kept address away", "shut out"]
"""What an attacker achieved, from the worst to the least: a user of theirs is the victim's; the victim's address shows
as verified at theirs; the victim did not get an address that they would have got; the victim could not sign in.
"""


def always(_rules: AddressRules) -> bool:
    """Whatever is configured."""
    return True


def where_personal_is_trusted(rules: AddressRules) -> bool:
    """The operator believes addresses of personal accounts."""
    return rules.trust_personal


def where_alder_is_trusted(rules: AddressRules) -> bool:
    """The operator believes what Alder says of its own domain."""
    return ALDER in rules.trusted_domains


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody as Microsoft's token tells them. `emulator`: as an emulator does."""

    name: str
    story: str
    claims: Mapping[str, Any]
    documented: frozenset[Fact] = frozenset()
    where: Callable[[AddressRules], bool] = always
    emulator: bool = False

    def may(self, rules: AddressRules) -> frozenset[Fact]:
        """What is documented under these rules."""
        return self.documented if self.where(rules) else frozenset()

    def identity(self, rules: AddressRules) -> ProviderIdentity:
        """What the provider makes of the verified claims."""
        claims = {"iss": f"https://login.microsoftonline.com/{self.claims['tid']}/v2.0", **self.claims}
        kind = account_class(claims)
        return ProviderIdentity(
            provider="microsoft",
            subject_key=f"{'emulator' if self.emulator else 'global'}:{claims['tid']}:{claims['oid']}",
            subject=claims["sub"],
            provider_client_id="c11e0000-0000-4000-8000-00000000000c",
            tenant=claims["tid"],
            account_class=kind,
            candidates=candidates(claims, kind=kind, rules=rules),
            emulator=self.emulator,
        )


def _person(name: str, story: str, tid: str, oid: str, /, **claims: Any) -> Person:
    known = {"tid": tid, "oid": f"5eed0000-0000-4000-8000-{oid:0>12}", **claims}
    return Person(name=name, story=story, claims={key: value for key, value in known.items() if value is not ...})


def _alice(name: str, story: str, /, **claims: Any) -> Person:
    honest = {"sub": "alice", "acct": 0, "upn": ADDRESS, "email": ADDRESS, "xms_edov": True} | claims
    return _person(name, story, ALDER, "a1", **honest)


VICTIMS = (
    _alice("proven", "sign-in name and mailbox are one, and proven"),
    _alice("by name only", "the registration has no xms_edov", xms_edov=...),
    _alice("by mail only", "the registration has no upn", upn=...),
    _alice("unproven", "neither of the optional claims", upn=..., xms_edov=...),
    _alice("other name", "the sign-in name is not the address", upn="al@alder.example"),
    _person("personal", "a personal account with that address", MSA, "a9", sub="alice", email=ADDRESS, xms_edov="1"),
)
OLD = ProviderIdentity(
    provider="custom_old", subject_key="old:alice", subject="alice", provider_client_id="old", tenant=None,
)  # fmt: skip
OLD_PROVEN = replace(OLD, candidates=(AddressCandidate(address=ADDRESS, verified_by="email_verified"),))
OLD_UNPROVEN = replace(OLD, candidates=(AddressCandidate(address=ADDRESS, verified_by=None),))
"""The victim's account of long ago, made at another provider: with the address proven, and without."""


def _mallory(name: str, story: str, /, **claims: Any) -> Person:
    own = {"sub": "mallory", "upn": "mallory@birch.example", "acct": 0, "email": ADDRESS} | claims
    return _person(name, story, BIRCH, "e1", **own)


def _personal(name: str, story: str, /, **claims: Any) -> Person:
    own = {"sub": "mallory", "email": ADDRESS} | claims
    return _person(name, story, MSA, "e9", **own)


def _reaching(person: Person, *documented: Fact, where: Callable[[AddressRules], bool] = always) -> Person:
    return replace(person, documented=frozenset(documented), where=where)


NEGATIVE: tuple[Any, ...] = (
    ..., False, 0, "0", "false", 2, -1, 1.5, 1.0, None, [], {}, [True], {"v": 1}, "", " true", "1 ", "yes", "\uff11",
)  # fmt: skip
"""`xms_edov` in every shape that is no plain yes; `...` is absent."""


def _said(value: object) -> str:
    return "absent" if value is ... else repr(value)


_FIRST_COME: tuple[Fact, ...] = ("shut out", "kept address away")
"""A sign-in name against a sign-in name: the first one has it, until somebody proves the mailbox."""

_FOREIGN = (
    *(_mallory(f"foreign member, xms_edov {_said(value)}", "the victim's address as the mail attribute", xms_edov=value)
      for value in NEGATIVE),
    *(_mallory(f"foreign, no upn, xms_edov {_said(value)}", "no upn: the address is all", upn=..., xms_edov=value)
      for value in NEGATIVE),
    _mallory("class unknown", "nothing says whether member or guest", upn=..., acct=...),
    _mallory("stripped", "the registration dropped the unverified address", email=...),
    _mallory("stripped, told elsewhere", "Graph and userinfo still tell what the token no longer does", email=...,
        mail=ADDRESS, otherMails=[ADDRESS], userPrincipalName=ADDRESS, emails=[ADDRESS], email_verified=True),
    _mallory("display names", "claims for display only", email=..., preferred_username=ADDRESS, unique_name=ADDRESS,
        name=ADDRESS, nickname=ADDRESS, login_hint=ADDRESS),
    _mallory("other edov names", "claims that look like the right one", XMS_EDOV=True, edov=True, email_verified=True,
        verified_primary_email=[ADDRESS], verified_secondary_email=[ADDRESS]),
    _mallory("several addresses", "a list where one is due", email=[ADDRESS], xms_edov=True),
    _mallory("edov for another", "a proof for the own address, the victim's as sign-in name of a guest", acct=1,
        upn=ADDRESS, email="mallory@birch.example", xms_edov=True),
    _mallory("upn and email swapped", "the own address proven, the victim's beside it in every other claim",
        email="mallory@birch.example", xms_edov=True, preferred_username=ADDRESS, mail=ADDRESS),
    _mallory("victim's object id", "the same oid in a directory of the attacker's", oid=VICTIMS[0].claims["oid"]),
    _mallory("victim's subject", "the same pairwise subject under another key", sub="alice"),
    _reaching(_mallory("victim's key, recycled", "one key, two subjects: the second is refused, whoever it is",
        tid=ALDER, oid=VICTIMS[0].claims["oid"], upn="mallory@alder.example", email=...), *_FIRST_COME),
    _reaching(_mallory("emulated", "an emulator's word on a copy of a real database, where nobody public signs in",
        tid=ALDER, upn=ADDRESS, xms_edov=True), "verified"),
)  # fmt: skip

_GUESTS = (
    *(_mallory(f"guest of Alder, acct {acct!r}", "an invitation sent to the victim's address", tid=ALDER, acct=acct,
        upn=..., idp=idp, xms_edov=edov)
      for acct, idp, edov in ((1, "https://saml.partner.example", False), ("1", ..., ...), (..., f"https://sts.windows"
        f".net/{BIRCH}/", ...), (True, ..., ...), (2, ..., False), (None, "mail", None))),
    _mallory("decorated name", "a guest's name, the address in front of it", tid=ALDER, acct=...,
        upn="alice_alder.example#EXT#@alder.example", xms_edov=False),
    _mallory("decorated name without hash", "the form that looks like an address", tid=ALDER, acct=...,
        upn="alice_alder.example_EXT_@alder.example", xms_edov=False),
    _mallory("guest with the victim's name", "the tenant emits external names", tid=ALDER, acct=1, upn=ADDRESS),
    _mallory("home name by idp", "no acct, but another directory proved the person", tid=ALDER, acct=..., upn=ADDRESS,
        idp=f"https://sts.windows.net/{BIRCH}/"),
)  # fmt: skip

_LOOK_ALIKES = tuple(
    _mallory(f"look-alike {text!a}", "letters that fold, or text that another reader trims",
        email=text, upn=text, xms_edov=True)
    for text in (
        "al\u0131ce@alder.example", "ALICE\u200b@alder.example", "\uff41lice@alder.example", "alic\u0435@alder.example",
        "alice@\u0430lder.example", "alice@alder.example.", "alice@alder.example\n", " alice@alder.example",
        '"alice"@alder.example', "alice@alder.example,mallory@birch.example", "alice@alder.example@birch.example",
        "<alice@alder.example>", "alice@alder.example\0", "alice@[alder.example]", "alice@alder\u3002example",
        "alice@birch.example", "alice@alder.example.birch.example", "alice@evil-alder.example", "lice@alder.example",
    )
)  # fmt: skip

_NAMES = (
    _mallory("nina", "a sign-in name that looks like the victim's", tid=ALDER, email=...,
        upn="alice@alder.onmicrosoft.com"),
    _reaching(_mallory("renamed colleague", "the victim's name, in the victim's directory", tid=ALDER, upn=ADDRESS,
        email=...), *_FIRST_COME),
    _reaching(_mallory("lapsed domain", "the domain was given up and verified in another directory", upn=ADDRESS,
        email=...), *_FIRST_COME),
)  # fmt: skip

_OWNS_IT: tuple[Fact, ...] = ("sign-in as another", "verified", "shut out", "kept address away")
"""Whoever owns the domain, or proved the mailbox once, can read its mail, or could: nobody can tell them apart."""

_BEYOND_US = (
    _reaching(_mallory("domain owner", "an administrator of the victim's own directory writes what they like",
        tid=ALDER, upn="mallory@alder.example", xms_edov=True), *_OWNS_IT),
    _reaching(_mallory("colleague", "the victim's address as the mail attribute, in the victim's own directory",
        tid=ALDER, upn="mallory@alder.example"), *_OWNS_IT, where=where_alder_is_trusted),
    _reaching(_mallory("domain owner elsewhere", "the domain is verified in a second directory, or it is the victim "
        "as a guest there", xms_edov=True), *_OWNS_IT),
    _reaching(_personal("stale personal account", "an address proven long ago and lost since", xms_edov="1"),
        *_OWNS_IT),
)  # fmt: skip

_PERSONAL = (
    *(_reaching(_personal(f"personal, xms_edov {_said(value)}", "an account that nobody proved", xms_edov=value),
        "verified", where=where_personal_is_trusted) for value in NEGATIVE),
    _reaching(_personal("personal with a sign-in name", "personal accounts have none", upn=ADDRESS, acct=0),
        "verified", where=where_personal_is_trusted),
)  # fmt: skip

ATTACKERS = tuple(
    replace(person, emulator=person.name == "emulated")
    for person in (*_FOREIGN, *_GUESTS, *_LOOK_ALIKES, *_NAMES, *_BEYOND_US, *_PERSONAL)
)
