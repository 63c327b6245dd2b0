"""Hostile starts: whatever is wrong is told at the error URL, no cookie is set, and the provider hears nothing.

Nothing is ever written by a start: a login page that can be made to fill a database is an attack by itself.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.steps import Act, started
from tests.browsers import Page
from tests.stage import Stage

_OWN_ERRORS = "http://localhost:8888/own-errors"
# Cookies are compressed, so what shall be too long for one must not repeat itself.
_LONG = "".join(base64.urlsafe_b64encode(hashlib.sha512(bytes([at])).digest()).decode().rstrip("=") for at in range(23))
_LONG_ERRORS = f"http://localhost:8888/{_LONG[::-1]}"
_ORIGIN = {"Origin": "https://attacker.example"}


def _refused(name: str, story: str, act: Act, *, error: str = "invalid_request", **more: Any) -> Attack:
    return Attack(name=f"start_{name}", story=story, act=act, error=error, **more)


def _requested(method: str = "GET", **headers: str) -> Act:
    async def act(stage: Stage) -> Page:
        query = urlencode({"provider": "microsoft", "redirect_to": "http://localhost:8888/"})
        return await stage.victim.send(method, f"/thirdparty/auth?{query}", headers=headers)

    return act


async def _at_our_own_origin(stage: Stage) -> Page:
    return await started(redirect_to=f"{stage.broker.url}/logout?return_to=x")(stage)


async def _errors_at_our_own_origin(stage: Stage) -> Page:
    return await started(error_redirect_to=f"{stage.broker.url}/thirdparty/auth")(stage)


def _provider_troubled(**fault: Any) -> Act:
    async def act(stage: Stage) -> Page:
        await stage.emulator.fault("discovery", times=100, **fault)
        return await started()(stage)

    return act


_TARGETS = [
    _refused("target_foreign", "an open redirect, if it worked", started(redirect_to="https://attacker.example/")),
    _refused("target_missing", "nowhere to go, and no default", started(redirect_to="-")),
    _refused("target_empty", "an empty parameter is an absent one", started(redirect_to="")),
    _refused("target_user_info", "the allowed host as a user name", started(
        redirect_to="http://localhost:8888@attacker.example/")),
    _refused("target_backslash", "browsers read a backslash as a slash", started(
        redirect_to="http://attacker.example\\@localhost:8888/")),
    _refused("target_without_scheme", "two slashes only", started(redirect_to="//attacker.example/")),
    _refused("target_script", "a script for an address", started(redirect_to="javascript:alert(1)//localhost:8888/")),
    _refused("target_line_feed", "a header of the attacker's in our answer", started(
        redirect_to="http://localhost:8888/\r\nSet-Cookie: hanko=x")),
    _refused("target_other_port", "another program of the same machine", started(redirect_to="http://localhost:9999/")),
    _refused("target_our_own", "a sign-in that ends at our own endpoints", _at_our_own_origin),
    _refused("target_twice", "two targets: one checked, one used", started("&redirect_to=https%3A%2F%2Fa.example%2F")),
    _refused("error_target_foreign", "the open redirect by way of the error", started(
        error_redirect_to="https://attacker.example/")),
    _refused("error_target_foreign_and_fault", "and a fault that is sure to come", started(
        error_redirect_to="https://attacker.example/", prompt="bogus")),
    _refused("error_target_our_own", "an error that begins the next sign-in, for ever", _errors_at_our_own_origin),
    _refused("error_target_twice", "two error targets: told at the configured one", started(
        "&error_redirect_to=http%3A%2F%2Flocalhost%3A8888%2Fa&error_redirect_to=http%3A%2F%2Flocalhost%3A8888%2Fb")),
    _refused("target_foreign_told_elsewhere", "an admitted error target is told of a refused target", started(
        redirect_to="https://attacker.example/", error_redirect_to=_OWN_ERRORS), where=_OWN_ERRORS),
    _refused("targets_too_long", "a cookie that browsers would drop", started(
        redirect_to=f"http://localhost:8888/{_LONG}", error_redirect_to=_LONG_ERRORS), where=_LONG_ERRORS),
]  # fmt: skip

_PROVIDERS = [
    _refused("provider_missing", "no provider named", started(provider="-")),
    _refused("provider_unknown", "a provider that does not exist", started(provider="attacker")),
    _refused("provider_path", "a provider that is a path", started(provider="../microsoft")),
    _refused("provider_twice", "two providers: one for us, one for a proxy", started("&provider=microsoft")),
    _refused("provider_disabled", "a provider that the operator switched off", started(),
        changes={"third_party.providers.microsoft.enabled": False}),
    _refused("provider_down", "the provider answers 500", _provider_troubled(status=500),
        error="temporarily_unavailable"),
    _refused("provider_throttles", "the provider asks for patience", _provider_troubled(
        status=429, headers={"Retry-After": "30"}), error="temporarily_unavailable"),
    _refused("provider_hangs_up", "the provider breaks the connection", _provider_troubled(reset=True),
        error="temporarily_unavailable"),
    _refused("provider_half_answers", "the provider's document ends in the middle", _provider_troubled(truncate=40),
        error="temporarily_unavailable"),
    _refused("provider_elsewhere", "a document that would send browsers to a stranger", _provider_troubled(
        body='{"issuer":"https://a.example","authorization_endpoint":"https://a.example/"}'),
        error="temporarily_unavailable"),
]  # fmt: skip

_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_OPTIONS = [
    _refused("challenge_without_method", "would mean plain (RFC 7636 4.3)", started(code_challenge=_CHALLENGE)),
    _refused("challenge_plain", "a challenge that is the verifier", started(
        code_challenge=_CHALLENGE, code_challenge_method="plain")),
    _refused("challenge_letter_case", "s256 is no method", started(
        code_challenge=_CHALLENGE, code_challenge_method="s256")),
    _refused("method_without_challenge", "an application that forgot its half", started(code_challenge_method="S256")),
    _refused("challenge_short", "no SHA-256 is that short", started(
        code_challenge="abc", code_challenge_method="S256")),
    _refused("challenge_long", "nor that long", started(
        code_challenge=_CHALLENGE * 2, code_challenge_method="S256")),
    _refused("challenge_padded", "base64 with its padding", started(
        code_challenge=_CHALLENGE[:42] + "=", code_challenge_method="S256")),
    _refused("challenge_twice", "two challenges, one of them the attacker's", started(
        f"&code_challenge={'A' * 43}", code_challenge=_CHALLENGE, code_challenge_method="S256")),
    _refused("prompt_unknown", "a prompt that we do not pass on", started(prompt="create")),
    _refused("prompt_list", "several at once", started(prompt="login consent")),
    _refused("max_age_negative", "younger than now", started(max_age="-1")),
    _refused("max_age_long", "more than a day", started(max_age="86401")),
    _refused("max_age_float", "no whole number", started(max_age="1e3")),
    _refused("max_age_other_digits", "digits of another script", started(max_age="\u0661\u0662")),
    _refused("hint_long", "more than any address has", started(login_hint="a" * 321)),
    _refused("hint_line_feed", "a header of the attacker's at the provider", started(login_hint="a\r\nX: y")),
    _refused("domain_hint_strange", "no domain", started(domain_hint="alder.example/..")),
    _refused("languages_script", "no list of languages", started(ui_locales="<script>")),
    _refused("scope_not_allowed", "a link that asks the victim to share their mail with us", started(
        provider_scopes="Mail.Read")),
    _refused("scope_among_allowed", "one that is allowed and one that is not", started(
        provider_scopes="User.Read Mail.Read"),
        changes={"third_party.providers.microsoft.extra_scopes_allowed": ["User.Read"]}),
    _refused("scope_malformed", "quotes in a scope (RFC 6749 3.3)", started(provider_scopes='a"b')),
    _refused("query_not_utf8", "bytes that are no UTF-8", started("&login_hint=%ff%fe")),
    _refused("sixty_parameters", "a flood of parameters", started("".join(f"&p{at}=1" for at in range(60)))),
]  # fmt: skip

_REQUESTS = [
    *(
        Attack(name=f"start_fetched_as_{kind}", story=f"a start as {kind} has no first-party cookie",
            act=_requested(sec_fetch_dest=kind), status=400)
        for kind in ("iframe", "image", "empty", "script")
    ),
    Attack(name="start_prefetched", story="a browser loads ahead what nobody clicked",
        act=_requested(sec_purpose="prefetch"), status=204),
    Attack(name="start_head", story="a link preview", act=_requested("HEAD"), status=405),
    Attack(name="start_posted", story="a form of ours does not exist", act=_requested("POST"), status=405),
    Attack(name="start_posted_by_another_site", story="another site's form", act=_requested("POST", **_ORIGIN),
        status=403),
]  # fmt: skip

STARTS = [*_TARGETS, *_PROVIDERS, *_OPTIONS, *_REQUESTS]
