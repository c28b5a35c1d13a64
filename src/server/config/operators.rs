//! The tables `[[operators]]`: who may become an operator of the server.

use std::net::IpAddr;

use argon2::PasswordHash;
use ipnet::IpNet;

use super::raw::{Raw, RawTable};
use crate::chat::operators::{Operator, Right, Rights};
use crate::proto::secret::Secret;

/// The most bytes of a name, which is one word of OPER.
const NAME_BYTES_MAX: usize = 32;
/// What a table may hold.
const KEYS: [&str; 4] = ["name", "password", "from", "rights"];

/// Reads all tables. The fault names the operator, and never repeats a password or its hash.
pub(super) fn read(tables: Vec<RawTable>) -> Result<Vec<Operator>, String> {
    let mut operators: Vec<Operator> = Vec::new();
    for (place, table) in tables.into_iter().enumerate() {
        let operator = read_one(&table).map_err(|reason| format!("operator {}: {reason}", place + 1))?;
        if operators.iter().any(|known| known.name == operator.name) {
            return Err(format!("operator {}: there is one called {:?} already", place + 1, operator.name));
        }
        operators.push(operator);
    }
    Ok(operators)
}

fn read_one(table: &RawTable) -> Result<Operator, String> {
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{unknown}: an operator has only {}", KEYS.join(", ")));
    }
    let name = text(table, "name")?.ok_or("name is missing")?;
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.starts_with(':') || name.contains(|c: char| c <= ' ') {
        return Err(format!("name: {name:?} is not one word of at most {NAME_BYTES_MAX} bytes"));
    }
    let password = text(table, "password")?.ok_or("password is missing")?;
    let is_argon2 = PasswordHash::new(password).is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2"));
    if !is_argon2 {
        return Err("password: a hash is expected that `chat-server hash-password` has made".to_owned());
    }
    let from = list(table, "from")?.unwrap_or_default();
    let from = from.iter().map(|text| network(text)).collect::<Result<_, _>>()?;
    let rights = match list(table, "rights")? {
        None => Rights::ALL,
        Some(words) => words.iter().try_fold(Rights::NONE, |rights, word| {
            let right = Right::of_word(word).ok_or_else(|| {
                let known: Vec<&str> = Right::ALL.iter().map(|(_, word)| *word).collect();
                format!("rights: {word:?} is none of {}", known.join(", "))
            })?;
            Ok::<_, String>(rights.with(right))
        })?,
    };
    Ok(Operator { name: name.to_owned(), password: Secret::new(password), from, rights })
}

/// A network, or an address that stands for itself.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| format!("from: {text:?} is neither an address nor a network"))
}

fn text<'a>(table: &'a RawTable, key: &str) -> Result<Option<&'a str>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Raw::Text(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{key}: a text in quotes is expected")),
    }
}

fn list<'a>(table: &'a RawTable, key: &str) -> Result<Option<&'a [String]>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Raw::List(items)) => Ok(Some(items)),
        Some(_) => Err(format!("{key}: a list of texts is expected: [\"…\", \"…\"]")),
    }
}
