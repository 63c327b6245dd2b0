-- Who alone may redeem a code (a flow's id), and the methods that a session's token tells (RFC 8176), parted by spaces.
ALTER TABLE one_time_codes ADD COLUMN redeemer TEXT;
ALTER TABLE sessions ADD COLUMN amr TEXT;
