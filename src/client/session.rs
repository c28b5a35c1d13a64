//! The IRC client: lines in, facts and lines out.

/// The session.
#[derive(Debug, Default)]
pub struct Session {
    nick: String,
}

impl Session {
    /// What we are called at the moment; empty before the first connection.
    pub fn nick(&self) -> &str {
        &self.nick
    }
}
