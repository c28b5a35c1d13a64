-- Slow mode of a channel. The same stands in sql/mysql/0006_slow_mode.sql.

ALTER TABLE channel ADD COLUMN slow_seconds INTEGER;  -- mode W: seconds between two messages of one person
