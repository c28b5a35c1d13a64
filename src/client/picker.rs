//! A list to choose from, narrowed by what is typed: the switcher, the command palette, reactions, what a search has found.
//!
//! It knows neither the model nor what a choice does; who opened it fills the list again whenever the text has changed.

use std::sync::Arc;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::bindings::Action;
use super::conversation::ConversationId;
use super::deeds::{Order, Subject};
use super::edit::TextEdit;
use super::session::fact::Incoming;
use crate::proto::time::Timestamp;

/// The longest text to narrow a list with.
const QUERY_BYTES_MAX: usize = 256;
/// How many items a list holds; who looks for a further one types another letter.
pub const ITEMS_MAX: usize = 500;

/// What the list is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Conversations, people and commands.
    Switch,
    /// Everything that keys and commands can do.
    Command,
    /// A reaction to the message of this id.
    React(Arc<str>),
    /// Why the message of this id is reported.
    Report(Arc<str>),
    /// What an operator can do with somebody.
    Operate(Subject),
    /// For how long that is done, or that it is done; what is typed is the reason.
    Confirm(Order),
    /// Links of a message.
    Open,
    /// Messages that hold the text.
    Search {
        /// In all conversations, not only in the one that is shown.
        is_everywhere: bool,
    },
}

/// What an item stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A conversation.
    Conversation(ConversationId),
    /// A person to whom there is no conversation yet.
    Person(String),
    /// A slash command, by its name.
    Command(&'static str),
    /// What a key does.
    Action(Action),
    /// A reaction.
    Reaction(String),
    /// A reason; often empty.
    Reason(String),
    /// What an operator does.
    Deed(Order),
    /// That it is done: for how long, where it lasts.
    Duration(&'static str),
    /// A link.
    Link(String),
    /// A message.
    Message(Found),
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A channel or a nick.
    pub target: String,
    /// The server's name for it.
    pub msgid: Option<Arc<str>>,
    /// When it was said.
    pub time: Timestamp,
}

/// A search on the server.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// When the server is asked, by `Moment::elapsed_millis`: a moment after the last key.
    pub due_millis: Option<u64>,
    /// What the server has found for what is typed.
    pub found: Vec<Incoming>,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What stands at its left.
    pub label: String,
    /// What stands at its right, or behind it.
    pub detail: String,
    /// What it stands for.
    pub choice: Choice,
    /// The characters of the label that fit what was typed, by their places, in order.
    pub marks: Vec<u32>,
}

impl Item {
    /// An item in which nothing is marked.
    pub fn new(label: impl Into<String>, detail: impl Into<String>, choice: Choice) -> Self {
        Self { label: label.into(), detail: detail.into(), choice, marks: Vec::new() }
    }
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Picker {
    /// What it is for.
    pub purpose: Purpose,
    /// What narrows it.
    pub edit: TextEdit,
    items: Vec<Item>,
    chosen: usize,
}

impl Picker {
    /// An empty list.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, edit: TextEdit::single_line(QUERY_BYTES_MAX), items: Vec::new(), chosen: 0 }
    }

    /// The items, the best first.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Which one is chosen, counted from 0.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// What the chosen one stands for.
    pub fn choice(&self) -> Option<&Choice> {
        self.items.get(self.chosen).map(|item| &item.choice)
    }

    /// Fills the list anew. The first one is chosen.
    pub fn fill(&mut self, mut items: Vec<Item>) {
        items.truncate(ITEMS_MAX);
        self.items = items;
        self.chosen = 0;
    }

    /// Fills the list anew; what was chosen stays so when it is still there.
    pub fn refill(&mut self, items: Vec<Item>) {
        let chosen = self.choice().cloned();
        self.fill(items);
        self.chosen = self.items.iter().position(|item| Some(&item.choice) == chosen.as_ref()).unwrap_or(0);
    }

    /// Chooses the one `step` lines further down; beyond an end it goes on at the other one when it is a single step.
    pub fn step(&mut self, step: isize) {
        let Some(last) = self.items.len().checked_sub(1) else { return };
        self.chosen = match self.chosen.checked_add_signed(step) {
            Some(next) if next <= last => next,
            None if step == -1 => last,
            Some(_) if step == 1 => 0,
            None => 0,
            Some(_) => last,
        };
    }

    /// Chooses the one at this place.
    pub fn choose(&mut self, index: usize) {
        if index < self.items.len() {
            self.chosen = index;
        }
    }
}

/// Those items whose label fits what was typed, the best first, with what fits marked. Among equals the order stays. All of
/// them when nothing was typed.
pub fn rank(query: &str, items: Vec<Item>) -> Vec<Item> {
    if query.trim().is_empty() {
        return items;
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut ranked: Vec<(u32, Item)> = items
        .into_iter()
        .filter_map(|mut item| {
            let mut marks = Vec::new();
            let score = pattern.indices(Utf32Str::new(&item.label, &mut buffer), &mut matcher, &mut marks)?;
            marks.sort_unstable();
            marks.dedup();
            item.marks = marks;
            Some((score, item))
        })
        .collect();
    ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    ranked.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(labels: &[&str]) -> Vec<Item> {
        labels.iter().map(|label| Item::new(*label, "", Choice::Person((*label).to_owned()))).collect()
    }

    fn labels(items: &[Item]) -> Vec<&str> {
        items.iter().map(|item| item.label.as_str()).collect()
    }

    #[test]
    fn the_best_comes_first_and_accents_do_not_matter() {
        let ranked = rank("gen", items(&["#origin-event", "général", "#general", "zoe"]));
        assert!(!labels(&ranked).contains(&"zoe"));
        assert!(labels(&ranked)[..2].contains(&"#general"), "{ranked:?}");
        assert!(labels(&ranked).contains(&"général"));
        assert_eq!(rank(" ", items(&["b", "a"])).len(), 2);
        assert_eq!(rank("zo", items(&["zoe"]))[0].marks, [0, 1]);
    }

    #[test]
    fn the_choice_goes_round_and_stays_on_the_list() {
        let mut picker = Picker::new(Purpose::Switch);
        picker.step(1);
        assert_eq!(picker.choice(), None);
        picker.fill(items(&["a", "b", "c"]));
        picker.step(-1);
        assert_eq!(picker.chosen(), 2);
        picker.step(1);
        assert_eq!(picker.chosen(), 0);
        picker.step(10);
        assert_eq!(picker.chosen(), 2);
        picker.refill(items(&["x", "c"]));
        assert_eq!(picker.chosen(), 1);
        picker.refill(items(&["x"]));
        assert_eq!(picker.chosen(), 0);
    }
}
