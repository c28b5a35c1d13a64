//! A setting's value before anybody knows what it is for.

use std::collections::BTreeMap;

/// A value as its source wrote it.
#[derive(Clone, PartialEq, Eq)]
pub enum Raw {
    /// A text, to be read as whatever the setting is.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A whole number.
    Number(i64),
    /// True or false.
    Switch(bool),
    /// A list of tables: `[[operators]]`, `[[filters]]`.
    Tables(Vec<RawTable>),
}

/// A table of values as the file has it.
pub type RawTable = BTreeMap<String, Raw>;
