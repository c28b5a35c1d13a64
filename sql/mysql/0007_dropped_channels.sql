-- Channels that are gone. Their rows stay, because events belong to them. The same stands in
-- sql/sqlite/0007_dropped_channels.sql. Every statement may be run again after a crash.

-- Two columns of the table channel, added at once:
--   dropped_at: when; none while the channel is there.
--   dropped_name: name_folded as it was; that is free for another channel now.
SET @known = (
    SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'channel' AND column_name = 'dropped_name'
);
SET @change = IF(@known > 0, 'DO 0',
    'ALTER TABLE channel ADD COLUMN dropped_at DATETIME(3), ADD COLUMN dropped_name VARCHAR(255)'
);
PREPARE add_columns FROM @change;
EXECUTE add_columns;
DEALLOCATE PREPARE add_columns;
