-- Invitations to register an account. The same stands in sql/sqlite/0008_invitations.sql.
-- Every statement may be run again after a crash.

CREATE TABLE IF NOT EXISTS invitation (
    seq         BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'the event that made it',
    digest      BINARY(32) NOT NULL COMMENT 'SHA-256 of its code, without hyphens and in lower case',
    note        TEXT NOT NULL COMMENT 'for whom, or what for',
    made_by     VARCHAR(255) NOT NULL COMMENT 'the name of the operator',
    made_at     DATETIME(3) NOT NULL,
    until_at    DATETIME(3) COMMENT 'none: for ever',
    used_at     DATETIME(3),
    used_by     BIGINT UNSIGNED COMMENT 'the account that was registered by it',
    revoked_at  DATETIME(3)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
