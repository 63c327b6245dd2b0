"""The first click: who is asked, where it ends, and what is remembered: nothing but what a signed cookie holds."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import InvalidRequest, RedirectNotAllowed, UpstreamUnavailable
from broker.models.applications import Application
from broker.models.signins import AuthorizationOptions, ForApplication
from broker.protocol import pkce
from broker.signin.admission import Admission
from broker.signin.applications import Applications
from broker.signin.redirects import Allowlist
from broker.signin.start import NotStarted, SignInStart, Started, StartRules, StartSignIn, nonce_of, verifier_of
from tests.unit.signin.upstreams import Upstream

OLD, NEW = "an-old-secret-that-is-long-enough-000", "a-new-secret-that-is-long-enough-0000"
TARGET = "https://app.example.com/page?x=1#top"
ERRORS = "https://app.example.com/error"
CALLBACK = "https://app.example.com/callback"
REGISTERED = Application(name="Demo", client_id="client_demo", redirect_uris=(CALLBACK,))
CHALLENGE = pkce.challenge("v" * 43)


def a_start(*, default: str | None = None, secrets: SecretKeys | None = None) -> SignInStart:
    upstreams = (Upstream(), Upstream(id="custom_other"), Upstream(id="custom_down", is_down=True))
    return SignInStart(
        providers={upstream.id: upstream for upstream in upstreams},
        admission=Admission(
            Allowlist(["https://app.example.com/**"], own_origin="http://localhost:8000"),
            Applications([REGISTERED], production=False),
        ),
        secrets=secrets or SecretKeys([OLD]),
        clock=FrozenClock(),
        rules=StartRules(default_redirect_url=default, extra_scopes={"microsoft": frozenset({"offline_access"})}),
        connections=OwnConnections(),
    )


class OwnConnections:
    """One organization's own connection."""

    async def find(self, provider_id: str) -> Upstream | None:
        return Upstream(id=provider_id) if provider_id == "microsoft:theirs" else None


def an_intent(**changes: Any) -> StartSignIn:
    return replace(StartSignIn(surface="plain", provider="microsoft", unverified_redirect_to=TARGET), **changes)


async def begun(intent: StartSignIn, start: SignInStart | None = None) -> Started:
    found = await (start or a_start()).begin(intent)
    assert isinstance(found, Started), found
    return found


async def refused(intent: StartSignIn, start: SignInStart | None = None) -> NotStarted:
    found = await (start or a_start()).begin(intent)
    assert isinstance(found, NotStarted), found
    return found


async def test_a_connection_of_an_organization_is_asked_in_sign_ins_that_end_there_and_in_no_other() -> None:
    """It lets in whom the operator's own registration does not, so no link, and nothing without organization, leads
    there.
    """
    theirs = an_intent(provider="microsoft:theirs", unverified_redirect_to=CALLBACK)
    nowhere = ForApplication(client_id="client_demo", interface="sso")
    for intent in (replace(theirs, unverified_redirect_to=TARGET), replace(theirs, application=nowhere)):
        assert isinstance((await refused(intent)).error, InvalidRequest)
    there = replace(nowhere, organization_id="alder")
    sign_in = (await begun(replace(theirs, application=there))).sign_in
    assert (sign_in.provider, sign_in.provider_name) == ("microsoft:theirs", "microsoft")
    # What a link may ask for is decided by provider, whoever registered with it.
    for scope, may_be in (("offline_access", True), ("Mail.Read", False)):
        asking = replace(theirs, application=there, options=AuthorizationOptions(scopes=(scope,)))
        assert isinstance(await a_start().begin(asking), Started) is may_be
    gone = replace(theirs, provider="microsoft:gone", application=there)
    assert isinstance((await refused(gone)).error, InvalidRequest)


async def test_a_sign_in_remembers_what_was_admitted_and_sends_its_state_alone() -> None:
    intent = an_intent(
        unverified_redirect_to="HTTPS://APP.example.com:443/page?x=1#top",
        unverified_error_redirect_to=ERRORS,
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
        options=AuthorizationOptions(max_age=60),
    )
    started = await begun(intent)
    sign_in, sent = started.sign_in, dict(parse_qsl(urlsplit(started.location).query))
    assert (sign_in.redirect_target, sign_in.error_target) == (TARGET, ERRORS)
    assert (sign_in.provider, sign_in.surface, sign_in.max_age) == ("microsoft", "plain", 60)
    assert sign_in.registration == Upstream().registration
    assert (sign_in.code_challenge, sign_in.started_at) == (CHALLENGE, FrozenClock().now())
    assert sign_in.secret_id == SecretKeys([OLD]).newest_id
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", sign_in.state)
    secrets = SecretKeys([OLD])
    assert sent == {
        "state": sign_in.state,
        "nonce": nonce_of(sign_in, secrets),
        "verifier": verifier_of(sign_in, secrets),
    }


async def test_no_two_sign_ins_share_a_state_a_nonce_or_a_verifier() -> None:
    start, secrets = a_start(), SecretKeys([OLD])
    made = [(await begun(an_intent(), start)).sign_in for _ in range(20)]
    assert len({one.state for one in made}) == 20
    assert len({nonce_of(one, secrets) for one in made} | {verifier_of(one, secrets) for one in made}) == 40
    assert all(pkce.is_verifier(verifier_of(one, secrets)) for one in made)


async def test_nonce_and_verifier_hang_on_provider_state_and_secret() -> None:
    sign_in = (await begun(an_intent())).sign_in
    both = SecretKeys([NEW, OLD])
    others = [
        replace(sign_in, provider="custom_other"),
        replace(sign_in, state="t" * 43),
        replace(sign_in, secret_id=both.newest_id),
    ]
    assert len({nonce_of(one, both) for one in (sign_in, *others)}) == 4
    assert len({verifier_of(one, both) for one in (sign_in, *others)}) == 4


async def test_a_rotation_of_the_secrets_changes_nothing_for_a_sign_in_under_way() -> None:
    sign_in = (await begun(an_intent())).sign_in
    assert nonce_of(sign_in, SecretKeys([NEW, OLD])) == nonce_of(sign_in, SecretKeys([OLD]))
    assert verifier_of(sign_in, SecretKeys([NEW, OLD])) == verifier_of(sign_in, SecretKeys([OLD]))
    for derived in (nonce_of, verifier_of):
        with pytest.raises(KeyError):
            derived(sign_in, SecretKeys([NEW]))
    fresh = (await begun(an_intent(), a_start(secrets=SecretKeys([NEW, OLD])))).sign_in
    assert fresh.secret_id == SecretKeys([NEW]).newest_id


@pytest.mark.parametrize("given", [None, ""])
async def test_without_a_target_the_configured_one_serves(given: str | None) -> None:
    intent = an_intent(unverified_redirect_to=given)
    started = await begun(intent, a_start(default=TARGET))
    assert started.sign_in.redirect_target == TARGET
    found = await refused(intent)
    assert isinstance(found.error, InvalidRequest)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "http://localhost:8000/", "javascript:alert(1)", "//app.example.com/", ERRORS + "\n"],
)
async def test_a_target_that_is_not_admitted_begins_nothing_and_is_not_told(target: str) -> None:
    found = await refused(an_intent(unverified_redirect_to=target))
    assert isinstance(found.error, RedirectNotAllowed)
    assert (found.error_target, found.provider) == (None, "microsoft")


async def test_an_error_target_must_be_admitted_before_anything_else_counts() -> None:
    bad = an_intent(unverified_error_redirect_to="https://evil.example/", provider="unknown")
    found = await refused(bad)
    assert isinstance(found.error, RedirectNotAllowed)
    assert found.error_target is None


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": None},
        {"provider": "unknown"},
        {"unverified_redirect_to": "https://evil.example/"},
        {"code_challenge": CHALLENGE},
        {"fault": InvalidRequest("prompt is repeated")},
        {"provider": "custom_down"},
    ],
)
async def test_where_errors_go_was_admitted_is_told_of_every_fault(changes: dict[str, Any]) -> None:
    found = await refused(an_intent(unverified_error_redirect_to=ERRORS, **changes))
    assert found.error_target == ERRORS


async def test_a_fault_in_the_form_of_the_request_is_the_error() -> None:
    fault = InvalidRequest("prompt is repeated")
    assert (await refused(an_intent(fault=fault))).error is fault


@pytest.mark.parametrize(("provider", "known"), [(None, None), ("unknown", None), ("microsoft", "microsoft")])
async def test_only_a_provider_that_we_have_is_named_in_logs(provider: str | None, known: str | None) -> None:
    found = await refused(an_intent(provider=provider, unverified_redirect_to=None))
    assert found.provider == known


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, None),
        (None, "S256"),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE[1:], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[1:] + "+", "S256"),
        ("", "S256"),
    ],
)
async def test_an_applications_challenge_is_s256_or_refused(challenge: str | None, method: str | None) -> None:
    found = await refused(an_intent(code_challenge=challenge, code_challenge_method=method))
    assert isinstance(found.error, InvalidRequest)


async def test_a_link_asks_for_no_more_scopes_than_the_operator_allows() -> None:
    def asking(provider: str, *scopes: str) -> StartSignIn:
        return an_intent(provider=provider, options=AuthorizationOptions(scopes=scopes))

    await begun(asking("microsoft", "offline_access"))
    for intent in (asking("microsoft", "offline_access", "Mail.Read"), asking("custom_other", "offline_access")):
        assert isinstance((await refused(intent)).error, InvalidRequest)


async def test_a_provider_that_cannot_be_asked_stops_its_own_sign_ins_only() -> None:
    assert isinstance((await refused(an_intent(provider="custom_down"))).error, UpstreamUnavailable)
    await begun(an_intent(provider="custom_other"))
