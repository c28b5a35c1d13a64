-- Who is kept out of the server, or quiet on it. The same stands in sql/sqlite/0005_bans.sql.
-- Every statement may be run again after a crash.

CREATE TABLE IF NOT EXISTS server_ban (
    target    VARCHAR(255) NOT NULL COMMENT 'an address, a network (192.0.2.0/24) or a mask (account:ann, ann!*@*)',
    effect    ENUM('ban', 'mute') NOT NULL,
    reason    TEXT NOT NULL,
    set_by    VARCHAR(255) NOT NULL COMMENT 'the name of the operator',
    set_at    DATETIME(3) NOT NULL,
    until_at  DATETIME(3) COMMENT 'none: for ever',
    PRIMARY KEY (target, effect)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
