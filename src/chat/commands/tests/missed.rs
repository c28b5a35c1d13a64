//! When the store is asked what somebody has missed: only when there can be something.

use std::mem::discriminant;

use super::super::super::event::{Event, Seq};
use super::super::super::ports::{Bound, PlaybackQuery, Question};
use super::super::super::testing::Driver;

/// How often the store was asked what somebody has missed.
fn playbacks(driver: &Driver) -> usize {
    let query =
        PlaybackQuery { places: Vec::new(), account: None, after: BEGIN, before: BEGIN, limit: 0, limit_in_all: 0 };
    let playback = discriminant(&Question::Playback(query));
    driver.asked.iter().filter(|kind| **kind == playback).count()
}

const BEGIN: Bound = Bound::Seq(Seq(0));

#[test]
fn whoever_has_missed_nothing_costs_no_question() {
    let mut driver = Driver::new(&["ann", "bob"]);
    let ann = driver.log_in("ann", "");
    driver.say(ann, "JOIN #tea");
    driver.say(ann, "JOIN #late");
    let bob = driver.log_in("bob", "");
    driver.say(bob, "JOIN #tea");
    driver.say(bob, "QUIT");
    let mut asked = playbacks(&driver);
    // Elsewhere; where bob is; to bob.
    for (line, may_have_missed) in
        [("PRIVMSG #late :x", 0), ("PRIVMSG #tea :x", 1), ("PRIVMSG #late :y", 0), ("PRIVMSG bob :x", 1)]
    {
        driver.say(ann, line);
        assert!(matches!(driver.records.last().unwrap().event, Event::Message { .. }), "{line}");
        let bob = driver.log_in("bob", "");
        driver.say(bob, "QUIT");
        assert_eq!(playbacks(&driver) - asked, may_have_missed, "{line}");
        asked = playbacks(&driver);
    }
}
