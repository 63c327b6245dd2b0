"""`POST /token`: an application exchanges its one-time code for the session."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import InvalidRequest
from broker.signin.handoff import Redeem
from broker.web import parse
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.delivery import deliver
from broker.web.surface import note


async def exchange(request: Request, broker: Broker) -> Response:
    """Read the code, redeem it, deliver the session by cookie or header."""
    body = await parse.json_object(request)
    code = parse.text_member(body, "value") or parse.text_member(body, "hanko_token")
    if code is None:
        raise InvalidRequest("value is a required field")
    redeemed = await broker.hand_off.redeem(
        Redeem(
            unverified_code=code,
            unverified_verifier=parse.text_member(body, "code_verifier"),
            browser=browser_of(request, broker),
        )
    )
    response = JSONResponse({"user_id": redeemed.session.user_id})
    deliver(response, redeemed.session, redeemed.session_token, broker)
    if redeemed.issued:
        broker.metrics.sessions_issued.labels(redeemed.session.provider).inc()
    note(request, outcome="redeemed")
    return response
