-- Slow mode of a channel. The same stands in sql/sqlite/0006_slow_mode.sql.
-- Every statement may be run again after a crash.

SET @has_slow_seconds = (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'channel' AND column_name = 'slow_seconds');
SET @statement = IF(@has_slow_seconds > 0, 'DO 0',
    'ALTER TABLE channel ADD COLUMN slow_seconds INT UNSIGNED COMMENT ''mode W: seconds between two messages of one person''');
PREPARE slow_mode FROM @statement;
EXECUTE slow_mode;
DEALLOCATE PREPARE slow_mode;
