//! Pages of history against the naive model, every range with every bound.

use super::model::{Model, every_kind, message, record};
use super::stage::Stage;
use crate::chat::event::{AccountId, ChannelId, Event, Place, Seq};
use crate::chat::ports::{Bound, Extras, PageQuery, PageRange, PlaybackQuery, TargetsQuery};
use crate::proto::time::Timestamp;

/// Nothing but messages, everything, and something between.
const EXTRAS: [Extras; 3] = [
    Extras { events: false, tagged: false, redactions: false },
    Extras { events: false, tagged: true, redactions: false },
    Extras::ALL,
];

/// A channel and a direct conversation whose messages interleave with other events, three events a moment.
async fn fill(stage: &Stage) -> Model {
    stage.prepare().await;
    let mut model = Model::prepared();
    model.records.extend(every_kind());
    let next = model.records.last().unwrap().seq.0 + 1;
    for (seq, turn) in (next..).zip(0..100) {
        let (place, event) = match turn % 5 {
            0 | 1 => (Place::Channel(ChannelId(1)), message(&format!("message {turn}"))),
            2 => (Place::Channel(ChannelId(1)), Event::TopicSet { topic: format!("sujet {turn}") }),
            3 => (Place::direct(AccountId(2), AccountId(3)), message(&format!("à part {turn}"))),
            _ => (Place::Channel(ChannelId(2)), message(&format!("ailleurs {turn}"))),
        };
        // A hole now and then: numbers of duplicates stay unused.
        model.records.push(record(seq + turn / 7, place, 2, event));
    }
    stage.store.commit(&model.records[1..]).await.unwrap();
    model
}

pub async fn every_range_gives_what_the_model_gives(stage: &mut Stage) {
    let model = fill(stage).await;
    let first = model.records[0].time;
    let last = model.records.last().unwrap();
    let mut bounds = vec![
        Bound::Seq(Seq(0)),
        Bound::Seq(Seq(u64::MAX)),
        Bound::Time(Timestamp::from_millis(i64::MIN)),
        Bound::Time(Timestamp::from_millis(i64::MAX)),
        Bound::Time(first.plus_millis(-1)),
        Bound::Time(last.time.plus_millis(1)),
    ];
    bounds.extend((1..=last.seq.0 + 1).step_by(7).map(|seq| Bound::Seq(Seq(seq))));
    let moments = model.records.iter().step_by(11).map(|record| record.time);
    bounds.extend(moments.flat_map(|time| [Bound::Time(time), Bound::Time(time.plus_millis(1))]));
    let mut ranges = vec![PageRange::Latest(None)];
    for one in &bounds {
        ranges.extend([PageRange::Before(*one), PageRange::After(*one), PageRange::Latest(Some(*one))]);
        ranges.push(PageRange::Around(*one));
        ranges.extend(bounds.iter().step_by(3).map(|other| PageRange::Between(*one, *other)));
    }
    let places = [Place::Channel(ChannelId(1)), Place::direct(AccountId(3), AccountId(2)), Place::Unlisted];
    for (at, range) in ranges.iter().enumerate() {
        for place in places {
            for extras in EXTRAS {
                let limit = [0, 1, 4, 5, 40, 100][at % 6];
                let query = PageQuery { place, range: *range, limit, extras };
                assert_eq!(stage.store.page(query).await.unwrap(), model.page(&query), "{query:?}");
            }
        }
    }
    let nowhere = Place::direct(AccountId(3), AccountId(5));
    let query = PageQuery { place: nowhere, range: PageRange::Latest(None), limit: 9, extras: Extras::ALL };
    assert_eq!(stage.store.page(query).await.unwrap(), []);
}

pub async fn targets_are_those_of_the_model(stage: &mut Stage) {
    let model = fill(stage).await;
    let all = Timestamp::from_millis(i64::MIN)..Timestamp::from_millis(i64::MAX);
    let last = model.records.last().unwrap().time;
    let channels = [Place::Channel(ChannelId(1)), Place::Channel(ChannelId(2)), Place::Channel(ChannelId(1))];
    for account in [1, 2, 3, 4] {
        for (after, before) in [
            (all.start, all.end),
            (all.start, last),
            (last.plus_millis(-1), all.end),
            (last.plus_millis(-20_000), last),
            (last, last),
        ] {
            for (limit, channels) in [(0, &[][..]), (2, &channels[..]), (100, &[][..]), (100, &channels[..])] {
                let channels = channels.to_vec();
                let query = TargetsQuery { account: AccountId(account), channels, after, before, limit };
                assert_eq!(stage.store.targets(&query).await.unwrap(), model.targets(&query), "{query:?}");
            }
        }
    }
}

pub async fn a_playback_is_the_last_pages_of_several(stage: &mut Stage) {
    let model = fill(stage).await;
    let last = model.records.last().unwrap().seq;
    let channel = |number| Place::Channel(ChannelId(number));
    let direct = Place::direct(AccountId(2), AccountId(3));
    let middle = Seq(last.0 / 2);
    let times = (model.records[10].time, model.records.last().unwrap().time);
    for (account, after, before) in [
        (None, Bound::Seq(Seq(0)), Bound::Seq(last.next())),
        (Some(AccountId(3)), Bound::Seq(Seq(0)), Bound::Seq(last.next())),
        (Some(AccountId(2)), Bound::Seq(middle), Bound::Seq(last)),
        (Some(AccountId(5)), Bound::Time(times.0), Bound::Time(times.1)),
    ] {
        for (limit, limit_in_all) in [(0, 10), (2, 1_000), (1_000, 1_000), (5, 7)] {
            let places = vec![channel(2), channel(1)];
            let query = PlaybackQuery { places: places.clone(), account, after, before, limit, limit_in_all };
            let has_direct = account.is_some_and(|account| account.0 == 2 || account.0 == 3);
            let (mut wanted, mut room) = (Vec::new(), limit_in_all);
            for place in places.into_iter().chain(has_direct.then_some(direct)) {
                let (range, limit) = (PageRange::Between(before, after), limit.min(room));
                let page = model.page(&PageQuery { place, range, limit, extras: Extras::default() });
                room -= page.len() as u32;
                wanted.extend((!page.is_empty()).then_some((place, page)));
            }
            assert_eq!(stage.store.playback(&query).await.unwrap(), wanted, "{query:?}");
        }
    }
}
