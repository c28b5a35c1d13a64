-- What is said beside texts: kept client tags, redactions, read markers, metadata. The same stands in
-- sql/sqlite/0002_tags.sql. Every statement may be run again after a crash.

-- Three columns of the table event, added at once. MySQL knows no `ADD COLUMN IF NOT EXISTS`.
--   tags: client-only tags that last (`+draft/reply=…`, `+draft/react=…`), as they go over the wire.
--   subject_seq: the event that this one is about: the message that was redacted.
--   redacted_seq: the event that has redacted this one. Its text stays for the record; no history shows it any more.
SET @known = (
    SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'event' AND column_name = 'redacted_seq'
);
SET @change = IF(@known > 0, 'DO 0',
    'ALTER TABLE event ADD COLUMN tags TEXT, ADD COLUMN subject_seq BIGINT UNSIGNED, ADD COLUMN redacted_seq BIGINT UNSIGNED'
);
PREPARE add_columns FROM @change;
EXECUTE add_columns;
DEALLOCATE PREPARE add_columns;

-- How far an account has read a conversation.
CREATE TABLE IF NOT EXISTS read_marker (
    account_id       BIGINT UNSIGNED NOT NULL,
    conversation_id  BIGINT UNSIGNED NOT NULL,
    read_at          DATETIME(3) NOT NULL,
    PRIMARY KEY (account_id, conversation_id),
    FOREIGN KEY (account_id) REFERENCES account (id),
    FOREIGN KEY (conversation_id) REFERENCES conversation (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Keys and values of people and channels (IRCv3 `metadata`).
CREATE TABLE IF NOT EXISTS account_metadata (
    account_id  BIGINT UNSIGNED NOT NULL,
    name        VARCHAR(255) NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (account_id, name),
    FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS channel_metadata (
    channel_id  BIGINT UNSIGNED NOT NULL,
    name        VARCHAR(255) NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (channel_id, name),
    FOREIGN KEY (channel_id) REFERENCES channel (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
