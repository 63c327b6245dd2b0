"""`account_delete`: leave, where the operator lets people do that by themselves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.web.browsers import browser_of
from broker.web.hanko.flow.action import Action, Context, Step


async def _run(context: Context, _values: Mapping[str, Any]) -> Step:
    broker = context.broker
    await broker.accounts.own.delete(context.session.session, browser_of(context.request, broker).requester)
    return Step(
        state=replace(context.state, name="account_deleted"),
        headers=(("Set-Cookie", broker.session_cookie.deleted().header()),),
    )


ACCOUNT_DELETE = Action(
    name="account_delete",
    description="Delete the account.",
    offered=lambda context: context.broker.accounts.own.allow_deletion,
    run=_run,
)
