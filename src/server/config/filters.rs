//! The tables `[[filters]]`: what is refused or told to the operators by its words, or by how much comes at once.

use std::time::Duration;

use super::raw::{Raw, RawTable};
use crate::chat::allowance::Allowance;
use crate::chat::filter::{FILTERS_MAX, Filter, FilterAction, FilterTest, NAME_BYTES_MAX};

/// What a table may hold.
const KEYS: [&str; 6] = ["name", "pattern", "messages_max", "window_seconds", "action", "dry_run"];
/// The most messages of one person within the time of a filter.
const MESSAGES_MAX: u64 = 10_000;
/// The longest time of a filter: a day.
const WINDOW_SECONDS_MAX: u64 = 86_400;

/// Reads all tables. The fault names the filter by its place.
pub(super) fn read(tables: Vec<RawTable>) -> Result<Vec<Filter>, String> {
    if tables.len() > FILTERS_MAX {
        return Err(format!(
            "there are {} filters; at most {FILTERS_MAX} are compared with each message",
            tables.len()
        ));
    }
    let mut filters: Vec<Filter> = Vec::new();
    for (place, table) in tables.into_iter().enumerate() {
        let filter = read_one(&table).map_err(|reason| format!("filter {}: {reason}", place + 1))?;
        if filters.iter().any(|known| known.name == filter.name) {
            return Err(format!("filter {}: there is one called {:?} already", place + 1, filter.name));
        }
        filters.push(filter);
    }
    Ok(filters)
}

fn read_one(table: &RawTable) -> Result<Filter, String> {
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{unknown}: a filter has only {}", KEYS.join(", ")));
    }
    let name = text(table, "name")?.ok_or("name is missing")?;
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(|c: char| c <= ' ' || c.is_control()) {
        return Err(format!("name: {name:?} is not one word of at most {NAME_BYTES_MAX} bytes"));
    }
    let count = number(table, "messages_max", MESSAGES_MAX)?;
    let seconds = number(table, "window_seconds", WINDOW_SECONDS_MAX)?;
    let test = match (text(table, "pattern")?, count, seconds) {
        (Some(pattern), None, None) => FilterTest::words(pattern).map_err(|fault| format!("pattern: {fault}"))?,
        (None, Some(count), Some(seconds)) => FilterTest::Flood(Allowance {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            window: Duration::from_secs(seconds),
        }),
        _ => return Err("either a pattern is expected, or messages_max and window_seconds".to_owned()),
    };
    let word = text(table, "action")?.unwrap_or(FilterAction::Refuse.word());
    let action = FilterAction::of_word(word).ok_or_else(|| {
        let known: Vec<&str> = FilterAction::ALL.iter().map(|(_, word)| *word).collect();
        format!("action: {word:?} is none of {}", known.join(", "))
    })?;
    let is_dry_run = match table.get("dry_run") {
        None => false,
        Some(Raw::Switch(switch)) => *switch,
        Some(_) => return Err("dry_run: true or false is expected".to_owned()),
    };
    Ok(Filter { name: name.to_owned(), test, action, is_dry_run })
}

fn text<'a>(table: &'a RawTable, key: &str) -> Result<Option<&'a str>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Raw::Text(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{key}: a text in quotes is expected")),
    }
}

fn number(table: &RawTable, key: &str, most: u64) -> Result<Option<u64>, String> {
    let given = match table.get(key) {
        None => return Ok(None),
        Some(Raw::Number(number)) => u64::try_from(*number).ok(),
        Some(_) => return Err(format!("{key}: a whole number is expected")),
    };
    match given.filter(|number| (1..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("{key}: a number from 1 to {most} is expected")),
    }
}
