"""People whom we prove and do not admit: nothing is written for them, not even an audit entry.

The address is never who somebody is ("nOAuth"); what a directory's administrator can write is no proof of a mailbox.
"""

from collections.abc import Mapping
from typing import Any

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.browsers import refused
from tests.attack.callbacks.steps import Act
from tests.attack.callbacks.tokens import ALDER, BIRCH
from tests.browsers import Page
from tests.stage import Stage

_MICROSOFT = "third_party.providers.microsoft"


def _unwelcome(name: str, story: str, act: Act, *, error: str, **more: Any) -> Attack:
    return refused(f"person_{name}", story, act, error=error, consumes=True, asks=1, **more)


def _signs_in(person: str, *, after: tuple[str, ...] = (), claims: Mapping[str, Any] | None = None) -> Act:
    """The person, once the others have signed in honestly; `claims` is what their directory changed."""

    async def act(stage: Stage) -> Page:
        for earlier in after:
            async with stage.broker.browser() as browser:
                await stage.signed_in(browser, earlier)
        if claims:
            await stage.emulator.claims(**claims)
        return await stage.attacker.sign_in(person)

    return act


async def _locked(stage: Stage) -> Page:
    await stage.signed_in(stage.victim, "alice")
    users = stage.broker.application.broker.users
    await users.lock((await users.find("alice@alder.example")).user.id)
    await stage.honest_until_now()
    return await stage.attacker.sign_in("alice")


_NO_SIGNUP = {"account.allow_signup": False}

PEOPLE = [
    _unwelcome("noauth", "a directory writes alice's address into a stranger's account and holds nothing else",
        _signs_in("mallory", after=("alice",), claims={"remove": ["upn"]}), error="unverified_email"),
    _unwelcome("noauth_claims_proof", "the same, with the claim of proof left out",
        _signs_in("mallory", after=("alice",), claims={"remove": ["upn", "xms_edov"]}), error="unverified_email"),
    _unwelcome("noauth_as_a_string", "a truth value that is only text",
        _signs_in("mallory", after=("alice",), claims={"remove": ["upn"], "set": {"xms_edov": "yes"}}),
        error="unverified_email"),
    _unwelcome("noauth_sign_in_name", "another directory's sign-in name is made alice's address",
        _signs_in("mallory", after=("alice",), claims={"set": {"upn": "alice@alder.example"}}),
        error="user_conflict"),
    _unwelcome("conflict", "the mailbox was proven by somebody else before, and linking is off",
        _signs_in("mallory", after=("alice",), claims={"remove": ["upn"], "set": {"xms_edov": True}}),
        error="user_conflict"),
    _unwelcome("conflict_by_other_spelling", "the same mailbox in capital letters",
        _signs_in("mallory", after=("alice",),
            claims={"remove": ["upn"], "set": {"email": "ALICE@Alder.EXAMPLE", "xms_edov": True}}),
        error="user_conflict"),
    _unwelcome("conflict_with_linking_unproven", "linking needs proof on both sides: here ours is a sign-in name only",
        _signs_in("mallory", after=("carol",),
            claims={"set": {"upn": "carol@alder.example", "email": "x"}, "remove": ["xms_edov"]}),
        error="user_conflict", changes={f"{_MICROSOFT}.linking": "verified_both"}),
    _unwelcome("linking_by_sign_in_name", "linking needs proof on both sides: a sign-in name proves no mailbox",
        _signs_in("mallory", after=("alice",),
            claims={"set": {"upn": "alice@alder.example"}, "remove": ["email", "xms_edov"]}),
        error="user_conflict", changes={f"{_MICROSOFT}.linking": "verified_both"}),
    _unwelcome("no_address", "an account without any address", _signs_in("carol", claims={"remove": ["upn"]}),
        error="unverified_email"),
    _unwelcome("unproven_address", "a personal account whose address nobody proved",
        _signs_in("dave", claims={"remove": ["xms_edov"]}), error="unverified_email"),
    _unwelcome("guest_name", "a guest's sign-in name belongs to no mailbox of this directory",
        _signs_in("carol", claims={"set": {"upn": "a_b.example#EXT#@alder.onmicrosoft.com", "acct": 1}}),
        error="unverified_email"),
    _unwelcome("letters_that_fold", "the Kelvin sign in front of elvin: no mailbox that could be proven",
        _signs_in("alice", claims={"remove": ["upn"], "set": {"email": "\u212aelvin@alder.example"}}),
        error="unverified_email"),
    _unwelcome("signup_disabled", "no new accounts", _signs_in("alice"), error="signup_disabled", changes=_NO_SIGNUP),
    _unwelcome("tenant_not_listed", "a genuine person of a directory that the operator did not list",
        _signs_in("mallory"), error="tenant_not_allowed", changes={f"{_MICROSOFT}.tenants": {"allow": [ALDER]}}),
    _unwelcome("tenant_denied", "a genuine person of a directory that the operator shut out",
        _signs_in("mallory"), error="tenant_not_allowed", changes={f"{_MICROSOFT}.tenants": {"deny": [BIRCH]}}),
    _unwelcome("personal_not_admitted", "a personal account where directories are listed",
        _signs_in("dave"), error="wrong_account_type", changes={f"{_MICROSOFT}.tenants": {"allow": [ALDER]}}),
    _unwelcome("locked", "a locked user, proven again", _locked, error="account_locked"),
]  # fmt: skip
