"""`patch_metadata`: what a page keeps about its person, written by the person: nobody should rest anything on it.

A JSON merge patch (RFC 7396) on the part that is theirs; what operators keep, public or private, is out of reach.
"""

from collections.abc import Mapping
from typing import Any

from broker.web.browsers import browser_of
from broker.web.hanko.errors import FORM_DATA_INVALID, VALUE_INVALID
from broker.web.hanko.flow.action import Action, Context, Step
from broker.web.hanko.flow.inputs import Input

_NAME = "patch_metadata"


async def _run(context: Context, values: Mapping[str, Any]) -> Step:
    if not isinstance(values[_NAME], dict):
        return Step(state=context.state, error=FORM_DATA_INVALID, input_errors={_NAME: VALUE_INVALID})
    requester = browser_of(context.request, context.broker).requester
    await context.broker.accounts.metadata.patch(
        context.owner.user.id, {"unsafe": values[_NAME]}, requester=requester, actor="user"
    )
    return Step(state=context.state)


PATCH_METADATA = Action(
    name=_NAME,
    description="Change what the page keeps about the person.",
    inputs=lambda _: (Input(name=_NAME, type="json", required=True, hidden=False),),
    run=_run,
)
