"""`thirdparty_oauth`: a provider's button was pressed. The answer names a page of ours, where the sign-in begins.

Ours, and not the provider's: the cookie that binds the sign-in to its browser is then always first-party, also where
the page that holds the component is on another site. The verifier that the page sends is kept as its hash, in the
sealed state and in the ticket; whoever redeems the code must bring it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from broker.protocol import pkce
from broker.signin.start import StartSignIn
from broker.web.hanko.errors import FORM_DATA_INVALID, VALUE_INVALID
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input
from broker.web.hanko.flow.surface import SURFACE


def provider_inputs(allowed: Mapping[str, str]) -> tuple[Input, ...]:
    """What the choice of a provider takes."""
    return (
        Input(name="provider", required=True, allowed=allowed),
        Input(name="redirect_to", required=True),
        Input(name="code_verifier"),
    )


async def send_to_provider(context: Context, values: Mapping[str, Any], *, connect_to: str | None) -> Step:
    """Begin a sign-in; `connect_to` as in `SignIn`. Raises `RedirectNotAllowed`."""
    verifier = values.get("code_verifier")
    if verifier is not None and not pkce.is_verifier(verifier):
        return Step(state=context.state, error=FORM_DATA_INVALID, input_errors={"code_verifier": VALUE_INVALID})
    challenge = None if verifier is None else pkce.challenge(verifier)
    broker, state = context.broker, context.state
    broker.allowlist.admit(values["redirect_to"])
    ticket = broker.tickets.seal(
        StartSignIn(
            surface=SURFACE,
            provider=values["provider"],
            unverified_redirect_to=values["redirect_to"],
            # The component that began shows what went wrong, and so must be the page that is told.
            unverified_error_redirect_to=values["redirect_to"],
            code_challenge=challenge,
            code_challenge_method=None if challenge is None else "S256",
            redeemer=state.flow_id,
            connect_to=connect_to,
        )
    )
    return Step(
        state=replace(state, name="thirdparty", code_challenge=challenge),
        payload={"redirect_url": f"{broker.rules.public_origin}/thirdparty/start?ticket={quote(ticket, safe='')}"},
    )


def _inputs(context: Context) -> tuple[Input, ...]:
    return provider_inputs(context.broker.display_names)


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    return await send_to_provider(context, values, connect_to=None)


THIRDPARTY_OAUTH = Action(
    name="thirdparty_oauth",
    description="Sign in with a provider.",
    inputs=_inputs,
    offered=lambda context: bool(context.broker.display_names),
    run=_run,
)
