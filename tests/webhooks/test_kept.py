"""How long what was told, and what never was, is kept; and what an older server reads of a newer one's."""

import json
from dataclasses import asdict, replace
from typing import Any

from broker.events.webhooks.snapshot import (
    connection_in,
    content_of,
    membership_in,
    metadata_in,
    organization_in,
    profile_in,
    session_in,
)
from broker.housekeeping import Retention, sweep
from broker.models.events import AuditEntry
from broker.models.metadata import UserMetadata
from broker.models.sessions import AtProvider
from broker.models.users import UserProfile
from tests.store.rows import a_session, a_user, an_email, an_id, an_identity
from tests.store.test_organizations import a_connection, a_domain, a_membership, an_organization
from tests.webhooks.stage import Stage

DAY = 86_400
RETENTION = Retention(audit_seconds=30 * DAY, idle_seconds=None)


async def test_what_was_taken_goes_after_three_days_and_what_was_not_after_fourteen(stage: Stage) -> None:
    await stage.hook("/good")
    await stage.hook("/bad", events=["user.update"])
    stage.receiver.answer = lambda path: 200 if path == "/good" else 500
    await stage.happened(await stage.user())
    for _ in range(60):
        stage.clock.advance(3600)
        await stage.drained()

    for days, left in ((2, ["given_up"]), (9, ["given_up"]), (6, [])):
        stage.clock.advance(days * DAY)
        swept = await sweep(stage.store, stage.clock, RETENTION)
        assert [row["state"] for row in await stage.rows("deliveries")] == left
    assert swept.outbox_events == 1
    assert await stage.rows("outbox") == []


async def test_hook_whose_time_has_passed_is_shown_as_disabled(stage: Stage) -> None:
    hook = await stage.hook()
    stage.clock.advance(30 * DAY)
    await sweep(stage.store, stage.clock, RETENTION)
    assert not (await stage.webhooks.hooks.get(hook.id)).enabled


def test_snapshot_gives_back_user_session_and_metadata_without_what_the_provider_said() -> None:
    user = a_user()
    identity = an_identity(user.id, missing_claims=("email",))
    profile = UserProfile(user=user, emails=(an_email(user.id),), identities=(identity,))
    session = a_session(user.id, at_provider=AtProvider(session_id="sid", logout_hint="hush"), amr=("ext:microsoft",))
    kept = UserMetadata(public={"plan": "pro"}, private={"n": [1, {"a": None}]})
    entry = AuditEntry(id="1", type="user.created", created_at=1, user_id=user.id, session=session)

    content = content_of(entry, profile, kept)

    assert profile_in(content) == profile
    assert metadata_in(content) == kept
    found = session_in(content)
    assert found is not None
    assert asdict(found) == {**asdict(session), "at_provider": asdict(AtProvider())}
    assert "hush" not in str(content)


def test_snapshot_gives_back_what_else_an_event_is_about_without_a_secret() -> None:
    organization = an_organization("Alder", a_domain(), metadata={"plan": "pro"})
    connection = a_connection(organization, sealed_secret="hush")
    membership = a_membership(an_id(), organization)

    def kept(about: object) -> dict[str, Any]:
        entry = AuditEntry(id="1", type="x", created_at=1, about=about)
        content: dict[str, Any] = json.loads(json.dumps(content_of(entry, None, UserMetadata())))
        return content

    assert organization_in(kept(organization)) == organization
    assert connection_in(kept(connection)) == replace(connection, sealed_secret=None)
    assert "hush" not in str(kept(connection))
    assert membership_in(kept(membership)) == membership
    assert (organization_in(kept(None)), connection_in(kept(None)), membership_in(kept(None))) == (None, None, None)


def test_member_that_a_newer_version_wrote_is_left_alone() -> None:
    user = a_user()
    content = content_of(
        AuditEntry(id="1", type="user.created", created_at=1),
        UserProfile(user=user, emails=(), identities=()),
        UserMetadata(),
    )
    content["user"]["user"]["shoe_size"] = 47
    content["weather"] = "fine"
    found = profile_in(content)
    assert found is not None
    assert found.user == user
