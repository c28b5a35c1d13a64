//! The operators' panel in words, for the full screen and for the line mode alike.

use super::panel::Told;
use super::session::fact::{RefusalRow, SessionRow};
use crate::ground::texts::{Texts, Value};

/// The lines of figures: the id of each sentence, with the figures in it.
pub const FIGURES: &[(&str, &[&str])] = &[
    ("operate-people", &["connections", "accounts_online", "sessions_guest", "sessions_unwelcomed", "channels"]),
    ("operate-queues", &["mailbox", "outbox_bytes", "outbox_bytes_largest", "journal_waiting", "spooled"]),
    (
        "operate-times",
        &[
            "commit_p50_micros",
            "commit_p99_micros",
            "query_p50_micros",
            "query_p99_micros",
            "delivery_p50_micros",
            "delivery_p99_micros",
        ],
    ),
];

/// A line of figures.
pub fn figures(told: &Told, text_id: &str, names: &[&'static str], texts: &Texts) -> String {
    let value = |name: &'static str| {
        let number = told.figures.get(name).copied().unwrap_or_default();
        let text = match () {
            () if name.ends_with("_micros") => milliseconds(number, texts),
            () if name.starts_with("outbox_bytes") => bytes(number),
            () => number.to_string(),
        };
        (name, Value::from(text))
    };
    texts.format(text_id, &names.iter().map(|name| value(name)).collect::<Vec<_>>())
}

/// What is not as it should be.
pub fn worry(told: &Told, texts: &Texts) -> Option<String> {
    let worries = [("journal_stalled", "operate-stalled"), ("spooled", "operate-spooling")];
    let is_so = |name: &str| told.figures.get(name).is_some_and(|number| *number > 0);
    worries.iter().find(|(name, _)| is_so(name)).map(|(_, text_id)| texts.get(text_id).into_owned())
}

/// A time as milliseconds; a dash when nothing was measured.
fn milliseconds(micros: u64, texts: &Texts) -> String {
    match micros {
        0 => "–".to_owned(),
        micros if micros < 1_000 => {
            texts.format("operate-tenths", &[("tenths", Value::from((micros / 100).to_string()))])
        }
        micros => (micros / 1_000).to_string(),
    }
}

/// A number of bytes, in few characters.
pub fn bytes(number: u64) -> String {
    match number {
        0..1_024 => number.to_string(),
        1_024..1_048_576 => format!("{}K", number / 1_024),
        _ => format!("{}M", number / 1_048_576),
    }
}

/// How long, in the greatest unit.
pub fn idle(seconds: u64, texts: &Texts) -> String {
    let (id, count) = match seconds {
        0..60 => ("operate-seconds", seconds),
        60..3_600 => ("operate-minutes", seconds / 60),
        3_600..86_400 => ("operate-hours", seconds / 3_600),
        _ => ("operate-days", seconds / 86_400),
    };
    texts.format(id, &[("count", Value::from(count.to_string()))])
}

/// Who a session is: the nick, and the account when that is another name.
pub fn name(row: &SessionRow) -> String {
    match &row.account {
        Some(account) if *account != row.nick => format!("{} ({account})", row.nick),
        _ => row.nick.clone(),
    }
}

/// From where it is connected.
pub fn address(row: &SessionRow) -> String {
    match (row.address.as_str(), row.port.as_str()) {
        ("*", _) => "–".to_owned(),
        (address, "0" | "*") => address.to_owned(),
        (address, port) if address.contains(':') => format!("[{address}]:{port}"),
        (address, port) => format!("{address}:{port}"),
    }
}

/// As what it is connected.
pub fn kind(row: &SessionRow, texts: &Texts) -> String {
    let id = match row.kind.as_str() {
        "account" => "operate-kind-account",
        "guest" => "operate-kind-guest",
        "operator" => "operate-kind-operator",
        _ => "operate-kind-unwelcomed",
    };
    texts.get(id).into_owned()
}

/// From where something was tried that was refused.
pub fn refused_address(row: &RefusalRow) -> String {
    if row.address == "*" { "–".to_owned() } else { row.address.clone() }
}

/// The whole panel, line by line.
pub fn lines(told: &Told, texts: &Texts) -> Vec<String> {
    let mut lines: Vec<String> = FIGURES.iter().map(|(text_id, names)| figures(told, text_id, names, texts)).collect();
    lines.extend(worry(told, texts));
    let count = |count: u64| [("count", Value::from(count.to_string()))];
    lines.push(texts.format("operate-sessions", &count(told.fitting)));
    for row in &told.sessions {
        let words = [name(row), address(row), kind(row, texts), row.transport.clone(), idle(row.idle_seconds, texts)];
        lines.push(format!("  {}  {}", words.join("  "), row.channels.join(" ")).trim_end().to_owned());
    }
    lines.push(texts.format("operate-refusals", &count(told.refusals.len() as u64)));
    for row in &told.refusals {
        lines.push(format!("  {}  {}  {}  {}", row.name, refused_address(row), row.command, row.code));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;
    use crate::proto::time::Timestamp;

    #[test]
    fn the_panel_can_be_read_line_by_line() {
        let mut told = Told { fitting: 1, ..Told::default() };
        for (name, number) in [("commit_p99_micros", 2_500), ("outbox_bytes", 5_000), ("journal_stalled", 1)] {
            told.figures.insert(name.to_owned(), number);
        }
        told.sessions.push(SessionRow {
            number: 4,
            nick: "zoe".to_owned(),
            account: Some("zoé".to_owned()),
            kind: "account".to_owned(),
            transport: "tls".to_owned(),
            address: "2001:db8::1".to_owned(),
            port: "443".to_owned(),
            since: Timestamp::from_millis(0),
            idle_seconds: 86_399,
            queued_bytes: 0,
            channels: vec!["#tea".to_owned()],
        });
        let lines = lines(&told, &Texts::new(Language::English));
        assert!(lines[1].contains("readers 4K"), "{lines:?}");
        assert!(lines[2].contains("commit – / 2 "), "{lines:?}");
        assert_eq!(lines[3], "Nothing can be committed at the moment.");
        assert_eq!(lines[5], "  zoe (zoé)  [2001:db8::1]:443  account  tls  23 h  #tea");
    }
}
