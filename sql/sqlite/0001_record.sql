-- The record: every exchange in one order, and the state that it adds up to. The same tables stand in
-- sql/mysql/0001_record.sql. Migrations are append-only: this file is never changed once it was released.
--
-- Dates are UTC, `2026-11-22 10:00:00.000`. Numbers of accounts, channels, devices and events are never reused.

-- People, and the server's correspondent (`serveur`), which has no credentials. A deleted account keeps its row: its name
-- stays reserved, and its events stay whose they were.
CREATE TABLE account (
    id                INTEGER PRIMARY KEY,
    name              TEXT NOT NULL,
    name_folded       TEXT NOT NULL UNIQUE,  -- the name as it is compared (RFC 8265)
    registered_at     TEXT NOT NULL,
    has_joined        INTEGER NOT NULL DEFAULT 0,  -- 1 once it was a member of any channel
    argon2            TEXT,                  -- Argon2id PHC string, never a password; none: no log-in by password
    scram_salt        BLOB,                  -- SCRAM-SHA-256 (RFC 5802): all four or none
    scram_iterations  INTEGER,
    scram_stored_key  BLOB,
    scram_server_key  BLOB,
    suspended_at      TEXT,
    suspended_reason  TEXT,
    deleted_at        TEXT
);

-- The addresses from which an account's password is accepted; place 1 is that of the registration.
CREATE TABLE account_address (
    account_id  INTEGER NOT NULL REFERENCES account (id),
    place       INTEGER NOT NULL,
    address     TEXT NOT NULL,
    allowed_at  TEXT NOT NULL,
    PRIMARY KEY (account_id, place),
    UNIQUE (account_id, address)
) WITHOUT ROWID;

-- Device tokens. Only the SHA-256 digest of a token is kept.
CREATE TABLE device (
    id            INTEGER PRIMARY KEY,
    account_id    INTEGER NOT NULL REFERENCES account (id),
    name          TEXT NOT NULL,
    token_digest  BLOB NOT NULL UNIQUE,
    created_at    TEXT NOT NULL,
    last_used_at  TEXT,
    last_address  TEXT,
    revoked_at    TEXT
);
CREATE INDEX device_account ON device (account_id);

-- Whose history an event belongs to.
CREATE TABLE conversation (
    id            INTEGER PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('server', 'unlisted', 'channel', 'direct')),
    account_low   INTEGER REFERENCES account (id),  -- of a direct conversation: the lower number
    account_high  INTEGER REFERENCES account (id),  -- and the higher one
    UNIQUE (account_low, account_high)
);
CREATE INDEX conversation_account_high ON conversation (account_high);
INSERT INTO conversation (id, kind) VALUES (1, 'server'), (2, 'unlisted');

CREATE TABLE channel (
    id               INTEGER PRIMARY KEY,
    conversation_id  INTEGER NOT NULL UNIQUE REFERENCES conversation (id),
    name             TEXT NOT NULL,
    name_folded      TEXT NOT NULL UNIQUE,
    founded_at       TEXT NOT NULL,
    founder_id       INTEGER REFERENCES account (id),
    topic            TEXT,                   -- none when it was never set, or cleared
    topic_set_by     TEXT,
    topic_set_at     TEXT,
    flags            TEXT NOT NULL DEFAULT '',  -- letters of the flags that are set: `nst`
    channel_key      TEXT,                   -- mode k
    member_limit     INTEGER                 -- mode l
);

CREATE TABLE channel_member (
    channel_id    INTEGER NOT NULL REFERENCES channel (id),
    account_id    INTEGER NOT NULL REFERENCES account (id),
    rank_letters  TEXT NOT NULL DEFAULT '',  -- letters out of `qaohv`, the highest first
    PRIMARY KEY (channel_id, account_id)
) WITHOUT ROWID;
CREATE INDEX channel_member_account ON channel_member (account_id);

-- Entries of a channel's lists: bans (b), exceptions (e), invitations (I).
CREATE TABLE channel_mask (
    channel_id  INTEGER NOT NULL REFERENCES channel (id),
    letter      TEXT NOT NULL,
    mask        TEXT NOT NULL,
    set_by      TEXT NOT NULL,
    set_at      TEXT NOT NULL,
    PRIMARY KEY (channel_id, letter, mask)
) WITHOUT ROWID;

-- The record itself: one row an event. `seq` is the one order of the whole server; along it `time` never decreases.
CREATE TABLE event (
    seq                 INTEGER PRIMARY KEY,
    conversation_id     INTEGER NOT NULL REFERENCES conversation (id),
    time                TEXT NOT NULL,
    kind                TEXT NOT NULL,       -- `privmsg`, `notice`, `joined`, `kicked`, `account_registered`, …
    author_kind         TEXT NOT NULL CHECK (author_kind IN ('account', 'guest', 'server', 'system')),
    account_id          INTEGER,             -- the author's account; none for guests and for the system
    author_name         TEXT NOT NULL,       -- the author's name at that time
    operator            TEXT,                -- who wrote it, when it was sent as the server: `uid:1000`
    address             TEXT NOT NULL,       -- the session's address
    port                INTEGER NOT NULL,    -- the session's port; 0 for a Unix socket
    target              TEXT NOT NULL,       -- the channel's or the correspondent's name at that time
    text                TEXT NOT NULL,       -- the message, the topic, the reason, the modes
    subject             TEXT,                -- what the event is about: the nick that was kicked, an address, a device's name
    subject_account_id  INTEGER,             -- the account that it is about
    subject_device_id   INTEGER,             -- the device that it is about
    idempotency_id      TEXT,                -- the author's own id of the message
    salt                BLOB,                -- random; removed together with the personal fields when a row is erased
    digest              BLOB NOT NULL,       -- SHA-256 over salt and personal fields
    chain               BLOB NOT NULL        -- HMAC over the previous row's chain and this row's seq, time, kind, digest
);
-- Pages of history: SQLite keeps the rows of one conversation in the order of seq in here.
CREATE INDEX event_conversation ON event (conversation_id);
-- From a time to a seq.
CREATE INDEX event_time ON event (time);

-- Messages' own ids of the last days: the same id again is the same message.
CREATE TABLE idempotency (
    account_id       INTEGER NOT NULL,
    conversation_id  INTEGER NOT NULL,
    idempotency_id   TEXT NOT NULL,
    seq              INTEGER NOT NULL,
    time             TEXT NOT NULL,
    PRIMARY KEY (account_id, conversation_id, idempotency_id)
) WITHOUT ROWID;
CREATE INDEX idempotency_time ON idempotency (time);

-- One row: where the record stands.
CREATE TABLE journal (
    id               INTEGER PRIMARY KEY CHECK (id = 1),
    last_seq         INTEGER NOT NULL,
    last_time        TEXT NOT NULL,
    last_account_id  INTEGER NOT NULL,
    last_channel_id  INTEGER NOT NULL,
    last_device_id   INTEGER NOT NULL,
    chain_head       BLOB NOT NULL,          -- the chain of the last stored event
    hub_epoch        INTEGER NOT NULL        -- reserved: the term of the one hub that may commit
);
INSERT INTO journal VALUES (1, 0, '1970-01-01 00:00:00.000', 0, 0, 0, zeroblob(32), 0);

-- One row once the seed's tables were taken over.
CREATE TABLE legacy_adoption (
    id                     INTEGER PRIMARY KEY CHECK (id = 1),
    adopted_at             TEXT NOT NULL,
    accounts               INTEGER NOT NULL,
    exchanges              INTEGER NOT NULL,
    passwords_were_base64  INTEGER NOT NULL,
    cleaned_at             TEXT              -- when the last trace of the old tables was removed from the file
);

-- Rows of the seed's tables that could not be understood wholly. The texts are readable; a column that was not UTF-8 is
-- also here byte for byte. Passwords are hashed here too.
CREATE TABLE legacy_row (
    id             INTEGER PRIMARY KEY,
    source         TEXT NOT NULL CHECK (source IN ('authentification', 'connexion')),
    source_row     INTEGER NOT NULL,         -- from 1 on, as the old table gave its rows
    reason         TEXT NOT NULL,
    seq            INTEGER,                  -- the event that it became nevertheless
    name           TEXT,                     -- authentification.id, connexion.type
    mdp            TEXT,                     -- Argon2id PHC string
    ip             TEXT,
    date_time      TEXT,
    port           INTEGER,                  -- none when it was not a number
    data           TEXT,                     -- connexion.donnée
    raw_name       BLOB,
    raw_ip         BLOB,
    raw_date_time  BLOB,
    raw_port       BLOB,
    raw_data       BLOB
);

-- The seed's tables, for the seed's own queries.
CREATE VIEW authentification (id, mdp, ip) AS
SELECT account.name,
       account.argon2,
       (SELECT address FROM account_address WHERE account_id = account.id ORDER BY place LIMIT 1)
FROM account
WHERE account.argon2 IS NOT NULL AND account.deleted_at IS NULL;

-- Dates here are the machine's local time, as the seed wrote them.
CREATE VIEW connexion (date_time, type, ip, port, `donnée`) AS
SELECT strftime('%d/%m/%Y %H:%M:%S', time, 'localtime'),
       CASE WHEN author_kind IN ('server', 'system') THEN 'serveur' ELSE 'client_' || author_name END,
       address,
       port,
       text
FROM event
WHERE kind IN ('privmsg', 'notice')
UNION ALL
SELECT date_time, name, ip, port, data
FROM legacy_row
WHERE source = 'connexion' AND seq IS NULL;
