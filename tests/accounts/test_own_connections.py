"""Who is asked, and who may answer, where a sign-in goes by an organization's own connection."""

from dataclasses import replace

import pytest

from broker.crypto import SecretKeys
from broker.errors import IdentityRefused
from broker.models.organizations import OrganizationConnection
from broker.models.signins import ForApplication
from broker.providers.base import Provider
from broker.signin.connections import Answering, Connections, coming_of
from broker.store import organization_connections, organizations
from broker.store.base import Store
from tests.accounts.people import a_person
from tests.sessions.stage import SECRET, a_sign_in
from tests.store.test_organizations import a_connection, an_organization
from tests.unit.signin.upstreams import Upstream


class Building:
    """Whoever is asked for is built, and was never built otherwise."""

    async def provider(self, connection: OrganizationConnection, _secret: str | None) -> Provider:
        return Upstream(id=connection.provider)

    def former(self, _connection: OrganizationConnection, _current: Provider) -> tuple[Provider, ...]:
        return ()


async def test_connection_that_is_switched_off_is_asked_by_nobody_and_answers_to_nobody(store: Store) -> None:
    """Not even a sign-in that is under way: what its registration would do with the code is no business of ours."""
    alder = an_organization()
    on = a_connection(alder, sealed_secret=None)
    off = replace(on, state="inactive")
    async with store.transaction() as c:
        await organizations.insert_organization(c, alder)
        await organization_connections.insert_connection(c, on)
    connections = Connections(store, SecretKeys([SECRET]), Building())
    sign_in = a_sign_in(provider=on.provider)

    assert [name for name, _ in await connections.of(alder.id)] == [on.name]
    assert set((await connections.answering(sign_in)).providers) == {on.provider}
    async with store.transaction() as c:
        await organization_connections.put_connection(c, off)
    assert await connections.find(on.provider) is None
    assert await connections.answering(sign_in) == Answering()
    assert await connections.of(alder.id) == []


def test_who_comes_by_an_organizations_connection_comes_into_it_or_not_at_all() -> None:
    asked = ForApplication(client_id="client_demo", interface="sso", organization_id="org-1")
    theirs = a_sign_in(provider="microsoft:conn-1")

    coming = coming_of(replace(theirs, application=asked), a_person(), user_id="user-1")
    assert coming is not None
    assert (coming.organization_id, coming.connection_id) == ("org-1", "conn-1")
    for without in (None, replace(asked, organization_id=None)):
        with pytest.raises(IdentityRefused):
            coming_of(replace(theirs, application=without), a_person(), user_id="user-1")
    assert coming_of(a_sign_in(), a_person(), user_id="user-1") is None
