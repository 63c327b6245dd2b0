-- Who follows a few kinds of events, or those of one organization, is not led through all others. With all that is asked
-- of them, so that none is looked at before it is the one.
CREATE INDEX outbox_named ON outbox (face, name, place, kept_until, occurred_at) WHERE place IS NOT NULL;

CREATE INDEX outbox_organization ON outbox (organization_id, place) WHERE organization_id IS NOT NULL;
