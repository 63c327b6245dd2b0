"""The way to our sign-in page, for a face that leaves the choice of a provider to the person.

The page itself is `web/hosted`. Where there is one way to sign in, and nothing to tell, nobody is asked to choose.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from broker.models.signins import Screen
from broker.signin.start import StartSignIn
from broker.web.answers import redirection
from broker.web.broker import Broker
from broker.web.page_tickets import Asked, for_page, page_url
from broker.web.start import begin
from broker.web.surface import note


async def open_page(
    request: Request, broker: Broker, intent: StartSignIn, *, screen: Screen, languages: str | None = None
) -> Response:
    """Send the browser to the page, for a start that its face has checked; a failure will lead to the page, too.

    `languages` is the request's `ui_locales`.
    """
    on_page = for_page(intent, screen=screen, languages=languages)
    only = next(iter(broker.providers)) if len(broker.providers) == 1 else None
    if only is not None and (intent.application is None or intent.application.organization_id is None):
        return await begin(replace(on_page, provider=only), request, broker)
    note(request, outcome="page")
    return redirection(page_url(Asked(intent=on_page), broker), status=broker.returning_to(intent.surface).status)
