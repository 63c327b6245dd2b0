"""`back`: the page came back without a token, or with an error, and shows its first page again.

It changes nothing: a token that is still under way can be exchanged afterwards, as two components on one page do.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.web.hanko.flow.action import Action, Context, Step


async def _run(context: Context, _values: Mapping[str, Any]) -> Step:
    return Step(state=replace(context.state, name=context.initial, code_challenge=None))


BACK = Action(name="back", description="Go back to the first page.", run=_run)
