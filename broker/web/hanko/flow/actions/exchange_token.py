"""`exchange_token`: the page came back with a one-time code, and gets the session for it.

The one action of a login that has an effect: the code is good once, for the flow that began, with its verifier.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.signin.handoff import Redeem
from broker.web.browsers import browser_of
from broker.web.delivery import delivery
from broker.web.hanko import present
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input
from broker.web.hanko.flow.surface import SURFACE
from broker.web.surface import note


def token_inputs(_context: Context) -> tuple[Input, ...]:
    """What an exchange takes."""
    return Input(name="token", required=True), Input(name="code_verifier")


def redeem_of(context: Context, values: Mapping[str, Any]) -> Redeem:
    """The request to redeem this flow's code. A verifier that the start did not bring is not looked at."""
    verifier = values.get("code_verifier") if context.state.code_challenge is not None else None
    return Redeem(
        unverified_code=values["token"],
        unverified_verifier=verifier,
        redeemer=context.state.flow_id,
        surface=SURFACE,
        amr_of=lambda provider: (f"ext:{provider}",),
        browser=browser_of(context.request, context.broker),
    )


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    broker = context.broker
    redeemed = await broker.hand_off.redeem(redeem_of(context, values))
    session = redeemed.session
    broker.metrics.sessions_issued.labels(session.provider).inc()
    note(context.request, outcome="redeemed", provider=session.provider)
    claims = broker.sessions.claims_for(session, redeemed.profile)
    kept = await broker.accounts.metadata.of(session.user_id)
    payload = present.success(redeemed.profile, session, claims, kept, broker.display_names)
    if context.state.flow != "login":
        del payload["last_login"]
    remember = context.state.remember is True
    retention = "session" if broker.session_cookie.lasting(remember=remember) is None else "persistent"
    handed_over = delivery(session, redeemed.session_token, broker, remember=remember)
    return Step(
        state=replace(context.state, name="success", code_challenge=None),
        payload=payload,
        headers=(*handed_over, ("X-Session-Retention", retention)),
    )


EXCHANGE_TOKEN = Action(name="exchange_token", description="Exchange the one-time code.", inputs=token_inputs, run=_run)
