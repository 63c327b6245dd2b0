-- What the provider said of its own session: its id, by which it may end ours, and the rest as JSON.
ALTER TABLE sessions ADD COLUMN provider_session_id TEXT;
ALTER TABLE sessions ADD COLUMN at_provider TEXT;
ALTER TABLE one_time_codes ADD COLUMN provider_session_id TEXT;
ALTER TABLE one_time_codes ADD COLUMN at_provider TEXT;

CREATE INDEX sessions_at_provider ON sessions (provider, provider_session_id) WHERE provider_session_id IS NOT NULL;

-- The optional claims that an identity's last sign-in did not bring, as JSON: for `broker doctor`.
ALTER TABLE identities ADD COLUMN missing_claims TEXT;
