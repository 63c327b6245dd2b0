"""Whether a person may sign in to an application through a tenant segment, and as which account.

Most refusals end on the provider's page, from where another account can be tried.
"""

from urllib.parse import urlencode

from broker.emulator.authorization_request import AuthorizationRequest
from broker.emulator.failures import PageFailure, RedirectFailure
from broker.emulator.parameters import parse_parameters
from broker.emulator.people import Person


def admit(authorization: AuthorizationRequest, person: Person | None) -> Person:
    """The account that answers for this person here. Raises `PageFailure` or `RedirectFailure`."""
    again = other_account(authorization)
    if person is None:
        raise PageFailure(number=50034, status=200, choose_again=again)
    if person.disabled:
        raise PageFailure(number=50057, status=200, choose_again=again)
    account = person.seen_through(authorization.segment)
    if account is None:
        raise PageFailure(number=50020, status=200, choose_again=again)
    if account.tenant.personal and not authorization.registration.audience.takes_personal:
        # The personal half of the service phrases this without a number.
        raise RedirectFailure(
            error="unauthorized_client",
            description="The client does not exist or is not enabled for consumers.",
            reply_to=authorization.reply_to,
        )
    if not authorization.registration.admits(account):
        raise PageFailure(number=50105, status=200, choose_again=again)
    return account


def other_account(authorization: AuthorizationRequest) -> str:
    """The address of the sign-in page of the same request, whatever its hint and prompt were."""
    parameters = parse_parameters(authorization.query)
    parameters.pop("login_hint", None)
    parameters["prompt"] = "select_account"
    return f"/{authorization.segment.text}/oauth2/v2.0/authorize?{urlencode(parameters)}"


def hinted_domain(person: Person, domain_hint: str | None) -> bool:
    """Whether the account page shows this person for a `domain_hint`: a domain, a directory's id, or a class."""
    hint = (domain_hint or "").lower()
    if hint in ("consumers", "organizations"):
        return person.tenant.personal == (hint == "consumers")
    return hint in (person.tenant.id, *person.tenant.domains, person.username.lower().rpartition("@")[2])
