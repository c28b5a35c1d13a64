-- Letting go of what is old without losing the proof that the rest is whole. The same stands in
-- sql/mysql/0003_checkpoint.sql.

-- Where the record goes on after its oldest rows were removed: the row `seq` was the last one of them.
CREATE TABLE checkpoint (
    seq      INTEGER PRIMARY KEY,
    chain    BLOB NOT NULL,                  -- that row's chain: what follows is chained to it
    made_at  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    seal     BLOB NOT NULL                   -- HMAC with the server's key over all this and the checkpoint before
);

-- The seed's view again, without what was erased.
DROP VIEW connexion;
CREATE VIEW connexion (date_time, type, ip, port, `donnée`) AS
SELECT strftime('%d/%m/%Y %H:%M:%S', time, 'localtime'),
       CASE WHEN author_kind IN ('server', 'system') THEN 'serveur' ELSE 'client_' || author_name END,
       address,
       port,
       text
FROM event
WHERE kind IN ('privmsg', 'notice') AND salt IS NOT NULL
UNION ALL
SELECT date_time, name, ip, port, data
FROM legacy_row
WHERE source = 'connexion' AND seq IS NULL;
