//! What is kept in memory against a record that keeps everything: a page from memory is the record's page or none.

mod common;

use chat_tui::chat::event::{AccountId, Author, AuthorKind, ChannelId, Event, MessageKind, Place, Rank, Record, Seq};
use chat_tui::chat::ports::{Bound, ConnId, Extras, PageQuery, PageRange};
use chat_tui::chat::recent::{CONVERSATIONS_MAX, EVENTS_MAX, Recent};
use chat_tui::proto::names::ChannelName;
use chat_tui::proto::time::Timestamp;
use common::record::MemoryRecord;
use proptest::prelude::*;

const PLACE: Place = Place::Channel(ChannelId(1));

fn author() -> Author {
    let address = "127.0.0.1".to_owned();
    Author {
        kind: AuthorKind::Account,
        account: Some(AccountId(2)),
        name: "ann".to_owned(),
        operator: None,
        address,
        port: 1,
    }
}

/// Events of one channel, several at the same time; the kind of each is chosen by its letter.
fn records(kinds: &[u8]) -> Vec<Record> {
    let founded =
        Event::ChannelFounded { channel: ChannelId(1), name: ChannelName::new("#tea").unwrap(), founder: None };
    let event = |kind: &u8, seq: u64| match kind {
        0 => Event::Joined { rank: Rank::MEMBER },
        4 => Event::Tagged,
        // Any earlier event may be withdrawn.
        5 => Event::Redacted { seq: Seq((seq - 1).saturating_sub(3)), reason: String::new() },
        6 => Event::Redacted { seq: Seq(seq / 2), reason: String::new() },
        1 => Event::TopicSet { topic: "tea".to_owned() },
        _ => Event::Message { kind: MessageKind::Privmsg, text: "hi".to_owned() },
    };
    let events = std::iter::once(founded).chain(kinds.iter().zip(2..).map(|(kind, seq)| event(kind, seq)));
    let record = |(event, seq): (Event, u64)| Record {
        seq: Seq(seq),
        time: Timestamp::from_millis(1_000 + i64::try_from(seq / 3).unwrap()),
        author: author(),
        place: PLACE,
        target: "#tea".to_owned(),
        idempotency_id: None,
        tags: String::new(),
        event,
    };
    events.zip(1..).map(record).collect()
}

fn bound(last: u64) -> impl Strategy<Value = Bound> {
    prop_oneof![
        (0..last + 2).prop_map(|seq| Bound::Seq(Seq(seq))),
        (0..last + 2).prop_map(|seq| Bound::Time(Timestamp::from_millis(1_000 + i64::try_from(seq / 3).unwrap()))),
    ]
}

fn range(last: u64) -> impl Strategy<Value = PageRange> {
    prop_oneof![
        bound(last).prop_map(PageRange::Before),
        bound(last).prop_map(PageRange::After),
        Just(PageRange::Latest(None)),
        bound(last).prop_map(|bound| PageRange::Latest(Some(bound))),
        bound(last).prop_map(PageRange::Around),
        (bound(last), bound(last)).prop_map(|(from, to)| PageRange::Between(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_from_memory_is_the_page_of_the_record(
        kinds in prop::collection::vec(0..7u8, 1..3 * EVENTS_MAX),
        knows_founding: bool,
        extras: (bool, bool, bool),
        limit in 1..60u32,
        range in range(3 * EVENTS_MAX as u64),
    ) {
        let records = records(&kinds);
        let (mut recent, mut record) = (Recent::default(), MemoryRecord::new("serveur"));
        for (place, one) in records.iter().enumerate() {
            record.commit(one);
            if place > 0 || knows_founding {
                recent.keep(one);
            }
        }
        let committed = records.last().map_or(Seq(0), |last| last.seq);
        let query = PageQuery { place: PLACE, range, limit, extras: Extras { events: extras.0, tagged: extras.1, redactions: extras.2 } };
        let page = recent.page(&query, committed);
        if knows_founding && kinds.len() <= EVENTS_MAX {
            prop_assert!(page.is_some(), "everything is in memory");
        }
        if let Some(page) = page {
            prop_assert_eq!(page, record.page(query));
        }
    }
}

#[test]
fn what_is_not_committed_is_in_no_page() {
    let records = records(&[2, 2, 2]);
    let mut recent = Recent::default();
    records.iter().for_each(|record| recent.keep(record));
    let query = PageQuery { place: PLACE, range: PageRange::Latest(None), limit: 10, extras: Extras::default() };
    let page = recent.page(&query, Seq(3)).unwrap();
    assert_eq!(page.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(2), Seq(3)]);
    // A repetition was never said.
    recent.forget(PLACE, Seq(3));
    assert_eq!(recent.page(&query, Seq(4)).unwrap().len(), 2);
}

#[test]
fn of_too_many_conversations_the_most_silent_ones_are_forgotten() {
    let said = |place, seq| {
        let event = Event::Message { kind: MessageKind::Privmsg, text: "hi".to_owned() };
        Record { seq: Seq(seq), place, event, ..records(&[2]).remove(1) }
    };
    let place = |number| Place::Channel(ChannelId(number));
    let mut recent = Recent::default();
    let all = CONVERSATIONS_MAX as u64;
    (1..=all).for_each(|number| recent.keep(&said(place(number), number)));
    let is_kept = |recent: &Recent, number| {
        let query =
            PageQuery { place: place(number), range: PageRange::Latest(None), limit: 1, extras: Extras::default() };
        recent.page(&query, Seq(u64::MAX)).is_some()
    };
    assert!((1..=all).all(|number| is_kept(&recent, number)));
    // The first one is talked in again, and then there is one too many.
    recent.keep(&said(place(1), all + 1));
    recent.keep(&said(place(all + 1), all + 2));
    assert!(is_kept(&recent, 1) && is_kept(&recent, all + 1) && !is_kept(&recent, 2));
    let kept: Vec<u64> = (2..=all).filter(|number| is_kept(&recent, *number)).collect();
    assert!(kept.len() > CONVERSATIONS_MAX / 2 && kept.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{kept:?}");
    assert_eq!(kept.last(), Some(&all));
}

#[test]
fn what_is_said_with_a_guest_is_kept_within_bounds_and_goes_with_it() {
    let (guest, ann) = (ConnId(7), AccountId(2));
    let mut recent = Recent::default();
    let kinds = vec![2; EVENTS_MAX + 2];
    let said = records(&kinds).into_iter().map(|record| Record { place: Place::Unlisted, ..record });
    let said: Vec<Record> = said.filter(|record| matches!(record.event, Event::Message { .. })).collect();
    said.iter().for_each(|record| recent.keep_with_guest(guest, ann, record));
    let range = PageRange::Latest(None);
    let query = PageQuery { place: Place::Unlisted, range, limit: 1_000, extras: Extras::default() };
    let kept = |recent: &Recent, guest, account| recent.page_with_guest(guest, account, &query).len();
    assert_eq!(kept(&recent, guest, ann), EVENTS_MAX);
    assert_eq!(kept(&recent, guest, AccountId(3)), 0, "nobody else's");
    assert_eq!(kept(&recent, ConnId(8), ann), 0, "no other guest's");
    assert_eq!(recent.guests_of(ann).iter().map(|(guest, _)| *guest).collect::<Vec<_>>(), [guest]);
    // A repetition was never said.
    let last = said.last().unwrap().seq;
    recent.forget(Place::Unlisted, last);
    assert_eq!(kept(&recent, guest, ann), EVENTS_MAX - 1);
    recent.forget_guest(guest);
    assert_eq!(kept(&recent, guest, ann), 0);
}
