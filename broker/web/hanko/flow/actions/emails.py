"""`email_delete` and `email_set_primary`. None can be added here: we send no mail, so nothing would prove it."""

from collections.abc import Mapping
from typing import Any

from broker.accounts.own_account import removable
from broker.web.browsers import browser_of
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input


def _delete_inputs(context: Context) -> tuple[Input, ...]:
    return (
        Input(name="email_id", required=True, allowed={each.id: each.address for each in removable(context.owner)}),
    )


def _choosable(context: Context) -> dict[str, str]:
    return {each.id: each.address for each in context.owner.emails if each.is_verified and not each.is_primary}


async def _delete(context: Context, values: Mapping[str, Any]) -> Step:
    requester = browser_of(context.request, context.broker).requester
    await context.broker.accounts.own.delete_address(context.session.session, values["email_id"], requester)
    return Step(state=context.state)


async def _set_primary(context: Context, values: Mapping[str, Any]) -> Step:
    requester = browser_of(context.request, context.broker).requester
    await context.broker.accounts.own.set_primary(context.session.session, values["email_id"], requester)
    return Step(state=context.state)


EMAIL_DELETE = Action(
    name="email_delete",
    description="Remove an address.",
    inputs=_delete_inputs,
    # Offered even where none can be removed: without it the component that shows addresses breaks down.
    offered=lambda context: bool(context.owner.emails),
    run=_delete,
)

EMAIL_SET_PRIMARY = Action(
    name="email_set_primary",
    description="Choose the address that names the account.",
    inputs=lambda context: (Input(name="email_id", required=True, allowed=_choosable(context)),),
    offered=lambda context: bool(_choosable(context)),
    run=_set_primary,
)
