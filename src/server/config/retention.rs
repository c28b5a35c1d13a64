//! The tables `[[retention]]`: for how long what was said is kept.

use super::raw::{Raw, RawTable};
use crate::proto::names::ChannelName;
use crate::store::audit::retain::{Rule, Scope};

/// What a table holds.
const KEYS: [&str; 2] = ["channel", "days"];
/// The most days: a century.
const DAYS_MAX: i64 = 36_525;

/// Reads all tables.
pub(super) fn read(tables: &[RawTable]) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    for (place, table) in tables.iter().enumerate() {
        let fault = |reason: String| format!("rule {}: {reason}", place + 1);
        let rule = read_one(table).map_err(fault)?;
        let is_known = rules.iter().any(|known| match (&known.scope, &rule.scope) {
            (Scope::Channel(one), Scope::Channel(other)) => one.folded() == other.folded(),
            (one, other) => one == other,
        });
        if is_known {
            return Err(fault("there is one for the same already".to_owned()));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn read_one(table: &RawTable) -> Result<Rule, String> {
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{unknown}: a rule has only {}", KEYS.join(" and ")));
    }
    let scope = match table.get("channel") {
        Some(Raw::Text(text)) => match text.as_str() {
            "*" => Scope::Rest,
            "direct" => Scope::Direct,
            name => Scope::Channel(ChannelName::new(name).map_err(|error| format!("channel: {name:?}: {error}"))?),
        },
        _ => return Err("channel: a channel's name, \"direct\" or \"*\" is expected".to_owned()),
    };
    match table.get("days") {
        Some(Raw::Number(days @ 1..=DAYS_MAX)) => Ok(Rule { scope, days: u32::try_from(*days).unwrap_or(u32::MAX) }),
        _ => Err(format!("days: a number from 1 to {DAYS_MAX} is expected")),
    }
}
