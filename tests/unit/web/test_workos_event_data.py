"""Events of organizations, connections and members: the keys that the SDKs insist on, and no secret."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from broker.events.catalogue import Event
from broker.events.webhooks.snapshot import content_of
from broker.models.events import AuditEntry
from broker.models.metadata import NO_METADATA
from broker.models.organizations import Membership, Organization, OrganizationDomain
from broker.models.webhooks import OutboxEvent
from broker.web.workos import event_data
from broker.web.workos.webhook_names import names
from tests.store.test_organizations import a_connection

ORG, OTHER = "01a21303-183e-72e2-81a5-69a952ce7564", "01a21303-183a-76ba-bbe3-635186c9553f"
SPELLED = "org_01M89G661YEBH839B9N59CWXB4"
ORGANIZATION = Organization(
    id=ORG,
    name="Alder",
    domains=(OrganizationDomain(id=OTHER, domain="alder.example", is_verified=True, created_at=1, updated_at=2),),
    external_id="ext",
    metadata={"plan": "pro"},
    admits_outsiders=False,
    created_at=1,
    updated_at=2,
)
CONNECTION = a_connection(ORGANIZATION, id=OTHER, state="inactive", sealed_secret="hush", created_at=1, updated_at=2)
MEMBERSHIP = Membership(
    id=OTHER, user_id=OTHER, organization_id=ORG, status="active", roles=("admin", "member"), created_at=1, updated_at=2
)


def told(type_: Event, about: object, user_id: str | None = None) -> Mapping[str, Any]:
    entry = AuditEntry(id="1", type=type_, created_at=1, user_id=user_id, organization_id=ORG, about=about)
    (called,) = names(entry)
    content = json.loads(json.dumps(content_of(entry, None, NO_METADATA)))
    event = event_data.event(
        OutboxEvent(
            id=ORG,
            face="workos",
            name=called.name,
            type=type_,
            occurred_at=1,
            user_id=user_id or ORG,
            content=content,
            organization_id=ORG,
        )
    )
    assert "hush" not in str(content)
    return event


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (Event.ORGANIZATION_CREATED, "organization.created"),
        (Event.ORGANIZATION_CHANGED, "organization.updated"),
        (Event.ORGANIZATION_DELETED, "organization.deleted"),
    ],
)
def test_organization_is_told_with_its_domains(type_: Event, name: str) -> None:
    event = told(type_, ORGANIZATION)
    assert event["event"] == name
    data = event["data"]
    assert (data["id"], data["object"], data["external_id"], data["metadata"]) == (
        SPELLED,
        "organization",
        "ext",
        {"plan": "pro"},
    )
    (domain,) = data["domains"]
    assert (domain["organization_id"], domain["domain"], domain["state"]) == (SPELLED, "alder.example", "verified")
    assert domain["id"].startswith("org_domain_")


def test_connection_is_told_without_its_secret() -> None:
    data = told(Event.CONNECTION_DEACTIVATED, CONNECTION)["data"]
    assert {"id", "state", "name", "connection_type", "created_at", "updated_at", "external_key", "status"} <= set(data)
    assert (data["state"], data["status"], data["connection_type"]) == ("inactive", "unlinked", "MicrosoftOAuth")
    assert (data["domains"][0]["object"], data["domains"][0]["domain"]) == ("connection_domain", "alder.example")


def test_membership_is_told_with_its_roles() -> None:
    data = told(Event.MEMBERSHIP_CREATED, MEMBERSHIP, OTHER)["data"]
    assert (data["organization_id"], data["status"], data["role"]) == (SPELLED, "active", {"slug": "admin"})
    assert data["roles"] == [{"slug": "admin"}, {"slug": "member"}]


def test_change_of_a_connection_and_an_entry_that_shows_nothing_are_no_events() -> None:
    for type_, about in ((Event.CONNECTION_CHANGED, CONNECTION), (Event.ORGANIZATION_CREATED, None)):
        assert names(AuditEntry(id="1", type=type_, created_at=1, organization_id=ORG, about=about)) == ()


def test_user_of_whom_nothing_was_left_is_told_by_id_and_spoils_no_list() -> None:
    data = told(Event.USER_CHANGED, None, OTHER)["data"]
    assert data["id"].startswith("user_")
    assert (data["email"], data["name"]) == ("", None)
