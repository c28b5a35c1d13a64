//! Pages of a log, whatever its times are, and what goes wrong with files.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use tokio::sync::mpsc::Receiver;

use super::file::file_name;
use super::*;
use crate::client::entry::EntryKind;
use crate::client::logbook::LogPage;
use crate::proto::time::Timestamp;

fn log() -> Arc<LogName> {
    let (server, account, target) = ("irc://chat.example:6667".into(), "ann".into(), "#tea/../x".into());
    Arc::new(LogName { server, account, target })
}

fn said(millis: i64, text: &str) -> LogLine {
    let time = Timestamp::from_millis(1_700_000_000_000 + millis);
    LogLine { time, kind: EntryKind::Message, author: "bob".into(), text: text.into(), withdrawn_by: None }
}

fn written(line: &LogLine) -> String {
    let mut out = String::new();
    line.write(&mut out);
    out
}

fn question(stretch: Stretch, is_from_above: bool, limit: usize) -> LogQuestion {
    LogQuestion { conversation: 1, log: log(), stretch, is_from_above, limit }
}

fn page(path: &Path, stretch: Stretch, is_from_above: bool, limit: usize) -> LogPage {
    read(path, &question(stretch, is_from_above, limit)).unwrap()
}

fn texts(page: &LogPage) -> Vec<&str> {
    page.lines.iter().map(|(_, line)| &*line.text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Clocks step back, many things are said in one moment, some lines are none of ours: pages from either side are the whole
    /// log, each line once and in its place, and are at an end exactly when nothing is left.
    #[test]
    fn pages_from_either_side_are_the_log(
        times in prop::collection::vec(0..6i64, 0..150),
        lengths in prop::collection::vec(0..2_500usize, 150),
        garbage in prop::collection::vec(0..150usize, 0..4),
        steps in prop::collection::vec((any::<bool>(), 1..40usize), 1..20),
    ) {
        let root = tempfile::tempdir().unwrap();
        let path = path_of(root.path(), &log());
        prop_assert!(path.starts_with(root.path()) && !path.components().any(|part| part == std::path::Component::ParentDir));
        let mut all = Vec::new();
        for (number, millis) in times.iter().enumerate() {
            if garbage.contains(&number) {
                keep(&path, "garbage\n\u{1}\tmessage\ta\tb\n").unwrap();
            }
            // The same words again and again.
            let line = said(*millis, &"x".repeat(lengths[number] / 50 * 50));
            let text = written(&line);
            let from = keep(&path, &text).unwrap();
            all.push((Stretch { from, to: from + text.len() as u64 }, line));
        }
        let (mut missing, mut upper, mut lower) = (Stretch::ALL, Vec::new(), Vec::new());
        for (is_from_above, limit) in steps.iter().cycle() {
            if missing.is_empty() {
                break;
            }
            let page = page(&path, missing, *is_from_above, *limit);
            prop_assert!(page.lines.len() <= *limit);
            let rest = missing.without(page.covered);
            prop_assert!(rest.is_some_and(|rest| rest != missing), "each page leads on");
            missing = rest.unwrap();
            if *is_from_above {
                upper.extend(page.lines);
            } else {
                lower.splice(0..0, page.lines);
            }
        }
        upper.extend(lower);
        prop_assert_eq!(upper, all);
    }

    #[test]
    fn no_name_leads_out_of_its_directory(name in any::<String>()) {
        let file = file_name(&name);
        prop_assert!(!file.is_empty() && !file.contains('/') && !file.starts_with('.'), "{}", file);
    }
}

#[test]
fn a_page_is_bounded_in_bytes_and_what_is_too_long_is_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let long = said(1, &"x".repeat(300_000));
    for _ in 0..10 {
        keep(&path, &written(&long)).unwrap();
    }
    keep(&path, &format!("{}\n", "y".repeat(3_000_000))).unwrap();
    keep(&path, &written(&said(2, "last"))).unwrap();
    for is_from_above in [true, false] {
        let (mut missing, mut count) = (Stretch::ALL, 0);
        while !missing.is_empty() {
            let page = page(&path, missing, is_from_above, 1_000);
            assert!(page.lines.len() < 6);
            count += page.lines.len();
            missing = missing.without(page.covered).unwrap();
        }
        assert_eq!(count, 11);
    }
}

#[test]
fn a_line_that_was_cut_spoils_no_other() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    keep(&path, &written(&said(1, "one"))).unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"\xff\xfe2023-").unwrap();
    assert_eq!(texts(&page(&path, Stretch::ALL, false, 10)), ["one"]);
    keep(&path, &written(&said(2, "two"))).unwrap();
    let all = page(&path, Stretch::ALL, false, 10);
    assert_eq!((texts(&all), all.covered), (vec!["one", "two"], Stretch::ALL));
}

#[test]
fn a_log_that_grows_meanwhile_keeps_its_places_and_one_that_was_cut_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    for number in 0..10 {
        keep(&path, &written(&said(number, &number.to_string()))).unwrap();
    }
    let last = page(&path, Stretch::ALL, false, 3);
    assert_eq!(texts(&last), ["7", "8", "9"]);
    keep(&path, &written(&said(5, "of another program"))).unwrap();
    let missing = Stretch::ALL.without(last.covered).unwrap();
    assert_eq!(texts(&page(&path, missing, false, 3)), ["4", "5", "6"]);
    let of = |is_from_above| read(&path, &question(missing, is_from_above, 3));
    OpenOptions::new().write(true).open(&path).unwrap().set_len(missing.to - 5).unwrap();
    assert_eq!((of(true), of(false)), (Err(LogFault::Changed), Err(LogFault::Changed)));
    // Another file, as long, whose lines begin elsewhere.
    std::fs::write(&path, "z".repeat(2_000)).unwrap();
    assert_eq!(of(false), Err(LogFault::Changed));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(of(false), Err(LogFault::Changed));
}

#[test]
fn what_was_withdrawn_is_written_over_and_nothing_else_is() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut places = Vec::new();
    for text in ["one", "a secret\nof two lines", "three"] {
        let line = written(&said(1, text));
        let from = keep(&path, &line).unwrap();
        places.push(Stretch { from, to: from + line.len() as u64 });
    }
    let before = std::fs::read_to_string(&path).unwrap();
    // A place where no line begins, or none ends, or beyond the end.
    for (from, to) in [(1, places[0].to), (0, places[0].to - 1), (0, places[1].to), (places[2].from, u64::MAX)] {
        strike(&path, Stretch { from, to }, "ann").unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    for by in ["ann", "another"] {
        strike(&path, places[1], by).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.len() == before.len() && !text.contains("secret"), "{text}");
    let page = page(&path, Stretch::ALL, false, 10);
    assert_eq!(texts(&page), ["one", "", "three"]);
    assert_eq!(page.lines[1].1.withdrawn_by.as_deref(), Some("ann"));
    assert_eq!(page.lines.iter().map(|(place, _)| *place).collect::<Vec<_>>(), places);
}

#[test]
fn a_log_that_is_not_there_is_read_to_its_end_and_one_that_cannot_be_read_is_not() {
    let root = tempfile::tempdir().unwrap();
    let nothing = page(&root.path().join("none"), Stretch::ALL, false, 10);
    assert_eq!((nothing.lines.len(), nothing.covered), (0, Stretch::ALL));
    // A directory can be opened and not be read.
    assert!(matches!(read(root.path(), &question(Stretch::ALL, false, 10)), Err(LogFault::Unreadable(_))));
}

async fn next(told: &mut Receiver<Event>) -> Event {
    tokio::time::timeout(20 * GATHER_TIME, told.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_flood_is_kept_whole_and_read_behind_the_word_where_it_stands() {
    let root = tempfile::tempdir().unwrap();
    let (events, mut told) = mpsc::channel(64);
    let mut logs = LogFiles::new(root.path().to_owned(), events);
    for number in 0..30_000 {
        logs.keep(log(), 1, EntryKey(number), &said(0, &format!("text {number}"))).unwrap();
    }
    logs.read(question(Stretch::ALL, false, 3));
    let mut places = Vec::new();
    let page = loop {
        match next(&mut told).await {
            Event::Logged { conversation: 1, lines } => places.extend(lines),
            Event::LogPage { conversation: 1, page } => break page.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(texts(&page), ["text 29997", "text 29998", "text 29999"]);
    assert_eq!(places.len(), 30_000);
    assert!(places.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1.to == pair[1].1.from));
    assert_eq!(page.lines[2].0, places[29_999].1);
    logs.keep(log(), 1, EntryKey(30_000), &said(0, "the last")).unwrap();
    drop(told);
    logs.close().await;
    let text = std::fs::read_to_string(path_of(root.path(), &log())).unwrap();
    assert_eq!(text.lines().count(), 30_001);
}

#[tokio::test]
async fn lines_are_written_also_when_nobody_waits_for_them() {
    let root = tempfile::tempdir().unwrap();
    let (events, mut told) = mpsc::channel(64);
    let mut logs = LogFiles::new(root.path().to_owned(), events);
    for number in 0..3 {
        logs.keep(log(), 1, EntryKey(number), &said(0, "text")).unwrap();
    }
    assert!(matches!(next(&mut told).await, Event::Logged { lines, .. } if lines.len() == 3));
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_once() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("file");
    std::fs::write(&directory, "").unwrap();
    let (events, mut told) = mpsc::channel(64);
    let mut logs = LogFiles::new(directory, events);
    logs.queue.waiting.lock().unwrap().bytes = WAITING_BYTES_MAX;
    assert_eq!(logs.keep(log(), 1, EntryKey(1), &said(0, "one")), Err(LogFault::TooSlow));
    assert_eq!(logs.keep(log(), 1, EntryKey(2), &said(0, "two")), Ok(()));
    for number in 3..6 {
        logs.queue.waiting.lock().unwrap().bytes = 0;
        logs.keep(log(), 1, EntryKey(number), &said(0, "three")).unwrap();
        logs.read(question(Stretch::ALL, false, 1));
    }
    let mut failures = 0;
    for _ in 0..4 {
        failures += usize::from(matches!(next(&mut told).await, Event::LogFailed(LogFault::Unwritable(_))));
    }
    assert_eq!(failures, 1);
}

/// What one of two clients is told of its own lines.
async fn told(told: &mut Receiver<Event>, count: usize) -> Vec<(EntryKey, Stretch)> {
    let mut places = Vec::new();
    while places.len() < count {
        match next(told).await {
            Event::Logged { lines, .. } => places.extend(lines),
            other => panic!("{other:?}"),
        }
    }
    places
}

#[tokio::test]
async fn what_two_clients_hear_stands_there_once() {
    let root = tempfile::tempdir().unwrap();
    let path = path_of(root.path(), &log());
    let start = || {
        let (events, told) = mpsc::channel(64);
        (LogFiles::new(root.path().to_owned(), events), told)
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64 + 10_000;
    let heard = |at: i64, text: &str| LogLine { time: Timestamp::from_millis(now + at), ..said(0, text) };
    // Of an earlier run: the same words, not long ago.
    keep(&path, &written(&heard(-20_000, "ok"))).unwrap();
    let ((mut one, mut one_told), (mut other, mut other_told)) = (start(), start());
    // Each has its own clock, the line of one of them is slow, and some are heard by one of them only.
    let hears = |files: &mut LogFiles, lines: &[(i64, &str)]| {
        for (number, (at, text)) in (0..).zip(lines) {
            files.keep(log(), 1, EntryKey(number), &heard(*at, text)).unwrap();
        }
    };
    hears(&mut one, &[(1, "ok"), (2, "ok"), (3, "two"), (4, "three")]);
    let places = told(&mut one_told, 4).await;
    hears(&mut other, &[(101, "ok"), (102, "ok"), (103, "only here"), (104, "two"), (105, "ok")]);
    let others = told(&mut other_told, 5).await;
    let text = || std::fs::read_to_string(&path).unwrap();
    let all = |text: String| text.lines().map(|line| LogLine::parse(line).unwrap().text).collect::<Vec<_>>();
    assert_eq!(all(text()), ["ok", "ok", "ok", "two", "three", "only here", "ok"]);
    let place_of = |list: &[(EntryKey, Stretch)], key: u64| list.iter().find(|(known, _)| known.0 == key).unwrap().1;
    for (key, same) in [(0, 0), (1, 1), (3, 2)] {
        assert_eq!(place_of(&others, key), place_of(&places, same));
    }
    for (key, wanted) in [(2, "only here"), (4, "ok")] {
        let Stretch { from, to } = place_of(&others, key);
        assert!(text()[from as usize..to as usize].ends_with(&format!("{wanted}\n")));
    }
    // The first one hears, later, what the other one has written; what is said again is said again.
    hears(&mut one, &[(5, "only here"), (6, "ok"), (7, "ok")]);
    told(&mut one_told, 3).await;
    assert_eq!(all(text())[5..], ["only here", "ok", "ok"]);
    // One of them ends: the other one goes on alone.
    one.close().await;
    hears(&mut other, &[(106, "three"), (107, "ok"), (200_000, "three")]);
    told(&mut other_told, 3).await;
    assert_eq!(all(text()).len(), 9, "{}", text());
    assert_eq!(all(text()).last().map(String::as_str), Some("three"));
    other.close().await;
}

#[tokio::test]
async fn two_clients_in_a_flood_write_it_once() {
    const COUNT: u64 = 5_000;
    let root = tempfile::tempdir().unwrap();
    let path = path_of(root.path(), &log());
    let client = || {
        let (events, mut told_of) = mpsc::channel(64);
        let mut files = LogFiles::new(root.path().to_owned(), events);
        async move {
            for number in 0..COUNT {
                // Some say the same again and again.
                let text = format!("text {}", number % 7);
                let time = Timestamp::from_millis(4_000_000_000_000 + number as i64 / 10);
                files.keep(log(), 1, EntryKey(number), &LogLine { time, ..said(0, &text) }).unwrap();
                if number % 500 == 0 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            let places = told(&mut told_of, COUNT as usize).await;
            files.close().await;
            places
        }
    };
    let (one, other) = tokio::join!(client(), client());
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), COUNT as usize);
    assert_eq!(one.len(), other.len());
    for places in [one, other] {
        let places: std::collections::HashSet<_> = places.into_iter().map(|(_, place)| place.from).collect();
        assert_eq!(places.len(), COUNT as usize, "each line has a place of its own");
    }
}
