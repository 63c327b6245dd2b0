"""What both grants of the token endpoint share: the request as far as it is proven, and the account behind a grant."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.emulator.authorization_request import missing
from broker.emulator.codes import Grant
from broker.emulator.failures import TokenFailure
from broker.emulator.people import Person
from broker.emulator.registrations import Registration
from broker.emulator.state import Emulator
from broker.emulator.tenants import Segment


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """A request whose tenant exists and whose client has proven itself.

    `by_script` is said of a request that came from a page of a single-page application, which cannot keep a secret.
    """

    parameters: Mapping[str, str]
    segment: Segment
    registration: Registration
    base: str
    by_script: bool

    def required(self, name: str) -> str:
        """A parameter that has to be there. Raises `TokenFailure`."""
        return required(self.parameters, name)

    def check_platform(self, grant: Grant) -> None:
        """Pages redeem what was issued to pages, servers what was issued to servers. Raises `TokenFailure`."""
        if grant.single_page and not self.by_script:
            raise TokenFailure(number=9002327)
        if self.by_script and not grant.single_page:
            raise TokenFailure(number=9002326)


def required(parameters: Mapping[str, str], name: str) -> str:
    """The parameter. Raises `TokenFailure` if it is missing."""
    if name not in parameters:
        raise TokenFailure(number=900144, description=missing(name))
    return parameters[name]


def present_account(emulator: Emulator, grant: Grant) -> Person:
    """The grant's account as it is now. Raises `TokenFailure` if it may not get tokens any more."""
    account = emulator.directory.current(grant.person)
    if account is None:
        raise ended(grant, 50034)
    if account.disabled:
        raise ended(grant, 50057)
    if emulator.directory.epoch(account) != grant.epoch:
        raise ended(grant, 50173, suberror="bad_token")
    return account


def ended(grant: Grant, number: int, *, suberror: str | None = None) -> TokenFailure:
    """The refusal of a grant that is over; the personal half of the service has one number for all of them."""
    if grant.person.tenant.personal:
        return TokenFailure(number=70000)
    return TokenFailure(number=number, error="invalid_grant", suberror=suberror)
