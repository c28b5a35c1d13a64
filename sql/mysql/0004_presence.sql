-- Who is here, and up to which event everybody was: what was said later they have missed. The same stands in
-- sql/sqlite/0004_presence.sql. Not part of the chain: it is written down a moment later, and a crash may lose that moment.
-- Every statement may be run again after a crash.

-- Two columns of the table account, added at once.
--   is_here: 1 while a session of the account is open. Whoever was here when the server crashed was here up to the last event.
--   left_seq: the last event when the account's last session left; 0 for who was never here.
SET @known = (
    SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'account' AND column_name = 'left_seq'
);
SET @change = IF(@known > 0, 'DO 0',
    'ALTER TABLE account ADD COLUMN is_here TINYINT UNSIGNED NOT NULL DEFAULT 0, ADD COLUMN left_seq BIGINT UNSIGNED NOT NULL DEFAULT 0'
);
PREPARE add_columns FROM @change;
EXECUTE add_columns;
DEALLOCATE PREPARE add_columns;

-- Nobody knows when the last sessions left before this column was there: nothing counts as missed.
UPDATE account SET left_seq = (SELECT last_seq FROM journal WHERE id = 1);
