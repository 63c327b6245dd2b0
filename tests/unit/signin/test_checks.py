"""What a callback may not do: each rule by itself, and the order in which they speak."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from broker.errors import BrowserMismatch, ProviderDenied, ResponseInvalid, SignInExpired
from broker.models.signins import ResponseMode, SignIn
from broker.protocol.authorization import UnverifiedAuthorizationError, UnverifiedAuthorizationResponse
from broker.signin import checks
from broker.signin.checks import CHECKS, STATE_LENGTH, Callback
from tests.unit.signin.upstreams import Upstream

STATE = "s" * STATE_LENGTH
MICROSOFT = Upstream()
OTHER_REGISTRATION = Upstream(registration="fedcba9876543210")
OWN = Upstream(id="custom_own", own_callback=True)
FORM = Upstream(id="custom_form", response_mode="form_post")
DENIED = UnverifiedAuthorizationError(error="access_denied", description="no", subcode=None, uri=None)


def a_sign_in(provider: str = "microsoft", state: str = STATE, response_mode: ResponseMode = "query") -> SignIn:
    return SignIn(
        response_mode=response_mode,
        state=state,
        provider=provider,
        registration=MICROSOFT.registration,
        surface="plain",
        redirect_target="http://localhost:8888/",
        error_target=None,
        code_challenge=None,
        max_age=None,
        started_at=0,
        secret_id="00000000",
    )


def a_callback(*upstreams: Upstream, **changes: Any) -> Callback:
    """A callback that breaks no rule; `state`, `code`, `error` and `issuer` change its answer."""
    response = UnverifiedAuthorizationResponse(
        state=changes.pop("state", STATE),
        code=changes.pop("code", "code"),
        error=changes.pop("error", None),
        issuer=changes.pop("issuer", None),
        fault=changes.pop("fault", None),
    )
    callback = Callback(
        response=response,
        response_mode="query",
        path_provider=None,
        cookie=a_sign_in(),
        providers={upstream.id: upstream for upstream in upstreams or (MICROSOFT,)},
    )
    return replace(callback, **changes)


def test_a_callback_that_breaks_no_rule_passes() -> None:
    callback = a_callback()
    checks.run(callback)
    assert callback.proven_sign_in == a_sign_in()
    checks.run(a_callback(MICROSOFT, OWN, cookie=a_sign_in("custom_own"), path_provider="custom_own"))
    by_form = a_sign_in("custom_form", response_mode="form_post")
    checks.run(a_callback(FORM, cookie=by_form, response_mode="form_post"))
    checks.run(a_callback(issuer=MICROSOFT.issuer))


def test_a_sign_in_is_answered_as_it_asked_whatever_a_reload_says_meanwhile() -> None:
    by_query, by_form = a_sign_in(), a_sign_in(response_mode="form_post")
    asks_by_form = replace(MICROSOFT, response_mode="form_post")
    checks.run(a_callback(asks_by_form, cookie=by_query))
    checks.run(a_callback(MICROSOFT, cookie=by_form, response_mode="form_post"))
    for upstream, cookie, mode in ((asks_by_form, by_query, "form_post"), (MICROSOFT, by_form, "query")):
        with pytest.raises(ResponseInvalid):
            checks.run(a_callback(upstream, cookie=cookie, response_mode=mode))


BROKEN: list[tuple[Callable[[Callback], None], Callback, type[Exception]]] = [
    (checks.response_mode_is_served, a_callback(response_mode="form_post"), ResponseInvalid),
    (checks.response_mode_is_served, a_callback(FORM), ResponseInvalid),
    (checks.response_mode_is_served, a_callback(OWN), ResponseInvalid),
    (checks.response_mode_is_served, a_callback(path_provider="unknown"), ResponseInvalid),
    (
        checks.response_mode_is_served,
        a_callback(MICROSOFT, FORM, path_provider="microsoft", response_mode="form_post"),
        ResponseInvalid,
    ),
    (checks.state_is_well_formed, a_callback(state=None), ResponseInvalid),
    (checks.state_is_well_formed, a_callback(state=STATE[1:]), ResponseInvalid),
    (checks.state_is_well_formed, a_callback(state=STATE + "s"), ResponseInvalid),
    (checks.browser_is_the_one_that_began, a_callback(cookie="absent"), SignInExpired),
    (checks.browser_is_the_one_that_began, a_callback(cookie="expired"), SignInExpired),
    (checks.browser_is_the_one_that_began, a_callback(cookie="forged"), SignInExpired),
    (checks.browser_is_the_one_that_began, a_callback(cookie="other_state"), BrowserMismatch),
    (
        checks.browser_is_the_one_that_began,
        a_callback(cookie=a_sign_in(state="t" * STATE_LENGTH)),
        BrowserMismatch,
    ),
    (checks.provider_is_the_one_asked, a_callback(MICROSOFT, OWN, cookie=a_sign_in("custom_own")), ResponseInvalid),
    (checks.provider_is_the_one_asked, a_callback(MICROSOFT, OWN, path_provider="custom_own"), ResponseInvalid),
    (checks.provider_is_the_one_asked, a_callback(cookie=a_sign_in("gone")), ResponseInvalid),
    (checks.provider_is_the_one_asked, a_callback(cookie="absent"), ResponseInvalid),
    (checks.registration_is_known, a_callback(OTHER_REGISTRATION), SignInExpired),
    (
        checks.registration_is_known,
        a_callback(OTHER_REGISTRATION, former_providers=(replace(MICROSOFT, emulator=True),)),
        SignInExpired,
    ),
    (checks.registration_is_known, a_callback(OWN, former_providers=(MICROSOFT,)), SignInExpired),
    (checks.registration_is_known, a_callback(cookie="absent"), SignInExpired),
    (
        checks.response_mode_is_the_one_asked_for,
        a_callback(MICROSOFT, FORM, response_mode="form_post"),
        ResponseInvalid,
    ),
    (
        checks.response_mode_is_the_one_asked_for,
        a_callback(MICROSOFT, FORM, cookie=a_sign_in("custom_form", response_mode="form_post")),
        ResponseInvalid,
    ),
    (checks.answer_is_well_formed, a_callback(code=None, fault="code is repeated"), ResponseInvalid),
    (checks.issuer_fits, a_callback(issuer="https://another.example"), ResponseInvalid),
    (checks.issuer_fits, a_callback(issuer=MICROSOFT.issuer + "/"), ResponseInvalid),
    (checks.issuer_fits, a_callback(Upstream(announces=True)), ResponseInvalid),
    (checks.provider_did_not_refuse, a_callback(code=None, error=DENIED), ProviderDenied),
    (checks.code_is_there, a_callback(code=None), ResponseInvalid),
]


@pytest.mark.parametrize(("rule", "callback", "refusal"), BROKEN)
def test_a_broken_rule_is_refused_by_its_own_check_and_by_all_together(
    rule: Callable[[Callback], None], callback: Callback, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        rule(callback)
    with pytest.raises((ResponseInvalid, SignInExpired, BrowserMismatch, ProviderDenied)):
        checks.run(callback)


@pytest.mark.parametrize("rule", CHECKS)
def test_every_rule_is_broken_by_a_case_above_and_passes_a_good_callback(rule: Callable[[Callback], None]) -> None:
    assert rule in {broken for broken, _, _ in BROKEN}
    rule(a_callback())


def test_the_rules_run_in_this_order() -> None:
    """What anybody can craft is judged before what only the browser that began can bring."""
    assert [rule.__name__ for rule in CHECKS] == [
        "response_mode_is_served",
        "state_is_well_formed",
        "browser_is_the_one_that_began",
        "provider_is_the_one_asked",
        "registration_is_known",
        "response_mode_is_the_one_asked_for",
        "answer_is_well_formed",
        "issuer_fits",
        "provider_did_not_refuse",
        "code_is_there",
    ]


@pytest.mark.parametrize(
    ("callback", "code"),
    [
        (a_callback(response_mode="form_post"), "invalid_request"),
        (a_callback(state=None), "invalid_request"),
        (a_callback(MICROSOFT, OWN, path_provider="custom_own"), "invalid_request"),
        (a_callback(MICROSOFT, FORM, response_mode="form_post"), "invalid_request"),
        (a_callback(fault="code is repeated"), "invalid_response"),
        (a_callback(issuer="https://another.example"), "invalid_response"),
        (a_callback(Upstream(announces=True)), "invalid_response"),
        (a_callback(code=None), "invalid_response"),
    ],
)
def test_a_reply_to_a_proven_sign_in_that_cannot_be_trusted_is_no_fault_of_the_request(
    callback: Callback, code: str
) -> None:
    with pytest.raises(ResponseInvalid) as refused:
        checks.run(callback)
    assert refused.value.code == code


@pytest.mark.parametrize("cookie", ["absent", "other_state"])
def test_what_is_wrong_with_an_answer_is_told_only_to_the_browser_that_began(cookie: Any) -> None:
    with pytest.raises((SignInExpired, BrowserMismatch)):
        checks.run(a_callback(cookie=cookie, fault="code is repeated"))


def test_a_sign_in_begun_before_a_reload_ends_at_the_registration_that_was_asked() -> None:
    asked = replace(MICROSOFT, issuer="https://former.example")
    callback = a_callback(OTHER_REGISTRATION, former_providers=(OWN, asked), issuer=asked.issuer)
    checks.run(callback)
    assert callback.provider is asked


def test_what_an_emulator_began_ends_only_where_it_still_stands_in() -> None:
    emulated = replace(OTHER_REGISTRATION, emulator=True)
    checks.run(a_callback(emulated, former_providers=(replace(MICROSOFT, emulator=True),)))
    with pytest.raises(SignInExpired):
        checks.run(a_callback(OTHER_REGISTRATION, former_providers=(replace(MICROSOFT, emulator=True),)))


@pytest.mark.parametrize("cookie", ["absent", "expired", "forged", "other_state"])
def test_an_error_is_not_believed_in_a_browser_that_did_not_begin(cookie: Any) -> None:
    with pytest.raises((SignInExpired, BrowserMismatch)):
        checks.run(a_callback(code=None, error=DENIED, cookie=cookie))


def test_only_a_cookie_made_for_another_state_is_an_attack() -> None:
    for cookie in ("absent", "expired", "forged"):
        with pytest.raises(SignInExpired) as refused:
            checks.run(a_callback(cookie=cookie))
        assert refused.value.security is None
    with pytest.raises(BrowserMismatch) as attack:
        checks.run(a_callback(cookie="other_state"))
    assert attack.value.security == "wrong_browser"


def test_the_error_of_a_mixed_up_provider_is_not_believed() -> None:
    callback = a_callback(MICROSOFT, OWN, code=None, error=DENIED, path_provider="custom_own")
    with pytest.raises(ResponseInvalid):
        checks.run(callback)


def test_before_its_cookie_fits_a_callback_has_no_sign_in() -> None:
    assert a_callback(cookie="expired").proven_sign_in is None
    for rule in (checks.response_mode_is_the_one_asked_for, checks.issuer_fits):
        with pytest.raises(SignInExpired):
            rule(a_callback(cookie="expired"))
