"""Who we are at Microsoft: client id and credentials, and which of its errors mean that a credential does not serve."""

from broker.config.sections.microsoft import MicrosoftSection
from broker.errors import ConfigError
from broker.protocol.token_endpoint import TokenEndpointError
from broker.providers.credentials.configured import Surroundings, from_sections
from broker.providers.credentials.ordered import Credentials
from broker.providers.credentials.secret import public_secret
from broker.providers.microsoft.clouds import EMULATOR_CLIENT_ID, EMULATOR_CLIENT_SECRET, Cloud
from broker.providers.microsoft.errors import numbers_in
from broker.providers.setting import Setting

_OF_A_CREDENTIAL = frozenset({7000215, 7000222, 700027, 700023, 700024, 700021, 70025})
"""Wrong or expired secret · certificate unknown, audience, times · the assertion of another application, federation not
set up."""
_OF_A_FEDERATED_CREDENTIAL = "70021"


def registration_of(
    section: MicrosoftSection, cloud: Cloud, setting: Setting, *, provider: str
) -> tuple[str, Credentials]:
    """Client id and credentials. Raises `ConfigError` where there is no client id, or a file cannot be used."""
    observe = setting.credential_observer(provider)
    if cloud.emulator:
        ordered = [public_secret(EMULATOR_CLIENT_SECRET)]
        return EMULATOR_CLIENT_ID, Credentials(ordered=ordered, clock=setting.clock, observe=observe)
    if section.client_id is None:
        raise ConfigError("third_party.providers.microsoft.client_id is missing")
    around = Surroundings(
        provider=provider,
        clock=setting.clock,
        exchange_audience=cloud.exchange_audience,
        environ=setting.environ,
        observe=observe,
        observe_calls=setting.observe,
    )
    ordered = from_sections(section.all_credentials, around)
    return section.client_id, Credentials(ordered=ordered, clock=setting.clock, observe=observe)


def blames_credential(error: TokenEndpointError, status: int) -> bool:
    """Whether another credential could help: `invalid_client`, by its numbers, or 401 without any that we could read.

    Numbers that mean something else (the application is disabled, no credential was in the request) are no reason to
    try on. 70021 and what begins with it: no federated credential of the registration fits.
    """
    numbers = error.codes or numbers_in(error.description)
    if error.error != "invalid_client":
        return False
    if not numbers:
        return status == 401
    return any(number in _OF_A_CREDENTIAL or str(number).startswith(_OF_A_FEDERATED_CREDENTIAL) for number in numbers)
