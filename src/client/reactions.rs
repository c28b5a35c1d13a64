//! The reactions to one message: who reacts with what, counted for showing.
//!
//! Pages of history overlap and come in any order, so that what is known is kept with its time: the latest word of each person
//! about each reaction counts, and hearing it twice changes nothing.
//!
//! Specification: IRCv3 client-only tags `+draft/react` and `+draft/unreact`.

use std::sync::Arc;

use crate::proto::time::Timestamp;

/// How many reactions of people to one message are kept; further ones are not shown.
const REACTORS_MAX: usize = 500;
/// The longest reaction that is shown; a longer one is no reaction but a text.
pub const REACTION_BYTES_MAX: usize = 64;

/// One person's word about one reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactor {
    /// Who.
    pub nick: String,
    /// With what: an emoji or a few letters.
    pub text: String,
    /// When it was said or taken back.
    pub time: Timestamp,
    /// The server's name for it, by which it can be withdrawn as well.
    pub msgid: Option<Arc<str>>,
    /// It was taken back.
    pub is_withdrawn: bool,
    /// This person's own.
    pub is_own: bool,
}

/// The reactions to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reactions(Vec<Reactor>);

/// One reaction with those who share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count<'a> {
    /// The reaction.
    pub text: &'a str,
    /// How many people.
    pub count: usize,
    /// This person among them.
    pub has_own: bool,
}

impl Reactions {
    /// Takes a word in. Returns whether anything changed.
    pub fn apply(&mut self, word: Reactor) -> bool {
        let is_full = self.0.len() >= REACTORS_MAX;
        match self.0.iter_mut().find(|known| known.nick == word.nick && known.text == word.text) {
            Some(known) if known.time > word.time || *known == word => false,
            Some(known) => {
                *known = word;
                true
            }
            None if is_full => false,
            None => {
                self.0.push(word);
                true
            }
        }
    }

    /// Takes the reaction of this id back. Returns whether there was one.
    pub fn withdraw(&mut self, msgid: &str) -> bool {
        match self.0.iter_mut().find(|known| known.msgid.as_deref() == Some(msgid) && !known.is_withdrawn) {
            Some(known) => {
                known.is_withdrawn = true;
                true
            }
            None => false,
        }
    }

    /// The reactions in the order in which they were first said.
    pub fn counts(&self) -> Vec<Count<'_>> {
        let mut counts: Vec<Count<'_>> = Vec::new();
        for word in self.0.iter().filter(|word| !word.is_withdrawn) {
            match counts.iter_mut().find(|count| count.text == word.text) {
                Some(count) => {
                    count.count += 1;
                    count.has_own |= word.is_own;
                }
                None => counts.push(Count { text: &word.text, count: 1, has_own: word.is_own }),
            }
        }
        counts
    }

    /// Whether this person reacts with it.
    pub fn has_own(&self, text: &str) -> bool {
        self.0.iter().any(|word| word.is_own && !word.is_withdrawn && word.text == text)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(nick: &str, text: &str, second: i64, is_withdrawn: bool) -> Reactor {
        let time = Timestamp::from_millis(second * 1_000);
        Reactor { nick: nick.into(), text: text.into(), time, msgid: None, is_withdrawn, is_own: nick == "ann" }
    }

    #[test]
    fn each_person_counts_once_and_the_latest_word_holds() {
        let mut reactions = Reactions::default();
        assert!(reactions.apply(word("ann", "+1", 1, false)));
        assert!(reactions.apply(word("bob", "+1", 2, false)));
        assert!(!reactions.apply(word("bob", "+1", 2, false)), "heard twice");
        assert!(reactions.apply(word("bob", "ha", 3, false)));
        assert_eq!(reactions.counts()[0], Count { text: "+1", count: 2, has_own: true });
        assert!(reactions.apply(word("ann", "+1", 5, true)));
        assert!(!reactions.apply(word("ann", "+1", 4, false)), "an older page comes later");
        assert_eq!(reactions.counts()[0], Count { text: "+1", count: 1, has_own: false });
        assert!(!reactions.has_own("+1"));
    }

    #[test]
    fn a_reaction_is_withdrawn_by_its_id() {
        let mut reactions = Reactions::default();
        reactions.apply(Reactor { msgid: Some("7".into()), ..word("bob", "+1", 1, false) });
        assert!(reactions.withdraw("7"));
        assert!(!reactions.withdraw("7"));
        assert!(reactions.counts().is_empty());
    }

    #[test]
    fn a_flood_of_reactions_is_bounded() {
        let mut reactions = Reactions::default();
        for number in 0..2 * REACTORS_MAX {
            reactions.apply(word(&format!("n{number}"), "+1", 1, false));
        }
        assert_eq!(reactions.counts()[0].count, REACTORS_MAX);
    }
}
