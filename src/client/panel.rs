//! The operators' panel: how the server is, who is connected from where, what was refused lately. Plain data; it knows neither
//! the model nor how it is filled.

use std::collections::BTreeMap;

use super::edit::TextEdit;
use super::event::ServerId;
use super::session::fact::{Inspected, RefusalRow, SessionRow};

/// The longest text by which sessions are looked for.
const FILTER_BYTES_MAX: usize = 64;
/// The most rows and figures that one answer is taken for; no server of ours tells more.
const ROWS_MAX: usize = 500;

/// Which list is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// Who is connected.
    #[default]
    Sessions,
    /// What was refused.
    Refusals,
}

/// What the server has told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Numbers by their names.
    pub figures: BTreeMap<String, u64>,
    /// The sessions that fit, the newest first.
    pub sessions: Vec<SessionRow>,
    /// What was refused, the latest first.
    pub refusals: Vec<RefusalRow>,
    /// How many sessions fit.
    pub fitting: u64,
}

/// The panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Whose.
    pub server: ServerId,
    /// What narrows the sessions.
    pub filter: TextEdit,
    /// Which list is shown.
    pub section: Section,
    /// The last whole answer; nothing before the first.
    pub told: Option<Told>,
    /// What came of the last thing that was done.
    pub note: Option<String>,
    /// Whose new password is on its way, and which.
    pub(super) password: Option<(String, String)>,
    /// When the server is asked again, by `Moment::elapsed_millis`; nothing when it is not.
    pub(super) due_millis: Option<u64>,
    arriving: Told,
    chosen: usize,
}

impl Panel {
    /// One that has asked nothing yet, and does so at this moment.
    pub fn new(server: ServerId, now_millis: u64) -> Self {
        Self {
            server,
            filter: TextEdit::single_line(FILTER_BYTES_MAX),
            section: Section::default(),
            told: None,
            note: None,
            password: None,
            due_millis: Some(now_millis),
            arriving: Told::default(),
            chosen: 0,
        }
    }

    /// Takes a line of an answer in. Returns whether it was the last one.
    pub fn take(&mut self, inspected: Inspected) -> bool {
        match inspected {
            Inspected::Figure(name, number) if self.arriving.figures.len() < ROWS_MAX => {
                self.arriving.figures.insert(name, number);
            }
            Inspected::Session(row) if self.arriving.sessions.len() < ROWS_MAX => self.arriving.sessions.push(row),
            Inspected::Refusal(row) if self.arriving.refusals.len() < ROWS_MAX => self.arriving.refusals.push(row),
            Inspected::End(fitting) => {
                let (session, refusal) = (self.session().map(|row| row.number), self.refusal().cloned());
                let told = Told { fitting, ..std::mem::take(&mut self.arriving) };
                // What was chosen stays so when it is still there.
                let place = match self.section {
                    Section::Sessions => told.sessions.iter().position(|row| Some(row.number) == session),
                    Section::Refusals => told.refusals.iter().position(|row| Some(row) == refusal.as_ref()),
                };
                self.told = Some(told);
                self.chosen = place.unwrap_or(self.chosen).min(self.count().saturating_sub(1));
                return true;
            }
            Inspected::Figure(..) | Inspected::Session(_) | Inspected::Refusal(_) => {}
        }
        false
    }

    /// How many rows the list has that is shown.
    pub fn count(&self) -> usize {
        self.told.as_ref().map_or(0, |told| match self.section {
            Section::Sessions => told.sessions.len(),
            Section::Refusals => told.refusals.len(),
        })
    }

    /// Which row is chosen, counted from 0.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// The chosen session.
    pub fn session(&self) -> Option<&SessionRow> {
        let told = self.told.as_ref().filter(|_| self.section == Section::Sessions)?;
        told.sessions.get(self.chosen)
    }

    /// The chosen refusal.
    pub fn refusal(&self) -> Option<&RefusalRow> {
        let told = self.told.as_ref().filter(|_| self.section == Section::Refusals)?;
        told.refusals.get(self.chosen)
    }

    /// Chooses the row `step` further down, as far as there is one.
    pub fn step(&mut self, step: isize) {
        self.chosen = self.chosen.saturating_add_signed(step).min(self.count().saturating_sub(1));
    }

    /// Shows the other list.
    pub fn switch(&mut self) {
        self.section = match self.section {
            Section::Sessions => Section::Refusals,
            Section::Refusals => Section::Sessions,
        };
        self.chosen = 0;
    }
}
