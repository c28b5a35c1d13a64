//! What `chat-server log` answers: as sentences, or as one JSON object for programs.

use chat_tui::server::retention;
use chat_tui::store::audit::Removal;
use chat_tui::store::audit::retain::{Retained, Rule};
use chat_tui::store::audit::verify::{FAULTS_LISTED_MAX, Verification};
use chat_tui::store::chain::{Anchor, Checkpoint};
use serde::Serialize;

/// An answer.
pub trait Answer: Serialize {
    /// In sentences, a line each.
    fn sentences(&self) -> Vec<String>;

    /// Prints it.
    fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            println!("{}", serde_json::to_string_pretty(self)?);
        } else {
            self.sentences().iter().for_each(|line| println!("{line}"));
        }
        Ok(())
    }
}

/// The end of the record.
#[derive(Serialize)]
pub struct Head {
    seq: u64,
    chain: String,
}

impl From<Anchor> for Head {
    fn from(anchor: Anchor) -> Self {
        let chain = anchor.chain.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { seq: anchor.seq.0, chain }
    }
}

impl Answer for Head {
    fn sentences(&self) -> Vec<String> {
        vec![format!("{} {}", self.seq, self.chain)]
    }
}

/// Where the oldest rows were removed.
#[derive(Serialize)]
struct Removed {
    until_seq: u64,
    made: String,
    reason: String,
}

impl From<&Checkpoint> for Removed {
    fn from(checkpoint: &Checkpoint) -> Self {
        let Checkpoint { anchor, made_at, reason } = checkpoint;
        Self { until_seq: anchor.seq.0, made: made_at.to_string(), reason: reason.clone() }
    }
}

/// What was found along the record.
#[derive(Serialize)]
pub struct Findings {
    is_whole: bool,
    events: u64,
    erased: u64,
    heads_compared: usize,
    head: Head,
    checkpoint: Option<Removed>,
    fault_count: u64,
    faults: Vec<String>,
}

impl Findings {
    /// What was found, and with how many heads it was compared.
    pub fn new(verified: &Verification, heads_compared: usize) -> Self {
        Self {
            is_whole: verified.is_whole(),
            events: verified.rows,
            erased: verified.erased,
            heads_compared,
            head: verified.head.into(),
            checkpoint: verified.checkpoint.as_ref().map(Removed::from),
            fault_count: verified.fault_count,
            faults: verified.faults.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Answer for Findings {
    fn sentences(&self) -> Vec<String> {
        let mut lines = self.faults.clone();
        if self.fault_count > FAULTS_LISTED_MAX as u64 {
            lines.push(format!("… and {} more", self.fault_count - FAULTS_LISTED_MAX as u64));
        }
        if let Some(Removed { until_seq, made, reason }) = &self.checkpoint {
            lines.push(format!("what is older than event {until_seq} was removed at {made}: {reason}"));
        }
        let Self { events, erased, heads_compared, .. } = self;
        lines.push(format!("{events} events, {erased} of them erased, compared with {heads_compared} known heads"));
        lines.extend(self.head.sentences().iter().map(|head| format!("the head: {head}")));
        if self.is_whole {
            lines.push("the record is whole".to_owned());
        }
        lines
    }
}

/// What the rules of retention let go of, or would.
#[derive(Serialize)]
pub struct LetGo {
    is_rehearsal: bool,
    removed: u64,
    rules: Vec<ByRule>,
    #[serde(skip)]
    line: String,
}

/// What one rule erased.
#[derive(Serialize)]
struct ByRule {
    channel: String,
    days: u32,
    erased: u64,
}

impl LetGo {
    /// What it was; `is_rehearsal`: nothing was changed.
    pub fn new(rules: &[Rule], retained: &Retained, is_rehearsal: bool) -> Self {
        let each = rules.iter().zip(&retained.erased);
        Self {
            is_rehearsal,
            removed: retained.removed,
            rules: each
                .map(|(rule, erased)| ByRule { channel: rule.scope.to_string(), days: rule.days, erased: *erased })
                .collect(),
            line: retention::describe(rules, retained),
        }
    }
}

impl Answer for LetGo {
    fn sentences(&self) -> Vec<String> {
        vec![format!("{}{}", if self.is_rehearsal { "would be: " } else { "" }, self.line)]
    }
}

/// What a checkpoint removed.
#[derive(Serialize)]
pub struct CutOff {
    removed: u64,
    checkpoint: Option<Removed>,
}

impl From<&Removal> for CutOff {
    fn from(removal: &Removal) -> Self {
        Self { removed: removal.rows, checkpoint: removal.checkpoint.as_ref().map(Removed::from) }
    }
}

impl Answer for CutOff {
    fn sentences(&self) -> Vec<String> {
        vec![match &self.checkpoint {
            None => "nothing is older than that".to_owned(),
            Some(checkpoint) => {
                let seq = checkpoint.until_seq;
                format!("{} events removed; the record begins behind event {seq}", self.removed)
            }
        }]
    }
}

/// How many events were erased.
#[derive(Serialize)]
pub struct Erased {
    /// So many.
    pub erased: u64,
}

impl Answer for Erased {
    fn sentences(&self) -> Vec<String> {
        vec![format!("{} events erased", self.erased)]
    }
}
