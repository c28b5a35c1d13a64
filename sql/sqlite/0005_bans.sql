-- Who is kept out of the server, or quiet on it. The same stands in sql/mysql/0005_bans.sql.

CREATE TABLE server_ban (
    target    TEXT NOT NULL,             -- an address, a network (192.0.2.0/24) or a mask (account:ann, ann!*@*)
    effect    TEXT NOT NULL CHECK (effect IN ('ban', 'mute')),
    reason    TEXT NOT NULL,
    set_by    TEXT NOT NULL,             -- the name of the operator
    set_at    TEXT NOT NULL,
    until_at  TEXT,                      -- none: for ever
    PRIMARY KEY (target, effect)
) WITHOUT ROWID;
