-- Where the request came from that an entry of the audit log speaks of.
ALTER TABLE audit_entries ADD COLUMN ip_address TEXT;
ALTER TABLE audit_entries ADD COLUMN user_agent TEXT;
