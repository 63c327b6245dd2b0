"""`register_client_capabilities`: the SDK says what the browser can do. We have no passkeys: nothing depends on it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input


async def _run(context: Context, _values: Mapping[str, Any]) -> Step:
    return Step(state=replace(context.state, name=context.initial))


def _inputs(_context: Context) -> tuple[Input, ...]:
    return (
        # Called required, and passed over by older clients: a missing one is no error.
        Input(name="webauthn_available", type="boolean", required=True, enforced=False),
        Input(name="webauthn_conditional_mediation_available", type="boolean"),
        Input(name="webauthn_platform_authenticator_available", type="boolean"),
    )


REGISTER_CLIENT_CAPABILITIES = Action(
    name="register_client_capabilities",
    description="Say what the browser can do.",
    inputs=_inputs,
    run=_run,
)
