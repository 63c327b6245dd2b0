"""Trouble at the worst moment: the provider says no or nothing, or the operator changes something on the way.

What a provider writes is for the log alone, cut and without addresses: in a page or a redirect it would be the
attacker's text under our name. Anybody can craft a callback with `error`, so it is believed only with its cookie.
"""

from collections.abc import Mapping
from typing import Any

from broker.crypto import SecretKeys
from broker.sessions.rotation import Rotation
from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.browsers import refused
from tests.attack.callbacks.steps import Act, altered, callback
from tests.browsers import Page
from tests.stage import Stage, parameters_of

_MICROSOFT = "third_party.providers.microsoft"
_OWN_ERRORS = "http://localhost:8888/own-errors"
_HTML = "<script>alert(document.domain)</script>"


def _says(error: str, **more: str) -> Act:
    """The provider's answer is an error, under the genuine state."""
    return altered(lambda given: [("state", given["state"]), ("error", error), *more.items()])


def _token_endpoint(**fault: Any) -> Act:
    async def act(stage: Stage) -> Page:
        url = await stage.victim.at_callback("alice")
        await stage.emulator.fault("token", **fault)
        return await stage.victim.get(url)

    return act


def _changed(changes: Mapping[str, Any], **start: str) -> Act:
    """The operator changes the configuration while somebody is at the provider."""

    async def act(stage: Stage) -> Page:
        url = await stage.victim.at_callback("alice", **start)
        await stage.broker.reload(changes)
        await stage.honest_until_now()
        return await stage.victim.get(url)

    return act


async def _secret_dropped(stage: Stage) -> Page:
    """A change of secrets carried through while somebody is at the provider, the signing keys moved along."""
    url = await stage.victim.at_callback("alice")
    new, old = "a-new-secret-of-tests-that-is-long-0001", "a-secret-of-tests-that-is-long-enough-0"
    await stage.broker.reload({"secrets.keys": [new, old]})
    store = stage.broker.application.broker.store
    rotation = Rotation(store, SecretKeys([new, old]), stage.clock, algorithm="ES256")
    for _ in ("next becomes current", "and the one after it"):
        await rotation.rotate(now=True)
    for key in await rotation.list():
        if key.state == "retired":
            await rotation.retire(key.kid, end_sessions=True)
    await stage.broker.reload({"secrets.keys": [new]})
    await stage.honest_until_now()
    return await stage.victim.get(url)


async def _keys_cannot_be_had(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("keys", status=503, times=100)
    return await stage.victim.get(url)


async def _error_for_the_victim(stage: Stage) -> Page:
    given = parameters_of(await stage.attacker.at_callback("mallory"))
    await stage.victim.at_callback("alice")
    return await stage.victim.get(callback([("state", given["state"]), ("error", "access_denied")]))


async def _no_longer_an_emulator(stage: Stage) -> Page:
    """From now on the broker asks a real registration: the code and the state of the emulator's are worth nothing."""
    url = await stage.victim.at_callback("alice")
    own = {"client_id": "c11e0000-0000-4000-8000-000000000001", "secret": "emulator-secret", "cloud": "custom"}
    await stage.broker.reload({_MICROSOFT: {**own, "authority": stage.emulator.base_url}})
    await stage.honest_until_now()
    return await stage.victim.get(url)


_ERRORS = [
    refused("error_access_denied", "somebody pressed cancel", _says("access_denied", error_subcode="cancel"),
        error="access_denied"),
    refused("error_unproven", "an attacker's error in a browser that has another sign-in under way",
        _error_for_the_victim),
    refused("error_with_html", "markup for whoever shows the description",
        _says("access_denied", error_description=_HTML), error="access_denied", said="script"),
    refused("error_code_with_html", "markup in the code itself", _says(_HTML), error="invalid_response"),
    refused("error_with_line_feeds", "a forged log line and a forged header", _says(
        "access_denied", error_description="no\r\n{\"event\": \"forged\"}\r\nSet-Cookie: hanko=x"),
        error="access_denied", said="\\r\\n"),
    refused("error_enormous", "a text that would drown the log", _says("server_error", error_description="x" * 12_000),
        error="temporarily_unavailable"),
    refused("error_with_address", "Microsoft names the account in its text", _says(
        "access_denied", error_description="AADSTS50105: user 'alice@alder.example' is not assigned"),
        error="not_assigned", said="is not assigned"),
    refused("error_uri", "a link of the attacker's choice", _says("access_denied", error_uri="https://a.example/"),
        error="access_denied"),
    refused("error_names_ours", "an error that looks like one of ours is still the provider's",
        _says("account_locked"), error="invalid_response"),
    refused("error_of_security", "a number that would be an alarm from the token endpoint: here anybody can write it",
        _says("invalid_grant", error_description="AADSTS54005: redeemed"), error="already_used"),
    refused("error_foreign_issuer", "an error from another issuer than the one asked", _says(
        "access_denied", iss="https://attacker.example/v2.0"), error="invalid_response"),
]  # fmt: skip


def _unredeemed(name: str, story: str, act: Act, *, error: str = "temporarily_unavailable", **more: Any) -> Attack:
    return refused(f"provider_{name}", story, act, error=error, consumes=True, asks=1, **more)


_PROVIDER = [
    _unredeemed("broken", "the token endpoint answers 500", _token_endpoint(status=500)),
    _unredeemed("throttles", "the token endpoint answers 429", _token_endpoint(
        status=429, headers={"Retry-After": "30"})),
    _unredeemed("hangs_up", "the connection breaks once the code was sent: it is not sent again",
        _token_endpoint(reset=True)),
    _unredeemed("half_answers", "an answer that ends in the middle", _token_endpoint(truncate=100)),
    _unredeemed("speaks_html", "a proxy's error page", _token_endpoint(
        status=502, content_type="text/html", body=_HTML)),
    _unredeemed("speaks_nonsense", "JSON that is no answer", _token_endpoint(body='{"id_token": 1}',
        content_type="application/json"), error="invalid_response"),
    _unredeemed("redirects", "the code must not follow a redirect to a stranger", _token_endpoint(
        status=307, headers={"Location": "https://attacker.example/token"})),
    _unredeemed("says_html", "markup in the token endpoint's description", _token_endpoint(
        error="invalid_grant", error_description=_HTML), error="invalid_response", said="script"),
    _unredeemed("refuses_us", "our secret has expired: the operator's affair", _token_endpoint(aadsts=7000222),
        error="provider_misconfigured", said="expired"),
    _unredeemed("has_no_keys", "the keys cannot be had, so nothing can be verified", _keys_cannot_be_had),
]  # fmt: skip

_CHANGES = [
    refused("target_withdrawn", "the target is taken off the allowlist on the way",
        _changed({"third_party.allowed_redirect_urls": ["http://localhost:9999/**"]}),
        error="invalid_request", consumes=True, asks=1),
    refused("error_target_withdrawn", "the error target is taken off the allowlist, and there is an error",
        _changed({"third_party.allowed_redirect_urls": ["http://localhost:9999/**"]}, error_redirect_to=_OWN_ERRORS),
        error="invalid_request", consumes=True, asks=1),
    refused("provider_disabled", "the provider is switched off on the way", _changed({f"{_MICROSOFT}.enabled": False}),
        error="sign_in_expired"),
    refused("secret_dropped", "the secret of the start is no longer configured: as if the cookie were forged",
_secret_dropped, error="sign_in_expired"),
    refused("signup_switched_off", "sign-up is switched off on the way", _changed({"account.allow_signup": False}),
        error="signup_disabled", consumes=True, asks=1),
    refused("tenant_withdrawn", "the person's directory is shut out on the way",
        _changed({f"{_MICROSOFT}.tenants": {"deny": ["a1de0000-0000-4000-8000-000000000001"]}}),
        error="tenant_not_allowed", consumes=True, asks=1),
    refused("emulator_replaced", "credentials come on the way: what the emulator answered counts no more",
        _no_longer_an_emulator, error="sign_in_expired"),
]  # fmt: skip

TROUBLE = [*_ERRORS, *_PROVIDER, *_CHANGES]
