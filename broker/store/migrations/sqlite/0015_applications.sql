-- Sessions that were made for a registered application, and the codes that such applications redeem.
ALTER TABLE sessions ADD COLUMN client_id TEXT;
ALTER TABLE sessions ADD COLUMN organization_id TEXT;
ALTER TABLE one_time_codes ADD COLUMN handed_to TEXT;
ALTER TABLE one_time_codes ADD COLUMN sealed_tokens TEXT;
