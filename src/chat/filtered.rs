//! What the filters do: they are compared with each message, what they mean is counted and told to the operators by the
//! filter's name. The text itself is told to nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use super::allowance::{Allowance, Throttle};
use super::filter::{Filter, FilterAction, FilterTest};
use super::slow::Speaker;
use crate::proto::text::plain;
use crate::proto::time::Timestamp;

/// How long operators are not told again that the same filter meant the same person. It is counted all the same.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What the filters have done.
#[derive(Debug, Default)]
pub(crate) struct Filtered {
    /// How often each filter meant a message, by its name and by what became of it.
    pub counts: BTreeMap<(String, &'static str), u64>,
    floods: Throttle<(String, Speaker)>,
    told: Throttle<(String, Speaker)>,
}

/// A filter that means a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its name.
    pub name: String,
    /// What it does.
    pub action: FilterAction,
    /// Whether it only says what it would do.
    pub is_dry_run: bool,
    /// Whether the operators are to be told: not of each message of a flood.
    pub is_told: bool,
}

impl Hit {
    /// Whether the message is refused.
    pub fn refuses(&self) -> bool {
        self.action == FilterAction::Refuse && !self.is_dry_run
    }
}

impl Filtered {
    /// Compares a message with all filters, up to the first one that refuses it.
    pub fn compare(&mut self, filters: &[Filter], who: &Speaker, text: &str, now: Timestamp) -> Vec<Hit> {
        let text = plain(text);
        let mut hits = Vec::new();
        for filter in filters {
            let key = (filter.name.clone(), who.clone());
            let is_meant = match &filter.test {
                FilterTest::Words(words) => words.is_match(&text),
                FilterTest::Flood(allowance) => self.floods.take(&key, *allowance, now).is_err(),
            };
            if !is_meant {
                continue;
            }
            *self.counts.entry((filter.name.clone(), filter.verdict())).or_default() += 1;
            let is_told = self.told.take(&key, Allowance { count: 1, window: TOLD_AGAIN_AFTER }, now).is_ok();
            let (name, action, is_dry_run) = (filter.name.clone(), filter.action, filter.is_dry_run);
            let hit = Hit { name, action, is_dry_run, is_told };
            let refuses = hit.refuses();
            hits.push(hit);
            if refuses {
                break;
            }
        }
        hits
    }

    /// Forgets what has no effect any more, and the counts of filters that are gone.
    pub fn forget_old(&mut self, filters: &[Filter], now: Timestamp) {
        self.floods.forget_old(now);
        self.told.forget_old(now);
        self.counts.retain(|(name, _), _| filters.iter().any(|filter| filter.name == *name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::AccountId;

    fn filter(name: &str, test: FilterTest, action: FilterAction, is_dry_run: bool) -> Filter {
        Filter { name: name.to_owned(), test, action, is_dry_run }
    }

    #[test]
    fn words_are_found_whatever_their_colours_and_capitals() {
        let words = FilterTest::words(r"\bspam\b").unwrap();
        let filters = [
            filter("dry", words.clone(), FilterAction::Refuse, true),
            filter("wet", words, FilterAction::Refuse, false),
            filter("last", FilterTest::words("s").unwrap(), FilterAction::Notify, false),
        ];
        let (mut filtered, ann) = (Filtered::default(), Speaker::Account(AccountId(2)));
        let mut names = |text: &str, at| -> Vec<(String, bool)> {
            let hits = filtered.compare(&filters, &ann, text, Timestamp::from_millis(at));
            hits.into_iter().map(|hit| (hit.name, hit.is_told)).collect()
        };
        assert_eq!(names("Buy S\u{2}PA\u{2}M now", 0), [("dry".to_owned(), true), ("wet".to_owned(), true)]);
        assert_eq!(names("spam", 1), [("dry".to_owned(), false), ("wet".to_owned(), false)]);
        assert_eq!(names("spammer", 2), [("last".to_owned(), true)]);
        assert_eq!(names("hello", 3), []);
        assert_eq!(filtered.counts.get(&("wet".to_owned(), "refused")), Some(&2));
        filtered.forget_old(&filters[..1], Timestamp::from_millis(120_000));
        assert_eq!(filtered.counts.len(), 1);
    }

    #[test]
    fn a_flood_is_what_goes_beyond_the_allowance() {
        let allowance = Allowance { count: 3, window: Duration::from_secs(9) };
        let filters = [filter("flood", FilterTest::Flood(allowance), FilterAction::Refuse, false)];
        let mut filtered = Filtered::default();
        let mut passes = |account, at| {
            let who = Speaker::Account(AccountId(account));
            filtered.compare(&filters, &who, "x", Timestamp::from_millis(at)).is_empty()
        };
        assert!(passes(2, 0) && passes(2, 0) && passes(2, 0) && !passes(2, 0) && passes(3, 0));
        assert!(!passes(2, 2_000) && passes(2, 3_000));
    }
}
