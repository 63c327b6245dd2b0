"""Everything that can happen here: read it to learn the product.

A name is stable: audit entries carry it, and so will webhooks. Failures before somebody proved who they are do not
appear: they are log lines and metrics, since a row that anybody can cause is an attack on the disk.
"""

from enum import StrEnum


class Event(StrEnum):
    """What happened. The comment beside each says when, and what its detail holds."""

    USER_CREATED = "user.created"  # first sign-in of a new person: provider
    SIGNED_IN = "sign_in.succeeded"  # provider; `created`, `renamed`; connection, if an organization's own
    IDENTITY_LINKED = "identity.linked"  # a further one: both sides proved an address, or its person asked: provider
    IDENTITY_UNLINKED = "identity.unlinked"  # its person parted with it: provider
    ADDRESS_DELETED = "address.deleted"  # by its person
    PRIMARY_CHANGED = "address.primary_changed"  # another address names the user now
    ADDRESS_ADDED = "address.added"  # a known identity brought a new address: verified_by
    ADDRESS_PROVEN = "address.proven"  # an address we had is now proven: verified_by
    ADDRESS_RELEASED = "address.released"  # an unproven address gave way to somebody who proved it
    ADDRESS_NOT_ADOPTED = "address.not_adopted"  # is somebody else's, or one too many; said once: address_hash
    CODE_REDEEMED = "code.redeemed"  # an application exchanged a one-time code
    SESSION_ENDED = "session.ended"  # reason: logout, revoked, limit, replaced, locked, key_retired, provider_logout,
    # disconnected, refresh_reuse; or what the provider said when asked again: account_disabled, grant_revoked,
    # not_admitted
    REFRESH_REUSED = "refresh_token.reused"  # a used one came again, so the session ends: application
    GRANT_READ = "provider_token.read"  # handed out, said once for each reader and token: provider, reader, token
    SESSION_MINTED = "session.minted"  # in a user's name, by the operator: api_key
    IDENTITY_RECOGNISED = "identity.recognised"  # one that was imported by its subject signed in: provider
    PEOPLE_IMPORTED = "people.imported"  # added, identities
    USER_CHANGED = "user.changed"  # names or picture, by the operator: api_key
    METADATA_CHANGED = "user.metadata_changed"  # what applications keep about the user: api_key
    USER_LOCKED = "user.locked"  # by the operator
    USER_UNLOCKED = "user.unlocked"
    USER_DELETED = "user.deleted"
    ORGANIZATION_CREATED = "organization.created"  # by an application, as is whatever follows: application
    ORGANIZATION_CHANGED = "organization.changed"
    ORGANIZATION_DELETED = "organization.deleted"  # its connections, memberships and sessions with it
    CONNECTION_ACTIVATED = "connection.activated"  # an organization's people can sign in by it from now on
    CONNECTION_DEACTIVATED = "connection.deactivated"
    CONNECTION_CHANGED = "connection.changed"  # its name, its secret or its domains
    CONNECTION_DELETED = "connection.deleted"
    MEMBERSHIP_CREATED = "membership.created"  # by an application, or by a sign-in: connection_id
    MEMBERSHIP_CHANGED = "membership.changed"  # its status or its roles
    MEMBERSHIP_DELETED = "membership.deleted"
    KEY_CREATED = "key.created"  # kid
    KEY_ROTATED = "key.rotated"  # kid that signs from now on
    KEY_RETIRED = "key.retired"  # kid that is no longer accepted
    WEBHOOK_CREATED = "webhook.created"  # by the admin API: webhook (its id), api_key
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_DELETED = "webhook.deleted"
    URL_REGISTERED = "registered_url.created"  # by an application: kind (redirect, origin), url, application
    URL_REMOVED = "registered_url.deleted"  # the same
    API_KEY_CREATED = "api_key.created"  # name
    API_KEY_REVOKED = "api_key.revoked"  # name
