"""`session_delete`: end another of one's own sessions; this one is signed out of."""

from collections.abc import Mapping
from typing import Any

from broker.web.browsers import browser_of
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input


def _others(context: Context) -> dict[str, str]:
    return {each.id: each.id for each in context.sessions if each.id != context.session.session.id}


def _inputs(context: Context) -> tuple[Input, ...]:
    return (Input(name="session_id", required=True, allowed=_others(context)),)


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    session = context.session.session
    await context.broker.sessions.end(
        values["session_id"],
        user_id=session.user_id,
        reason="revoked",
        requester=browser_of(context.request, context.broker).requester,
    )
    return Step(state=context.state)


SESSION_DELETE = Action(
    name="session_delete",
    description="End another session.",
    inputs=_inputs,
    offered=lambda context: bool(_others(context)),
    run=_run,
)
