"""A ticket for a sign-in that a script asked for: the browser brings it to `/thirdparty/start` as a page load.

So the cookie that binds a sign-in to its browser is always set first-party, also where another site's script began.
A ticket says nothing that a link to `/thirdparty/auth` could not say, and is admitted again when it is used.
"""

from dataclasses import asdict
from typing import Any

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.errors import InvalidRequest, SignInExpired
from broker.models.signins import AuthorizationOptions, ChosenOnPage, ForApplication
from broker.signin.start import StartSignIn
from broker.web.signed import Expired, Forged, Signed

TICKET_SECONDS = 300
MOST_BYTES = 8192


class Tickets:
    """Makes tickets and reads them."""

    def __init__(self, secrets: SecretKeys, clock: Clock) -> None:
        self._signed = Signed(secrets, clock, purpose="ticket")

    def seal(self, intent: StartSignIn) -> str:
        """The ticket for this start."""
        return self._signed.dumps(written(intent))

    def read(self, unverified_ticket: str | None) -> StartSignIn:
        """The start that a ticket stands for. Raises `InvalidRequest`, `SignInExpired`."""
        if unverified_ticket is None or len(unverified_ticket) > MOST_BYTES:
            raise InvalidRequest("ticket is a required field")
        try:
            content: dict[str, Any] = self._signed.loads(unverified_ticket, max_age=TICKET_SECONDS)
        except Expired as error:
            raise SignInExpired("the ticket is too old") from error
        except Forged as error:
            raise InvalidRequest("the ticket was not made here") from error
        return intent_of(content)


def written(intent: StartSignIn) -> dict[str, Any]:
    """A start as JSON, to be signed."""
    content = asdict(intent)
    del content["fault"]
    return content


def intent_of(content: dict[str, Any]) -> StartSignIn:
    """The start that was `written`. Raises `SignInExpired` for what another version of this program wrote."""
    try:
        options, application, page = content.pop("options"), content.pop("application", None), content.pop("page", None)
        return StartSignIn(
            options=options_of(options),
            application=None if application is None else ForApplication(**application),
            page=None if page is None else page_of(page),
            **content,
        )
    except (KeyError, TypeError) as error:
        raise SignInExpired("another version of this program made the ticket") from error


def page_of(content: dict[str, Any]) -> ChosenOnPage:
    """The same for the page that a provider was chosen on."""
    return ChosenOnPage(**{**content, "options": options_of(content["options"])})


def options_of(content: dict[str, Any]) -> AuthorizationOptions:
    """The same for what a request adds."""
    return AuthorizationOptions(**{**content, "scopes": tuple(content["scopes"])})
