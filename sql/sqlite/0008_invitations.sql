-- Invitations to register an account. The same stands in sql/mysql/0008_invitations.sql.

CREATE TABLE invitation (
    seq         INTEGER NOT NULL PRIMARY KEY,  -- the event that made it
    digest      BLOB NOT NULL,                 -- SHA-256 of its code, without hyphens and in lower case
    note        TEXT NOT NULL,                 -- for whom, or what for
    made_by     TEXT NOT NULL,                 -- the name of the operator
    made_at     TEXT NOT NULL,
    until_at    TEXT,                          -- none: for ever
    used_at     TEXT,
    used_by     INTEGER,                       -- the account that was registered by it
    revoked_at  TEXT
);
