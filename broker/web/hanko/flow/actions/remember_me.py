"""`remember_me`: the box to stay signed in was ticked, or cleared. Offered where the operator lets people choose."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    return Step(state=replace(context.state, remember=values["remember_me"]))


REMEMBER_ME = Action(
    name="remember_me",
    description="Stay signed in.",
    inputs=lambda _: (Input(name="remember_me", type="boolean", required=True),),
    offered=lambda context: context.broker.session_cookie.asked_lifespan is not None,
    run=_run,
)
