//! Order, doubles, bounds, and the position that never jumps.

use proptest::prelude::*;

use super::*;
use crate::proto::names::MsgId;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A message of our server: its number is its time and its id.
fn numbered(seq: u64) -> Entry {
    let mut entry = Entry::new(EntryKind::Message, "bob", seq.to_string(), at(seq as i64 / 2));
    entry.msgid = Some(MsgId::of_seq(seq).to_string().into());
    entry
}

fn own(text: &str, id: &str) -> Entry {
    let mut entry = Entry::new(EntryKind::Message, "ann", text, at(0));
    entry.id = Some(id.into());
    entry
}

fn texts(buffer: &Buffer) -> Vec<&str> {
    buffer.entries().iter().map(|entry| entry.text.as_str()).collect()
}

/// Each entry takes as many rows as its text has letters.
fn rows(entry: &Entry, _: Option<&Entry>) -> usize {
    entry.text.len()
}

fn check(buffer: &Buffer) {
    let entries: Vec<&Entry> = buffer.entries().iter().collect();
    assert!(entries.len() <= ENTRIES_MAX + PENDING_MAX);
    let waiting = entries.iter().filter(|entry| entry.is_pending()).count();
    assert_eq!(waiting, buffer.pending_count());
    assert!(entries[entries.len() - waiting..].iter().all(|entry| entry.is_pending()), "what waits stands last");
    let mut keys: Vec<_> = entries.iter().map(|entry| entry.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), entries.len());
    let known: Vec<_> = entries.iter().filter_map(|entry| entry.msgid.clone()).collect();
    let mut unique = known.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), known.len(), "no message stands twice");
    assert_eq!(buffer.msgids.len(), known.len());
}

#[test]
fn live_messages_stand_last_even_when_clocks_step_back() {
    let mut buffer = Buffer::new(1);
    buffer.push_live(Entry::new(EntryKind::Message, "bob", "late", at(500)));
    buffer.push_live(Entry::new(EntryKind::Message, "bob", "early", at(100)));
    buffer.push_remark(EntryKind::Info, "remark", at(9_999_999));
    buffer.push_live(Entry::new(EntryKind::Message, "bob", "next", at(501)));
    assert_eq!(texts(&buffer), ["late", "early", "remark", "next"]);
}

#[test]
fn pages_fill_in_around_what_is_there() {
    let mut buffer = Buffer::new(1);
    for seq in [10, 11, 20] {
        buffer.push_live(numbered(seq));
    }
    assert_eq!(buffer.insert_page((8..16).map(numbered), Place::ByTime), 6);
    assert_eq!(texts(&buffer), ["8", "9", "10", "11", "12", "13", "14", "15", "20"]);
    let first = buffer.oldest().unwrap().key();
    assert_eq!(buffer.insert_page((3..8).map(numbered), Place::Before(first)), 5);
    assert_eq!(texts(&buffer)[..6], ["3", "4", "5", "6", "7", "8"]);
    assert_eq!(buffer.insert_page((3..8).map(numbered), Place::ByTime), 0);
}

#[test]
fn a_page_of_foreign_ids_keeps_its_order_at_equal_times() {
    let foreign = |text: &str| {
        let mut entry = Entry::new(EntryKind::Message, "bob", text, at(7));
        entry.msgid = Some(format!("x{text}").into());
        entry
    };
    let mut buffer = Buffer::new(1);
    buffer.push_live(foreign("c"));
    let first = buffer.oldest().unwrap().key();
    buffer.insert_page([foreign("a"), foreign("b")], Place::Before(first));
    assert_eq!(texts(&buffer), ["a", "b", "c"]);
}

#[test]
fn a_failed_message_stays_where_it_was_and_waits_again_at_the_end() {
    let mut buffer = Buffer::new(1);
    let key = buffer.push_pending(own("mine", "i1")).unwrap();
    buffer.push_pending(own("second", "i2"));
    buffer.set_fate(key, Fate::Failed { reason: "no".into() });
    buffer.push_live(numbered(5));
    assert_eq!(texts(&buffer), ["mine", "5", "second"]);
    assert_eq!(buffer.stuck().count(), 1);
    buffer.set_fate(key, Fate::Pending { sent: false });
    assert_eq!(texts(&buffer), ["5", "second", "mine"]);
    check(&buffer);
}

#[test]
fn what_waits_is_bounded() {
    let mut buffer = Buffer::new(1);
    for number in 0..PENDING_MAX {
        assert!(buffer.push_pending(own("x", &number.to_string())).is_some());
    }
    assert!(buffer.push_pending(own("x", "more")).is_none());
    check(&buffer);
}

#[test]
fn a_found_message_settles_an_unknown_fate() {
    let mut buffer = Buffer::new(1);
    let key = buffer.push_pending(own("mine", "i1")).unwrap();
    buffer.set_fate(key, Fate::Unknown);
    let mut found = own("mine", "other");
    (found.id, found.own, found.msgid) = (None, true, Some("m1".into()));
    assert_eq!(buffer.insert_page([found], Place::ByTime), 0);
    assert_eq!(buffer.entries().len(), 1);
    assert_eq!(buffer.entry(key).map(|entry| entry.fate.clone()), Some(Fate::Delivered));
}

#[test]
fn the_pane_follows_the_end_until_it_is_scrolled() {
    let mut buffer = Buffer::new(1);
    for text in ["a", "bb", "ccc"] {
        buffer.push_live(Entry::new(EntryKind::Message, "bob", text, at(1)));
    }
    let window = |index, row, top_near| Window { bottom: index, bottom_row: row, top_near };
    assert_eq!(buffer.settle(2, &mut rows), window(2, 2, false));
    buffer.scroll_rows(-2);
    assert_eq!(buffer.settle(2, &mut rows), window(2, 0, true));
    assert!(!buffer.follows_end());
    buffer.push_live(Entry::new(EntryKind::Message, "bob", "dddd", at(2)));
    assert_eq!(buffer.settle(2, &mut rows), window(2, 0, true), "nothing moves");
    assert_eq!(buffer.unseen(), 1);
    let first = buffer.entries()[0].key();
    buffer.insert_page([Entry::new(EntryKind::Message, "bob", "eeeee", at(0))], Place::Before(first));
    assert_eq!(buffer.settle(2, &mut rows), window(3, 0, false), "the same row, though its index has changed");
    buffer.scroll_to_top();
    assert_eq!(buffer.settle(3, &mut rows), window(0, 2, true));
    buffer.scroll_pages(1);
    assert_eq!(buffer.settle(3, &mut rows), window(0, 4, true));
    buffer.scroll_pages(100);
    assert_eq!(buffer.settle(3, &mut rows).bottom, 4);
    assert!(buffer.follows_end());
    assert_eq!(buffer.unseen(), 0);
}

#[test]
fn a_pane_that_grows_too_high_and_shrinks_again_shows_the_same() {
    let mut buffer = Buffer::new(1);
    for seq in 1..=40 {
        buffer.push_live(numbered(seq));
    }
    let mut one = |_: &Entry, _: Option<&Entry>| 1;
    buffer.settle(10, &mut one);
    buffer.scroll_rows(-20);
    let before = buffer.settle(10, &mut one);
    for height in [60, 35, 2, 60] {
        buffer.settle(height, &mut one);
    }
    assert_eq!(buffer.settle(10, &mut one), before);
}

#[test]
fn a_pane_higher_than_everything_cannot_be_scrolled() {
    let mut buffer = Buffer::new(1);
    assert!(buffer.settle(10, &mut rows).top_near);
    buffer.push_live(Entry::new(EntryKind::Message, "bob", "aa", at(1)));
    buffer.scroll_pages(-5);
    let window = buffer.settle(10, &mut rows);
    assert_eq!((window.bottom, window.bottom_row, buffer.follows_end()), (0, 1, true));
}

#[derive(Clone, Debug)]
enum Step {
    Live(u64),
    Foreign(i64, u8),
    Page(u64, u64, bool),
    Pending(u8),
    Confirm(u8, u64),
    Fate(u8, u8),
    Remark(i64),
    Gap(u8),
    Scroll(i32),
    Top,
    Bottom,
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..60u64).prop_map(Step::Live),
        2 => (0..40i64, 0..30u8).prop_map(|(time, id)| Step::Foreign(time, id)),
        3 => (0..60u64, 0..10u64, any::<bool>()).prop_map(|(from, count, older)| Step::Page(from, count, older)),
        3 => (0..6u8).prop_map(Step::Pending),
        2 => (0..6u8, 0..60u64).prop_map(|(id, seq)| Step::Confirm(id, seq)),
        2 => (0..6u8, 0..4u8).prop_map(|(id, fate)| Step::Fate(id, fate)),
        1 => (0..99i64).prop_map(Step::Remark),
        1 => (0..20u8).prop_map(Step::Gap),
        3 => (-9..9i32).prop_map(Step::Scroll),
        1 => Just(Step::Top),
        1 => Just(Step::Bottom),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    #[test]
    fn no_sequence_breaks_order_bounds_or_position(
        steps in prop::collection::vec(step(), 0..80),
        height in 0..12usize,
    ) {
        let mut buffer = Buffer::new(3);
        for step in steps {
            let before = buffer.settle(height, &mut rows);
            let shown = buffer.entries().get(before.bottom).map(Entry::key);
            let was_following = buffer.follows_end();
            let is_insertion = matches!(step, Step::Live(_) | Step::Foreign(..) | Step::Page(..) | Step::Remark(_) | Step::Gap(_));
            match step {
                Step::Live(seq) => { buffer.push_live(numbered(seq)); }
                Step::Foreign(time, id) => {
                    let mut entry = Entry::new(EntryKind::Message, "cleo", "foreign", at(time));
                    entry.msgid = Some(format!("f{id}").into());
                    buffer.push_live(entry);
                }
                Step::Page(from, count, older) => {
                    let place = match buffer.oldest().map(Entry::key) {
                        Some(key) if older => Place::Before(key),
                        _ => Place::ByTime,
                    };
                    buffer.insert_page((from..from + count).map(numbered), place);
                }
                Step::Pending(id) => { buffer.push_pending(own("mine", &id.to_string())); }
                Step::Confirm(id, seq) => {
                    buffer.confirm(&id.to_string(), numbered(seq).msgid, at(seq as i64 / 2));
                }
                Step::Fate(id, fate) => {
                    let id = id.to_string();
                    let key = buffer.entries().iter().find(|entry| entry.id.as_deref() == Some(&id) && entry.fate != Fate::Delivered);
                    if let Some(key) = key.map(Entry::key) {
                        buffer.set_fate(key, match fate {
                            0 => Fate::Pending { sent: true },
                            1 => Fate::Unknown,
                            2 => Fate::Delivered,
                            _ => Fate::Failed { reason: "no".into() },
                        });
                    }
                }
                Step::Remark(time) => { buffer.push_remark(EntryKind::Info, "remark", at(time)); }
                Step::Gap(index) => {
                    if let Some(key) = buffer.entries().get(usize::from(index)).map(Entry::key) {
                        buffer.mark_gap(key, "gap");
                    }
                }
                Step::Scroll(rows) => buffer.scroll_rows(rows),
                Step::Top => buffer.scroll_to_top(),
                Step::Bottom => buffer.scroll_to_end(),
                Step::Clear => buffer.clear(),
            }
            check(&buffer);
            let after = buffer.settle(height, &mut rows);
            prop_assert!(after.bottom < buffer.entries().len().max(1));
            if let Some(entry) = buffer.entries().get(after.bottom) {
                prop_assert!(after.bottom_row < rows(entry, None).max(1));
            }
            if is_insertion && !was_following {
                prop_assert_eq!(buffer.entries().get(after.bottom).map(Entry::key), shown, "nothing jumps");
            }
        }
    }

    #[test]
    fn pages_and_live_messages_end_in_the_servers_order(
        parts in prop::collection::vec((0..50u64, 1..12u64), 1..12),
        live_from in 40..60u64,
    ) {
        let mut buffer = Buffer::new(1);
        for (from, count) in parts {
            buffer.insert_page((from..from + count).map(numbered), Place::ByTime);
        }
        for seq in live_from.max(60)..live_from.max(60) + 3 {
            buffer.push_live(numbered(seq));
        }
        let order: Vec<u64> = texts(&buffer).iter().map(|text| text.parse().unwrap()).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        sorted.dedup();
        prop_assert_eq!(order, sorted);
    }
}
