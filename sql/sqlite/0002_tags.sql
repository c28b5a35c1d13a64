-- What is said beside texts: kept client tags, redactions, read markers, metadata. The same stands in
-- sql/mysql/0002_tags.sql.

-- Client-only tags that last (`+draft/reply=…`, `+draft/react=…`), as they go over the wire.
ALTER TABLE event ADD COLUMN tags TEXT;
-- The event that this one is about: the message that was redacted.
ALTER TABLE event ADD COLUMN subject_seq INTEGER;
-- The event that has redacted this one. Its text stays for the record; no history shows it any more.
ALTER TABLE event ADD COLUMN redacted_seq INTEGER;

-- How far an account has read a conversation.
CREATE TABLE read_marker (
    account_id       INTEGER NOT NULL REFERENCES account (id),
    conversation_id  INTEGER NOT NULL REFERENCES conversation (id),
    read_at          TEXT NOT NULL,
    PRIMARY KEY (account_id, conversation_id)
) WITHOUT ROWID;

-- Keys and values of people and channels (IRCv3 `metadata`).
CREATE TABLE account_metadata (
    account_id  INTEGER NOT NULL REFERENCES account (id),
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
) WITHOUT ROWID;
CREATE TABLE channel_metadata (
    channel_id  INTEGER NOT NULL REFERENCES channel (id),
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (channel_id, name)
) WITHOUT ROWID;
