-- The record: every exchange in one order, and the state that it adds up to. The same tables stand in
-- sql/sqlite/0001_record.sql. Migrations are append-only: this file is never changed once it was released.
--
-- Dates are UTC with milliseconds. Numbers of accounts, channels, devices and events are never reused.
-- MariaDB and MySQL commit each of these statements by itself: every one of them may be run again after a crash.

-- People, and the server's correspondent (`serveur`), which has no credentials. A deleted account keeps its row: its name
-- stays reserved, and its events stay whose they were.
CREATE TABLE IF NOT EXISTS account (
    id                BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    name              VARCHAR(255) NOT NULL,
    name_folded       VARCHAR(255) NOT NULL UNIQUE COMMENT 'the name as it is compared (RFC 8265)',
    registered_at     DATETIME(3) NOT NULL,
    has_joined        TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT '1 once it was a member of any channel',
    argon2            VARCHAR(255) COMMENT 'Argon2id PHC string, never a password; none: no log-in by password',
    scram_salt        VARBINARY(255) COMMENT 'SCRAM-SHA-256 (RFC 5802): all four or none',
    scram_iterations  INT UNSIGNED,
    scram_stored_key  BINARY(32),
    scram_server_key  BINARY(32),
    suspended_at      DATETIME(3),
    suspended_reason  TEXT,
    deleted_at        DATETIME(3)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The addresses from which an account's password is accepted; place 1 is that of the registration.
CREATE TABLE IF NOT EXISTS account_address (
    account_id  BIGINT UNSIGNED NOT NULL,
    place       INT UNSIGNED NOT NULL,
    address     VARCHAR(255) NOT NULL,
    allowed_at  DATETIME(3) NOT NULL,
    PRIMARY KEY (account_id, place),
    UNIQUE (account_id, address),
    FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Device tokens. Only the SHA-256 digest of a token is kept.
CREATE TABLE IF NOT EXISTS device (
    id            BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    account_id    BIGINT UNSIGNED NOT NULL,
    name          TEXT NOT NULL,
    token_digest  BINARY(32) NOT NULL UNIQUE,
    created_at    DATETIME(3) NOT NULL,
    last_used_at  DATETIME(3),
    last_address  VARCHAR(255),
    revoked_at    DATETIME(3),
    KEY device_account (account_id),
    FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Whose history an event belongs to.
CREATE TABLE IF NOT EXISTS conversation (
    id            BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    kind          VARCHAR(16) NOT NULL COMMENT 'server, unlisted, channel, direct',
    account_low   BIGINT UNSIGNED COMMENT 'of a direct conversation: the lower number',
    account_high  BIGINT UNSIGNED COMMENT 'and the higher one',
    UNIQUE (account_low, account_high),
    KEY conversation_account_high (account_high),
    FOREIGN KEY (account_low) REFERENCES account (id),
    FOREIGN KEY (account_high) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO conversation (id, kind) VALUES (1, 'server'), (2, 'unlisted');

CREATE TABLE IF NOT EXISTS channel (
    id               BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    conversation_id  BIGINT UNSIGNED NOT NULL UNIQUE,
    name             VARCHAR(255) NOT NULL,
    name_folded      VARCHAR(255) NOT NULL UNIQUE,
    founded_at       DATETIME(3) NOT NULL,
    founder_id       BIGINT UNSIGNED,
    topic            TEXT COMMENT 'none when it was never set, or cleared',
    topic_set_by     VARCHAR(255),
    topic_set_at     DATETIME(3),
    flags            VARCHAR(64) NOT NULL DEFAULT '' COMMENT 'letters of the flags that are set: nst',
    channel_key      VARCHAR(255) COMMENT 'mode k',
    member_limit     INT UNSIGNED COMMENT 'mode l',
    FOREIGN KEY (conversation_id) REFERENCES conversation (id),
    FOREIGN KEY (founder_id) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS channel_member (
    channel_id    BIGINT UNSIGNED NOT NULL,
    account_id    BIGINT UNSIGNED NOT NULL,
    rank_letters  VARCHAR(8) NOT NULL DEFAULT '' COMMENT 'letters out of qaohv, the highest first',
    PRIMARY KEY (channel_id, account_id),
    KEY channel_member_account (account_id),
    FOREIGN KEY (channel_id) REFERENCES channel (id),
    FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Entries of a channel's lists: bans (b), exceptions (e), invitations (I).
CREATE TABLE IF NOT EXISTS channel_mask (
    channel_id  BIGINT UNSIGNED NOT NULL,
    letter      CHAR(1) NOT NULL,
    mask        VARCHAR(512) NOT NULL,
    set_by      VARCHAR(255) NOT NULL,
    set_at      DATETIME(3) NOT NULL,
    PRIMARY KEY (channel_id, letter, mask),
    FOREIGN KEY (channel_id) REFERENCES channel (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The record itself: one row an event. `seq` is the one order of the whole server; along it `time` never decreases.
-- The primary key lays the rows of one conversation side by side: a page of history reads one stretch of it.
CREATE TABLE IF NOT EXISTS event (
    seq                 BIGINT UNSIGNED NOT NULL,
    conversation_id     BIGINT UNSIGNED NOT NULL,
    time                DATETIME(3) NOT NULL,
    kind                VARCHAR(32) NOT NULL COMMENT 'privmsg, notice, joined, kicked, account_registered, …',
    author_kind         VARCHAR(16) NOT NULL COMMENT 'account, guest, server, system',
    account_id          BIGINT UNSIGNED COMMENT 'the author''s account; none for guests and for the system',
    author_name         VARCHAR(255) NOT NULL COMMENT 'the author''s name at that time',
    operator            VARCHAR(255) COMMENT 'who wrote it, when it was sent as the server: uid:1000',
    address             VARCHAR(255) NOT NULL COMMENT 'the session''s address',
    port                SMALLINT UNSIGNED NOT NULL COMMENT 'the session''s port; 0 for a Unix socket',
    target              VARCHAR(255) NOT NULL COMMENT 'the channel''s or the correspondent''s name at that time',
    text                MEDIUMTEXT NOT NULL COMMENT 'the message, the topic, the reason, the modes',
    subject             TEXT COMMENT 'what it is about: the nick that was kicked, an address, a device''s name',
    subject_account_id  BIGINT UNSIGNED COMMENT 'the account that it is about',
    subject_device_id   BIGINT UNSIGNED COMMENT 'the device that it is about',
    idempotency_id      VARCHAR(64) COMMENT 'the author''s own id of the message',
    salt                BINARY(16) COMMENT 'random; removed together with the personal fields when a row is erased',
    digest              BINARY(32) NOT NULL COMMENT 'SHA-256 over salt and personal fields',
    chain               BINARY(32) NOT NULL COMMENT 'HMAC over the previous row''s chain and this row''s seq, time, kind, digest',
    PRIMARY KEY (conversation_id, seq),
    UNIQUE KEY event_seq (seq),
    KEY event_time (time, seq),
    FOREIGN KEY (conversation_id) REFERENCES conversation (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Messages' own ids of the last days: the same id again is the same message.
CREATE TABLE IF NOT EXISTS idempotency (
    account_id       BIGINT UNSIGNED NOT NULL,
    conversation_id  BIGINT UNSIGNED NOT NULL,
    idempotency_id   VARBINARY(64) NOT NULL COMMENT 'compared byte for byte',
    seq              BIGINT UNSIGNED NOT NULL,
    time             DATETIME(3) NOT NULL,
    PRIMARY KEY (account_id, conversation_id, idempotency_id),
    KEY idempotency_time (time)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row: where the record stands.
CREATE TABLE IF NOT EXISTS journal (
    id               TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    last_seq         BIGINT UNSIGNED NOT NULL,
    last_time        DATETIME(3) NOT NULL,
    last_account_id  BIGINT UNSIGNED NOT NULL,
    last_channel_id  BIGINT UNSIGNED NOT NULL,
    last_device_id   BIGINT UNSIGNED NOT NULL,
    chain_head       BINARY(32) NOT NULL COMMENT 'the chain of the last stored event',
    hub_epoch        BIGINT UNSIGNED NOT NULL COMMENT 'reserved: the term of the one hub that may commit'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO journal VALUES (1, 0, '1970-01-01 00:00:00.000', 0, 0, 0, UNHEX(REPEAT('00', 32)), 0);

-- One row once the seed's tables were taken over.
CREATE TABLE IF NOT EXISTS legacy_adoption (
    id                     TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    adopted_at             DATETIME(3) NOT NULL,
    accounts               BIGINT UNSIGNED NOT NULL,
    exchanges              BIGINT UNSIGNED NOT NULL,
    passwords_were_base64  TINYINT UNSIGNED NOT NULL,
    cleaned_at             DATETIME(3) COMMENT 'when the old tables were removed'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Rows of the seed's tables that could not be understood wholly. The texts are readable; a column that was not UTF-8 is
-- also here byte for byte. Passwords are hashed here too.
CREATE TABLE IF NOT EXISTS legacy_row (
    id             BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    source         VARCHAR(16) NOT NULL COMMENT 'authentification, connexion',
    source_row     BIGINT UNSIGNED NOT NULL COMMENT 'from 1 on, as the old table gave its rows',
    reason         TEXT NOT NULL,
    seq            BIGINT UNSIGNED COMMENT 'the event that it became nevertheless',
    name           MEDIUMTEXT COMMENT 'authentification.id, connexion.type',
    mdp            VARCHAR(255) COMMENT 'Argon2id PHC string',
    ip             MEDIUMTEXT,
    date_time      MEDIUMTEXT,
    port           BIGINT COMMENT 'none when it was not a number',
    data           MEDIUMTEXT COMMENT 'connexion.donnée',
    raw_name       MEDIUMBLOB,
    raw_ip         MEDIUMBLOB,
    raw_date_time  MEDIUMBLOB,
    raw_port       MEDIUMBLOB,
    raw_data       MEDIUMBLOB
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The seed's tables, for the seed's own queries.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW authentification (id, mdp, ip) AS
SELECT account.name,
       account.argon2,
       (SELECT address FROM account_address WHERE account_id = account.id ORDER BY place LIMIT 1)
FROM account
WHERE account.argon2 IS NOT NULL AND account.deleted_at IS NULL;

-- Dates here are the database server's local time, as the seed wrote them.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW connexion (date_time, type, ip, port, `donnée`) AS
SELECT DATE_FORMAT(CONVERT_TZ(time, '+00:00', 'SYSTEM'), '%d/%m/%Y %H:%i:%s'),
       CASE WHEN author_kind IN ('server', 'system') THEN 'serveur' ELSE CONCAT('client_', author_name) END,
       address,
       port,
       text
FROM event
WHERE kind IN ('privmsg', 'notice')
UNION ALL
SELECT date_time, name, ip, port, data
FROM legacy_row
WHERE source = 'connexion' AND seq IS NULL;
