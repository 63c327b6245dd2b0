"""The control interface: not Microsoft's, and there only where it was asked for.

    POST /_control/faults         {"endpoint": "token", "aadsts": 7000222}          see `faults.Fault`
    POST /_control/claims         {"set": {"nonce": "other"}, "person": "alice"}     see `token_changes.TokenChange`
    POST /_control/keys           {"action": "rotate"}                               see `KeyAction`
    POST /_control/registrations  {"client_id": "…", "add_redirect_uris": ["…"]}     see `registration_changes`
    POST /_control/federated_tokens {"subject": "system:serviceaccount:a:b"}         a token of the built-in issuer
    POST /_control/people         {"person": "alice", "disabled": true}              see `people_changes.PersonChange`
    POST /_control/clock          {"advance": 3600}                                  see `ClockOrder`
    GET  /_control/requests       what was received, secrets masked, and counters
    POST /_control/reset          {}

A web page must not reach it: any `Origin` is refused, and a body has to be `application/json`, which a form cannot
send.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from broker.emulator.faults import Fault
from broker.emulator.federated_issuer import issuer_of
from broker.emulator.key_set import Publication
from broker.emulator.keys import KeyClass
from broker.emulator.mistakes import mistakes_in
from broker.emulator.people_changes import PersonChange, change_person
from broker.emulator.registration_changes import RegistrationChange, as_json, changed_registration
from broker.emulator.state import Emulator, base_of, cloud_of, emulator_of
from broker.emulator.token_changes import TokenChange

_MAX_BODY = 1024 * 1024
_LONGEST = 10 * 365 * 86_400.0
Order = TypeVar("Order", bound=BaseModel)


class Refused(Exception):
    """An order that is not carried out."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class KeyAction(BaseModel):
    """`rotate`: next keys sign, old ones stay published. `emergency`: all keys are new at once. `add_government`: one
    more government key is published. `own`: the application `client_id` gets a key to itself, seen only with `?appid=`.
    The rest is what the keys endpoint serves from now on, `normal` again included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal[
        "rotate", "emergency", "add_government", "own",
        "normal", "stale", "empty", "malformed", "remove_issuer", "duplicate_kid",
    ]  # fmt: skip
    client_id: str | None = None

    @model_validator(mode="after")
    def _names_an_application(self) -> "KeyAction":
        if (self.action == "own") != (self.client_id is not None):
            raise ValueError("client_id goes with the action own, and with no other")
        return self


class ClockOrder(BaseModel):
    """What time it is: `set` a moment in seconds since the epoch, or an `offset` from the machine's clock; `advance` by
    so many seconds; let time stand still or `run` on, by `frozen`. An order without members only asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: float | None = Field(default=None, ge=0, le=4_102_444_800)
    offset: float | None = Field(default=None, ge=-_LONGEST, le=_LONGEST)
    advance: float = Field(default=0, ge=-_LONGEST, le=_LONGEST)
    frozen: bool | None = None


class FederatedToken(BaseModel):
    """A token that the built-in issuer is to make; a negative `lifetime`, in seconds, makes one that has expired."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    audience: str | None = None
    """By default the one that the portal of this cloud proposes."""
    lifetime: int = 3600


class Nothing(BaseModel):
    """An order without content."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def add_fault(request: Request, emulator: Emulator) -> object:
    """Queue a fault for the next matching request."""
    emulator.faults.add(await _order(request, Fault))
    return {"waiting": len(emulator.faults)}


async def add_change(request: Request, emulator: Emulator) -> object:
    """Queue a change to the next ID token."""
    order = await _order(request, TokenChange)
    everybody = [person.key for person in emulator.directory.all()]
    if order.person is not None and order.person not in everybody:
        raise Refused(400, f"there is nobody called {order.person}; there are {', '.join(everybody)}")
    emulator.changes.add(order)
    return {"waiting": len(emulator.changes)}


async def change_keys(request: Request, emulator: Emulator) -> object:
    """Rotate the keys, or change what is published of them."""
    order = await _order(request, KeyAction)
    match order.action:
        case "rotate":
            await emulator.keys.rotate()
        case "emergency":
            await emulator.keys.replace_all()
        case "add_government":
            await emulator.keys.add(KeyClass.GOVERNMENT)
        case "own":
            await emulator.keys.give_application((order.client_id or "").lower())
        case publication:
            await emulator.keys.ready()
            emulator.key_set.publication = Publication(publication)
    await emulator.keys.ready()
    return {"kids": [key.kid for key in emulator.keys.published()]}


async def change_registration(request: Request, emulator: Emulator) -> object:
    """Change a registration, or add one under a new client id."""
    order = await _order(request, RegistrationChange)
    try:
        registration = changed_registration(emulator.registrations, order, emulator.tenants)
    except ValueError as mistake:
        raise Refused(400, str(mistake)) from mistake
    emulator.registrations[registration.client_id] = registration
    return as_json(registration)


async def change_people(request: Request, emulator: Emulator) -> object:
    """Add, change or remove a person, or end what they were issued."""
    order = await _order(request, PersonChange)
    try:
        return change_person(emulator, order)
    except ValueError as mistake:
        raise Refused(400, str(mistake)) from mistake


async def change_clock(request: Request, emulator: Emulator) -> object:
    """Set, shift, stop or start the clock."""
    order, clock = await _order(request, ClockOrder), emulator.clock
    if order.frozen is not None:
        (clock.stop if order.frozen else clock.run)()
    if order.set is not None:
        clock.set(order.set)
    if order.offset is not None:
        clock.offset = order.offset
    clock.offset += order.advance
    return {"now": clock.now(), "offset": clock.offset, "frozen": clock.stopped}


async def make_federated_token(request: Request, emulator: Emulator) -> object:
    """What a workload outside would hold."""
    order = await _order(request, FederatedToken)
    token = await emulator.federated_issuer.issue(
        issuer=issuer_of(base_of(request)),
        subject=order.subject,
        audience=order.audience or cloud_of(request).exchange_audience,
        lifetime=order.lifetime,
    )
    return {"token": token}


async def read_requests(_request: Request, emulator: Emulator) -> object:
    """What was received since the last reset."""
    return {"requests": emulator.recorder.masked(), "counters": dict(emulator.recorder.counters)}


async def reset(request: Request, emulator: Emulator) -> object:
    """Back to the first state; the signing keys stay."""
    await _order(request, Nothing)
    emulator.reset()
    return {}


async def _order(request: Request, kind: type[Order]) -> Order:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(415, "send application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise Refused(413, "the order is larger than 1 MiB")
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as mistakes:
        raise Refused(400, "; ".join(mistakes_in(mistakes, kind))) from mistakes


def _guarded(handler: Callable[[Request, Emulator], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
    """The handler as an endpoint that no page in a browser can use."""

    async def endpoint(request: Request) -> Response:
        if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none":
            return JSONResponse({"error": "control is not for web pages"}, status_code=403)
        try:
            return JSONResponse(await handler(request, emulator_of(request)))
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, status_code=refused.status)

    return endpoint


ROUTES = [
    Route("/_control/faults", _guarded(add_fault), methods=["POST"]),
    Route("/_control/claims", _guarded(add_change), methods=["POST"]),
    Route("/_control/keys", _guarded(change_keys), methods=["POST"]),
    Route("/_control/registrations", _guarded(change_registration), methods=["POST"]),
    Route("/_control/federated_tokens", _guarded(make_federated_token), methods=["POST"]),
    Route("/_control/people", _guarded(change_people), methods=["POST"]),
    Route("/_control/clock", _guarded(change_clock), methods=["POST"]),
    Route("/_control/requests", _guarded(read_requests), methods=["GET"]),
    Route("/_control/reset", _guarded(reset), methods=["POST"]),
]
