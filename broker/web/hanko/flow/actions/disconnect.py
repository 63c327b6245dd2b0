"""`disconnect_thirdparty_oauth_provider`: part with an identity; never offered for the last one."""

from collections.abc import Mapping
from typing import Any

from broker.web.browsers import browser_of
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input


def _inputs(context: Context) -> tuple[Input, ...]:
    mine = {each.id: each.provider for each in context.owner.identities}
    return (Input(name="identity_id", required=True, allowed=mine),)


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    requester = browser_of(context.request, context.broker).requester
    await context.broker.accounts.own.disconnect(context.session.session, values["identity_id"], requester)
    return Step(state=context.state)


DISCONNECT = Action(
    name="disconnect_thirdparty_oauth_provider",
    description="Part with a provider.",
    inputs=_inputs,
    offered=lambda context: len(context.owner.identities) > 1,
    run=_run,
)
