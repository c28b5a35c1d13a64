-- Letting go of what is old without losing the proof that the rest is whole. The same stands in
-- sql/sqlite/0003_checkpoint.sql. Every statement may be run again after a crash.

-- Where the record goes on after its oldest rows were removed: the row `seq` was the last one of them.
CREATE TABLE IF NOT EXISTS checkpoint (
    seq      BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    chain    BINARY(32) NOT NULL COMMENT 'that row''s chain: what follows is chained to it',
    made_at  DATETIME(3) NOT NULL,
    reason   TEXT NOT NULL,
    seal     BINARY(32) NOT NULL COMMENT 'HMAC with the server''s key over all this and the checkpoint before'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The seed's view again, without what was erased.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW connexion (date_time, type, ip, port, `donnée`) AS
SELECT DATE_FORMAT(CONVERT_TZ(time, '+00:00', 'SYSTEM'), '%d/%m/%Y %H:%i:%s'),
       CASE WHEN author_kind IN ('server', 'system') THEN 'serveur' ELSE CONCAT('client_', author_name) END,
       address,
       port,
       text
FROM event
WHERE kind IN ('privmsg', 'notice') AND salt IS NOT NULL
UNION ALL
SELECT date_time, name, ip, port, data
FROM legacy_row
WHERE source = 'connexion' AND seq IS NULL;
