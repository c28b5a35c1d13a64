//! Joins, parts, renames and quits that follow each other, in one quiet line.
//!
//! What cancels out is told as such: who came and went again is not named twice.

use crate::ground::texts::{Texts, Value};

/// How many people one line knows; for the next one a new line begins.
const PEOPLE_MAX: usize = 100;
/// How many people are named in one sentence; further ones are counted.
const NAMED_MAX: usize = 8;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coming {
    /// Came in.
    Came,
    /// Left.
    Left,
    /// Is gone from the network.
    Gone,
    /// Is called something else now.
    Renamed(String),
}

/// One person: how they were at first and are at last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    nick: String,
    /// What they were called when the line began.
    formerly: Option<String>,
    was_here: bool,
    is_here: bool,
    has_moved: bool,
    is_gone: bool,
}

impl Person {
    /// Who had the old name when they came or went is told to be called otherwise before that; who came in with it,
    /// afterwards.
    fn is_renamed_first(&self) -> bool {
        self.has_moved && (self.was_here || !self.is_here)
    }

    /// What they were called when they came or went.
    fn name_of_move(&self) -> &str {
        let before = self.formerly.as_deref().filter(|_| !self.is_renamed_first());
        before.unwrap_or(&self.nick)
    }
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comings {
    people: Vec<Person>,
    /// The sentence of the only thing that has happened so far: it may say why.
    only: Option<String>,
}

impl Comings {
    /// A line that tells one thing, which is said by `sentence` as long as nothing else happens.
    pub fn new(nick: &str, coming: &Coming, sentence: &str) -> Self {
        let mut comings = Self { people: Vec::new(), only: None };
        comings.add(nick, coming);
        comings.only = Some(sentence.to_owned());
        comings
    }

    /// One more thing. Returns whether there was room for it.
    pub fn add(&mut self, nick: &str, coming: &Coming) -> bool {
        self.only = None;
        let known = self.people.iter().position(|person| person.nick == nick);
        if known.is_none() && self.people.len() >= PEOPLE_MAX {
            return false;
        }
        let index = known.unwrap_or_else(|| {
            let is_here = *coming != Coming::Came;
            let nick = nick.to_owned();
            self.people.push(Person {
                nick,
                formerly: None,
                was_here: is_here,
                is_here,
                has_moved: false,
                is_gone: false,
            });
            self.people.len() - 1
        });
        let person = &mut self.people[index];
        match coming {
            Coming::Came => (person.is_here, person.has_moved, person.is_gone) = (true, true, false),
            Coming::Left => (person.is_here, person.has_moved) = (false, true),
            Coming::Gone => (person.is_here, person.has_moved, person.is_gone) = (false, true, true),
            Coming::Renamed(to) => {
                let before = std::mem::replace(&mut person.nick, to.clone());
                person.formerly.get_or_insert(before);
                if person.formerly.as_ref() == Some(to) {
                    person.formerly = None;
                }
            }
        }
        true
    }

    /// The line as it is shown.
    pub fn sentence(&self, texts: &Texts) -> String {
        if let Some(only) = &self.only {
            return only.clone();
        }
        let moved = |was_here: bool, is_here: bool, is_gone: Option<bool>| {
            let fits = move |person: &&Person| {
                person.has_moved
                    && (person.was_here, person.is_here) == (was_here, is_here)
                    && is_gone.is_none_or(|is_gone| is_gone == person.is_gone)
            };
            self.people.iter().filter(fits).map(Person::name_of_move).collect::<Vec<_>>()
        };
        let groups = [
            ("comings-came", moved(false, true, None)),
            ("comings-left", moved(true, false, Some(false))),
            ("comings-gone", moved(true, false, Some(true))),
            ("comings-passed", moved(false, false, None)),
            ("comings-back", moved(true, true, None)),
        ];
        let of_group = |(id, names): &(&str, Vec<&str>)| {
            let (count, shown) = (names.len(), names.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", "));
            let names = match count.checked_sub(NAMED_MAX).filter(|more| *more > 0) {
                Some(more) => texts.format("comings-and-more", &[("names", shown.into()), ("count", more.into())]),
                None => shown,
            };
            texts.format(id, &[("count", count.into()), ("names", names.into())])
        };
        let renamed = |is_first: bool| {
            let fits = move |person: &&Person| person.is_renamed_first() == is_first;
            let told = self.people.iter().filter(fits).filter_map(|person| {
                let from = Value::from(person.formerly.as_deref()?);
                Some(texts.format("chat-renamed", &[("from", from), ("to", person.nick.as_str().into())]))
            });
            told.take(NAMED_MAX)
        };
        let told = groups.iter().filter(|(_, names)| !names.is_empty()).map(of_group);
        renamed(true).chain(told).chain(renamed(false)).collect::<Vec<_>>().join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;

    #[test]
    fn what_happened_is_told_in_one_line() {
        let texts = Texts::new(Language::English);
        let mut comings = Comings::new("ann", &Coming::Left, "ann left (tired)");
        assert_eq!(comings.sentence(&texts), "ann left (tired)");
        for (nick, coming) in [
            ("bob", Coming::Came),
            ("cid", Coming::Came),
            ("cid", Coming::Gone),
            ("dan", Coming::Left),
            ("dan", Coming::Came),
            ("eve", Coming::Renamed("eva".into())),
            ("fay", Coming::Came),
        ] {
            assert!(comings.add(nick, &coming));
        }
        assert_eq!(
            comings.sentence(&texts),
            "bob, fay came in · ann left · cid came and went · dan went and came back · eve is now called eva"
        );
    }

    #[test]
    fn what_happened_to_one_person_is_told_in_its_order() {
        let texts = Texts::new(Language::English);
        let mut comings = Comings::new("eve", &Coming::Renamed("eva".into()), "x");
        comings.add("eva", &Coming::Gone);
        assert_eq!(comings.sentence(&texts), "eve is now called eva · eva is gone");
        comings.add("bob", &Coming::Came);
        comings.add("bob", &Coming::Renamed("bobby".into()));
        assert_eq!(
            comings.sentence(&texts),
            "eve is now called eva · bob came in · eva is gone · bob is now called bobby"
        );
        comings.add("bobby", &Coming::Gone);
        assert_eq!(
            comings.sentence(&texts),
            "eve is now called eva · bob is now called bobby · eva is gone · bobby came and went"
        );
    }

    #[test]
    fn a_name_taken_back_is_nothing() {
        let mut comings = Comings::new("ann", &Coming::Renamed("anna".into()), "x");
        comings.add("anna", &Coming::Renamed("ann".into()));
        assert_eq!(comings.sentence(&Texts::new(Language::English)), "");
    }

    #[test]
    fn a_line_is_bounded() {
        let texts = Texts::new(Language::French);
        let mut comings = Comings::new("n", &Coming::Came, "x");
        let taken = (0..2 * PEOPLE_MAX).filter(|number| comings.add(&format!("n{number}"), &Coming::Came)).count();
        assert_eq!(taken, PEOPLE_MAX - 1);
        assert!(comings.sentence(&texts).len() < 200, "{}", comings.sentence(&texts));
    }
}
