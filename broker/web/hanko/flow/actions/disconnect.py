"""`disconnect_thirdparty_oauth_provider`: part with an identity; not offered where only the last one is there.

Its input is not listed, as it never was: the component sends the id of the identity that was clicked.
"""

from collections.abc import Mapping
from typing import Any

from broker.web.browsers import browser_of
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input


def _inputs(context: Context) -> tuple[Input, ...]:
    return (Input(name="identity_id", required=True, listed=False, allowed=_partable(context)),)


def _partable(context: Context) -> dict[str, str]:
    return {each.id: each.provider for each in context.broker.accounts.own.partable(context.owner)}


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    requester = browser_of(context.request, context.broker).requester
    await context.broker.accounts.own.disconnect(context.session.session, values["identity_id"], requester)
    return Step(state=context.state)


DISCONNECT = Action(
    name="disconnect_thirdparty_oauth_provider",
    description="Part with a provider.",
    inputs=_inputs,
    offered=lambda context: bool(_partable(context)),
    run=_run,
)
