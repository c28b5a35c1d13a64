//! Slow statements are told in the log by their name: what they do to which tables, and never to which values.

use std::time::{Duration, Instant};

/// How long a statement may take until the log tells of it.
const SLOW_AFTER: Duration = Duration::from_secs(1);
/// The most characters of a statement's name.
const NAME_CHARS_MAX: usize = 120;

/// Looks at the clock for as long as a statement runs.
pub struct StatementWatch<'a> {
    sql: &'a str,
    began: Instant,
}

impl<'a> StatementWatch<'a> {
    /// From now on.
    pub fn begin(sql: &'a str) -> Self {
        Self { sql, began: Instant::now() }
    }
}

impl Drop for StatementWatch<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        if took >= SLOW_AFTER {
            let milliseconds = took.as_millis() as u64;
            tracing::warn!(statement = name(self.sql), milliseconds, "a statement of the database was slow");
        }
    }
}

/// A statement's beginning, on one line. Values are bound and not part of it; where a statement of the schema has some
/// written out, what stands in quotes is left out.
fn name(sql: &str) -> String {
    let unquoted = sql.split('\'').step_by(2).collect::<Vec<_>>().join("?");
    let before_rows = unquoted.split(" VALUES ").next().unwrap_or_default();
    let words = before_rows.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_statement_is_called_by_what_it_does_and_never_by_values() {
        assert_eq!(name("SELECT a\n   FROM event  WHERE seq > ?"), "SELECT a FROM event WHERE seq > ?");
        assert_eq!(name("INSERT INTO event (a, b) VALUES (?,?),(?,?)"), "INSERT INTO event (a, b)");
        assert_eq!(name("SELECT 1 FROM t WHERE a = 'geheim' AND b = ''"), "SELECT 1 FROM t WHERE a = ? AND b = ?");
        assert_eq!(name(&"x".repeat(500)).len(), 120);
    }
}
