"""An organization's own connection at Microsoft: the environment's settings, with another tenant or registration.

What the operator decides for everybody stays: who is denied, what proves an address, which claims are kept. Their list
of admitted directories is for their own registration; a connection at another names the directory itself.
"""

from collections.abc import Iterator
from dataclasses import replace

from broker.config.sections.microsoft import MicrosoftSection, ProviderTokensSection
from broker.config.sections.secret import Secret
from broker.config.sections.section import Complaint
from broker.models.organizations import OrganizationConnection


def section_of(
    environment: MicrosoftSection, connection: OrganizationConnection, secret: str | None
) -> MicrosoftSection:
    """The settings that a connection is built with. Raises `ValueError` (pydantic's) where a value is none."""
    if connection.provider_client_id is None:
        return replace(environment, tenant=connection.tenant)
    at_environments_cloud = connection.cloud is None and environment.has_credentials
    is_custom = at_environments_cloud and environment.cloud == "custom"
    return replace(
        environment,
        client_id=connection.provider_client_id,
        secret=None if secret is None else Secret(secret),
        credentials=(),
        tenant=connection.tenant,
        cloud=environment.cloud if at_environments_cloud else connection.cloud or "global",
        authority=environment.authority if is_custom else None,
        graph=environment.graph if at_environments_cloud else None,
        hosts=environment.hosts if is_custom else (),
        ca_file=environment.ca_file if at_environments_cloud else None,
        tenants=replace(environment.tenants, allow=()),
        custom_signing_keys=False,
        # The environment's registration could not renew what this one was given.
        return_provider_tokens=False,
        recheck=None,
        provider_tokens=ProviderTokensSection(),
    )


def complaints(
    environment: MicrosoftSection, connection: OrganizationConnection, secret: str | None
) -> Iterator[Complaint]:
    """What would fail at the first sign-in by this connection, or let anybody in; keys are the section's."""
    try:
        section = section_of(environment, connection, secret)
    except ValueError:
        yield Complaint(key="tenant", message="is malformed, or client_id is")
        return
    if connection.provider_client_id is None:
        if not environment.enabled:
            yield Complaint(key="client_id", message="is missing: the environment has no registration")
        if not connection.is_of_one_directory:
            yield Complaint(key="tenant", message="must be one directory: the registration is everybody's")
        if connection.cloud is not None:
            yield Complaint(key="cloud", message="is for a registration of its own", reads=("client_id",))
        return
    # Known to everybody; where the environment itself is at an emulator, its configuration was checked for that.
    if section.uses_emulator_registration and not (
        section.cloud == "custom" and environment.uses_emulator_registration
    ):
        yield Complaint(key="client_id", message="is an emulator's, which anybody can use")
    yield from (each for each in section.complaints() if not each.notice)
