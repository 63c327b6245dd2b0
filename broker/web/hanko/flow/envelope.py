"""The JSON of a flow: its state, what can be done next, and what went wrong.

`actions` is always an object and so are `inputs`: the published SDK throws on anything else, and the page is dead.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from broker.web.hanko.errors import FlowError, InputError
from broker.web.hanko.flow.action import Action, Context

NO_ERRORS: Mapping[str, InputError] = {}


def envelope(
    context: Context,
    *,
    csrf_token: str,
    actions: Iterable[Action],
    payload: Mapping[str, Any],
    error: FlowError | None = None,
    ran: str | None = None,
    input_errors: Mapping[str, InputError] = NO_ERRORS,
) -> dict[str, Any]:
    """The body for a state; `input_errors` belong to the action `ran`."""
    content: dict[str, Any] = {
        "name": context.state.name,
        "status": 200 if error is None else error.status,
        "payload": dict(payload),
        "csrf_token": csrf_token,
        "actions": {
            each.name: _action(each, context, input_errors if each.name == ran else NO_ERRORS)
            for each in actions
            if each.offered(context)
        },
    }
    if error is not None:
        content["error"] = error.shown()
    content["links"] = None
    return content


def without_context(error: FlowError, *, payload: Mapping[str, Any] | None = None) -> Response:
    """The answer where there is no flow, or none that goes on."""
    content: dict[str, Any] = {"name": "error", "status": error.status, "csrf_token": "", "actions": {}}
    if payload:
        content["payload"] = dict(payload)
    return JSONResponse({**content, "error": error.shown(), "links": None}, status_code=error.status)


def _action(action: Action, context: Context, errors: Mapping[str, InputError]) -> dict[str, Any]:
    return {
        # Relative to the address that the page was given, and without its path prefix, if it has one.
        "href": f"/{context.state.flow}?action={action.name}%40{context.state.flow_id}",
        "inputs": {each.name: each.shown(errors.get(each.name)) for each in action.inputs(context) if each.listed},
        "action": action.name,
        "description": action.description,
    }
