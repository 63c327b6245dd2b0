"""`connect_thirdparty_oauth_provider` and what follows it: a further way to sign in, added to the account that is open.

The sign-in at the provider signs nobody in; the session that asked brings its code here (`accounts/connecting`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.accounts.connecting import Connect
from broker.web.browsers import browser_of
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.actions.exchange_token import token_inputs
from broker.web.hanko.flow.actions.thirdparty_oauth import provider_inputs, send_to_provider
from broker.web.hanko.flow.inputs import Input


def _connectable(context: Context) -> dict[str, str]:
    """The providers that the account has no identity of."""
    connected = {identity.provider for identity in context.owner.identities}
    return {id: name for id, name in context.broker.display_names.items() if id not in connected}


def _inputs(context: Context) -> tuple[Input, ...]:
    return provider_inputs(_connectable(context))


async def _connect(context: Context, values: Mapping[str, Any]) -> Step:
    return await send_to_provider(context, values, connect_to=context.session.session.user_id)


async def _exchange(context: Context, values: Mapping[str, Any]) -> Step:
    await context.broker.accounts.connecting.connect(
        Connect(
            unverified_code=values["token"],
            unverified_verifier=values.get("code_verifier"),
            redeemer=context.state.flow_id,
            session=context.session.session,
            browser=browser_of(context.request, context.broker),
        )
    )
    return Step(state=replace(context.state, name=context.initial, code_challenge=None))


CONNECT = Action(
    name="connect_thirdparty_oauth_provider",
    description="Add a provider to sign in with.",
    inputs=_inputs,
    offered=lambda context: bool(_connectable(context)),
    run=_connect,
)

EXCHANGE_CONNECTION = Action(
    name="exchange_token", description="Exchange the one-time code.", inputs=token_inputs, run=_exchange
)
