-- Channels that are gone. Their rows stay, because events belong to them. The same stands in
-- sql/mysql/0007_dropped_channels.sql.

ALTER TABLE channel ADD COLUMN dropped_at TEXT;    -- none while it is there
ALTER TABLE channel ADD COLUMN dropped_name TEXT;  -- name_folded as it was; that is free for another channel now
