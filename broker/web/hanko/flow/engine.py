"""How a flow moves: the sealed state is opened, the action must be one of its state, what it answers is sealed again.

Nothing is stored and nothing is locked: of everything that a replayed or doubled request can do only the redemption of
a code has an effect, and the store lets that happen once.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.crypto import random_uuid
from broker.errors import BrokerError, InvalidRequest, NotAuthenticated, NotFound, NotPermitted, UpstreamUnavailable
from broker.sessions.lifecycle import LiveSession
from broker.web import access, parse
from broker.web.answers import told_when
from broker.web.broker import Broker
from broker.web.hanko.errors import EXPIRED, FORM_DATA_INVALID, NOT_PERMITTED, FlowError, flow_error_of, technical
from broker.web.hanko.flow import inputs
from broker.web.hanko.flow.action import Action, Context, Person, Step
from broker.web.hanko.flow.envelope import envelope, without_context
from broker.web.hanko.flow.flows import Flow
from broker.web.hanko.flow.sealed import FlowSeal, is_flow_id
from broker.web.hanko.flow.state import FlowState
from broker.web.signed import Expired, Forged
from broker.web.surface import note

_ACTION = frozenset({"action"})
_BEGINS_ANEW = frozenset({"back", "exchange_token"})
"""Actions of a page that has come back from a provider: refused, they still get a first page with buttons on it."""


async def serve(flow: Flow, request: Request, broker: Broker) -> Response:
    """`POST /<flow>`: start it, or run the action that the query names."""
    live = await _session(request, broker) if flow.needs_session else None
    given = parse.single(parse.pairs(request.scope["query_string"]), _ACTION)
    if "action" not in given:
        state = replace(_fresh(flow, live, broker), name=flow.first)
        return await _answer(flow, Step(state=state), await _context(flow, state, live, request, broker))
    name, _, unverified_id = given["action"].partition("@")
    if not is_flow_id(unverified_id):
        return _refusal(request, technical(400))
    unverified_body = await _body(request)
    found = _open(flow, unverified_body.get("csrf_token"), unverified_id, live, broker)
    if isinstance(found, FlowError):
        return await _lost(flow, found, name, live, request, broker)
    context = await _context(flow, found, live, request, broker)
    action = flow.action(found.name, name)
    if action is None and name == "back":  # late: somebody else on the page was faster
        return await _answer(flow, Step(state=replace(found, name=flow.initial)), context)
    if action is None or not action.offered(context):
        return _refusal(request, NOT_PERMITTED)
    return await _answer(flow, await _run(action, context, unverified_body.get("input_data")), context, ran=name)


async def not_offered(_request: Request, _broker: Broker) -> Response:
    """`POST /token_exchange`: a sign-in that a provider began. There is none: nothing would bind it to a browser."""
    raise NotPermitted("nobody signs in here whom a provider sends unasked")


async def _run(action: Action, context: Context, unverified_input: object) -> Step:
    values, errors = inputs.read(action.inputs(context), unverified_input)
    if errors:
        return Step(state=_page(context), error=FORM_DATA_INVALID, input_errors=errors)
    try:
        return await action.run(context, values)
    except NotAuthenticated:
        raise  # the session ended in this very moment: nothing of the profile is shown any more
    except BrokerError as error:
        if isinstance(error, UpstreamUnavailable) or error.code in ("server_error", "temporarily_unavailable"):
            raise
        note(context.request, error=error.code, detail=error.detail, remedy=error.remedy or None)
        return Step(state=_page(context), error=flow_error_of(error))


def _page(context: Context) -> FlowState:
    """Where the person is after a refusal. `thirdparty` is no page: without an address the SDK would go astray."""
    state = context.state
    return replace(state, name=context.initial) if state.name == "thirdparty" else state


async def _answer(flow: Flow, step: Step, before: Context, *, ran: str | None = None) -> Response:
    broker, request = before.broker, before.request
    context = replace(before, state=step.state)
    payload = step.payload
    if step.state.name == flow.initial and not payload:
        # What the action changed shall be seen: the person is read again.
        context = replace(context, person=await _person(context.live, broker)) if ran else context
        payload = await flow.page(context)
    body = envelope(
        context,
        csrf_token=FlowSeal(broker.signed, broker.clock).seal(step.state),
        actions=flow.states[step.state.name],
        payload=payload,
        error=step.error,
        ran=ran,
        input_errors=step.input_errors,
    )
    note(request, flow_state=step.state.name, flow_error=None if step.error is None else step.error.code)
    response = JSONResponse(body, status_code=body["status"])
    for name, value in step.headers:
        response.headers.append(name, value)
    return _shaped(request, response)


async def _lost(
    flow: Flow, error: FlowError, action: str, live: LiveSession | None, request: Request, broker: Broker
) -> Response:
    """The client's state is of no use. Whoever comes back from a provider, or left a page open, gets a fresh one."""
    if not flow.knows(action) or (action not in _BEGINS_ANEW and error is not EXPIRED):
        return _refusal(request, error)
    state = _fresh(flow, live, broker)
    step = Step(state=state, error=None if action == "back" else error)
    return await _answer(flow, step, await _context(flow, state, live, request, broker))


def _open(
    flow: Flow, unverified_token: object, unverified_id: str, live: LiveSession | None, broker: Broker
) -> FlowState | FlowError:
    if not isinstance(unverified_token, str):
        return NOT_PERMITTED
    try:
        state = FlowSeal(broker.signed, broker.clock).open(unverified_token, lifetime=flow.lifetime)
    except Expired:
        return EXPIRED
    except Forged:
        return NOT_PERMITTED
    owner = None if live is None else live.session.user_id
    if state.flow_id != unverified_id or state.flow != flow.name or state.user_id != owner:
        return NOT_PERMITTED
    return state


def _fresh(flow: Flow, live: LiveSession | None, broker: Broker) -> FlowState:
    return FlowState(
        flow_id=random_uuid(),
        flow=flow.name,
        name=flow.initial,
        started_at=broker.clock.now(),
        user_id=None if live is None else live.session.user_id,
    )


async def _context(flow: Flow, state: FlowState, live: LiveSession | None, request: Request, broker: Broker) -> Context:
    person = await _person(live, broker)
    return Context(request=request, broker=broker, state=state, initial=flow.initial, live=live, person=person)


async def _person(live: LiveSession | None, broker: Broker) -> Person | None:
    if live is None:
        return None
    user_id = live.session.user_id
    try:
        profile, kept = await broker.users.profile(user_id), await broker.accounts.metadata.of(user_id)
    except NotFound as error:  # and their sessions with them
        raise NotAuthenticated("the user was deleted in this very moment") from error
    return Person(profile=profile, sessions=tuple(await broker.sessions.list_of(user_id)), kept=kept)


async def _session(request: Request, broker: Broker) -> LiveSession:
    return await broker.sessions.touch(await access.current_session(request, broker))


async def _body(request: Request) -> dict[str, object]:
    """The JSON object; an empty body is an object without members, which brings no state."""
    return await parse.json_object(request) if (await request.body()).strip() else {}


def _refusal(request: Request, error: FlowError) -> Response:
    note(request, flow_error=error.code)
    return _shaped(request, without_context(error))


def _shaped(request: Request, response: Response) -> Response:
    request.scope["flow_shaped"] = True
    return response


class FlowDialect:
    """Errors of the flows' addresses, where there is no flow to go on with."""

    def spell(self, error: BrokerError, request: Request, _broker: Broker) -> Response:
        """A flow in the state `error`."""
        note(request, error=error.code, detail=error.detail)
        unreadable = isinstance(error, InvalidRequest)
        return told_when(_refusal(request, technical(400) if unreadable else flow_error_of(error)), error)

    def spell_unforeseen(self, request: Request, _broker: Broker) -> Response:
        """The same, for a bug."""
        return _refusal(request, technical(500))
