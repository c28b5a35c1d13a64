-- Who is here, and up to which event everybody was: what was said later they have missed. The same stands in
-- sql/mysql/0004_presence.sql. Not part of the chain: it is written down a moment later, and a crash may lose that moment.

-- 1 while a session of the account is open. Whoever was here when the server crashed was here up to the last event.
ALTER TABLE account ADD COLUMN is_here INTEGER NOT NULL DEFAULT 0;
-- The last event when the account's last session left; 0 for who was never here.
ALTER TABLE account ADD COLUMN left_seq INTEGER NOT NULL DEFAULT 0;
-- Nobody knows when the last sessions left before this column was there: nothing counts as missed.
UPDATE account SET left_seq = (SELECT last_seq FROM journal WHERE id = 1);
