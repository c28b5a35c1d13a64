//! All tables with their columns, and how each kind of column is written into a dump.

use serde_json::{Value as Json, json};

use crate::proto::time::Timestamp;
use crate::store::StoreError;
use crate::store::value::{Row, Value};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number,
    /// A text.
    Text,
    /// Written as IRCv3 writes times.
    Time,
    /// Written in hexadecimal.
    Bytes,
}

use Kind::{Bytes, Number, Text, Time};

/// A table.
pub struct Table {
    /// What it is called.
    pub name: &'static str,
    /// Its rows are in the order of these columns.
    pub key: &'static str,
    /// Its columns, in whatever order a database has them.
    pub columns: &'static [(&'static str, Kind)],
}

/// All tables, each behind those that it refers to. The journal's head comes last.
pub const TABLES: &[Table] = &[
    Table {
        name: "account",
        key: "id",
        columns: &[
            ("id", Number),
            ("name", Text),
            ("name_folded", Text),
            ("registered_at", Time),
            ("has_joined", Number),
            ("argon2", Text),
            ("scram_salt", Bytes),
            ("scram_iterations", Number),
            ("scram_stored_key", Bytes),
            ("scram_server_key", Bytes),
            ("suspended_at", Time),
            ("suspended_reason", Text),
            ("deleted_at", Time),
            ("is_here", Number),
            ("left_seq", Number),
        ],
    },
    Table {
        name: "account_address",
        key: "account_id, place",
        columns: &[("account_id", Number), ("place", Number), ("address", Text), ("allowed_at", Time)],
    },
    Table {
        name: "account_metadata",
        key: "account_id, name",
        columns: &[("account_id", Number), ("name", Text), ("value", Text)],
    },
    Table {
        name: "device",
        key: "id",
        columns: &[
            ("id", Number),
            ("account_id", Number),
            ("name", Text),
            ("token_digest", Bytes),
            ("created_at", Time),
            ("last_used_at", Time),
            ("last_address", Text),
            ("revoked_at", Time),
        ],
    },
    Table {
        name: "conversation",
        key: "id",
        columns: &[("id", Number), ("kind", Text), ("account_low", Number), ("account_high", Number)],
    },
    Table {
        name: "channel",
        key: "id",
        columns: &[
            ("id", Number),
            ("conversation_id", Number),
            ("name", Text),
            ("name_folded", Text),
            ("founded_at", Time),
            ("founder_id", Number),
            ("topic", Text),
            ("topic_set_by", Text),
            ("topic_set_at", Time),
            ("flags", Text),
            ("channel_key", Text),
            ("member_limit", Number),
            ("slow_seconds", Number),
            ("dropped_at", Time),
            ("dropped_name", Text),
        ],
    },
    Table {
        name: "channel_member",
        key: "channel_id, account_id",
        columns: &[("channel_id", Number), ("account_id", Number), ("rank_letters", Text)],
    },
    Table {
        name: "channel_mask",
        key: "channel_id, letter, mask",
        columns: &[("channel_id", Number), ("letter", Text), ("mask", Text), ("set_by", Text), ("set_at", Time)],
    },
    Table {
        name: "channel_metadata",
        key: "channel_id, name",
        columns: &[("channel_id", Number), ("name", Text), ("value", Text)],
    },
    Table {
        name: "read_marker",
        key: "account_id, conversation_id",
        columns: &[("account_id", Number), ("conversation_id", Number), ("read_at", Time)],
    },
    Table {
        name: "server_ban",
        key: "target, effect",
        columns: &[
            ("target", Text),
            ("effect", Text),
            ("reason", Text),
            ("set_by", Text),
            ("set_at", Time),
            ("until_at", Time),
        ],
    },
    Table {
        name: "invitation",
        key: "seq",
        columns: &[
            ("seq", Number),
            ("digest", Bytes),
            ("note", Text),
            ("made_by", Text),
            ("made_at", Time),
            ("until_at", Time),
            ("used_at", Time),
            ("used_by", Number),
            ("revoked_at", Time),
        ],
    },
    Table {
        name: "checkpoint",
        key: "seq",
        columns: &[("seq", Number), ("chain", Bytes), ("made_at", Time), ("reason", Text), ("seal", Bytes)],
    },
    Table {
        name: "event",
        key: "seq",
        columns: &[
            ("seq", Number),
            ("conversation_id", Number),
            ("time", Time),
            ("kind", Text),
            ("author_kind", Text),
            ("account_id", Number),
            ("author_name", Text),
            ("operator", Text),
            ("address", Text),
            ("port", Number),
            ("target", Text),
            ("text", Text),
            ("subject", Text),
            ("subject_account_id", Number),
            ("subject_device_id", Number),
            ("idempotency_id", Text),
            ("tags", Text),
            ("subject_seq", Number),
            ("redacted_seq", Number),
            ("salt", Bytes),
            ("digest", Bytes),
            ("chain", Bytes),
        ],
    },
    Table {
        name: "legacy_adoption",
        key: "id",
        columns: &[
            ("id", Number),
            ("adopted_at", Time),
            ("accounts", Number),
            ("exchanges", Number),
            ("passwords_were_base64", Number),
            ("cleaned_at", Time),
        ],
    },
    Table {
        name: "legacy_row",
        key: "id",
        columns: &[
            ("id", Number),
            ("source", Text),
            ("source_row", Number),
            ("reason", Text),
            ("seq", Number),
            ("name", Text),
            ("mdp", Text),
            ("ip", Text),
            ("date_time", Text),
            ("port", Number),
            ("data", Text),
            ("raw_name", Bytes),
            ("raw_ip", Bytes),
            ("raw_date_time", Bytes),
            ("raw_port", Bytes),
            ("raw_data", Bytes),
        ],
    },
    Table {
        name: "journal",
        key: "id",
        columns: &[
            ("id", Number),
            ("last_seq", Number),
            ("last_time", Time),
            ("last_account_id", Number),
            ("last_channel_id", Number),
            ("last_device_id", Number),
            ("chain_head", Bytes),
            ("hub_epoch", Number),
        ],
    },
];

/// The tables of which a dump has no rows, because others say the same.
const LEFT_OUT: [&str; 2] = ["idempotency", "schema_migration"];

/// The names of all tables that a dump knows of.
pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).chain(LEFT_OUT).collect()
}

impl Kind {
    /// A field out of a row of the database.
    pub fn read(self, row: &mut Row) -> Result<Json, StoreError> {
        Ok(match self {
            Self::Number => match row.value() {
                Value::Integer(number) => json!(number),
                _ => Json::Null,
            },
            Self::Text => row.optional_text()?.map_or(Json::Null, Json::String),
            Self::Time => row.optional_time()?.map_or(Json::Null, |time| Json::String(time.to_string())),
            Self::Bytes => row.optional_bytes()?.map_or(Json::Null, |bytes| Json::String(hex(&bytes))),
        })
    }

    /// What goes into the database for a field; nothing when it is not of this kind.
    pub fn value(self, field: &Json) -> Option<Value> {
        match (self, field) {
            (_, Json::Null) => Some(Value::Null),
            (Self::Number, field) => field.as_i64().map(Value::Integer),
            (Self::Text, Json::String(text)) => Some(Value::Text(text.clone())),
            (Self::Time, Json::String(text)) => Timestamp::parse(text).map(Value::from),
            (Self::Bytes, Json::String(text)) => bytes_of(text).map(Value::Bytes),
            _ => None,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
