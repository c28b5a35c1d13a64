-- What an author may be is checked by comparisons: for a list of more than two words SQLite builds a table to look in, for
-- each row that is inserted. Nothing is to be done in sql/mysql/0009_author_kind.sql.

-- The new check lets through what the old one did, so that no row is looked at: its text alone is put into the schema, as
-- SQLite's documentation allows ("Making Other Kinds Of Table Schema Changes", https://www.sqlite.org/lang_altertable.html).
-- Where the text is not that of 0001_record, it stays as it is.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(
    sql,
    'CHECK (author_kind IN (''account'', ''guest'', ''server'', ''system''))',
    'CHECK (author_kind = ''account'' OR author_kind = ''guest'' OR author_kind = ''server'' OR author_kind = ''system'')'
)
WHERE type = 'table' AND name = 'event';
-- From here on the schema is read again: were it not understood, the next statement would fail, and nothing of this be kept.
PRAGMA writable_schema = RESET;
-- Other connections have to read it again, too. They see that by its number, which every change of a table or view raises.
CREATE VIEW changed AS SELECT 1;
DROP VIEW changed;
