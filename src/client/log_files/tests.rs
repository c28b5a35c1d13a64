//! Pages of a log, whatever its times are, and what goes wrong with files.

use proptest::prelude::*;
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::client::entry::EntryKind;
use crate::proto::time::Timestamp;

fn log() -> Arc<LogName> {
    let (server, account, target) = ("irc://chat.example:6667".into(), "ann".into(), "#tea/../x".into());
    Arc::new(LogName { server, account, target })
}

fn said(millis: i64, text: &str) -> LogLine {
    let time = Timestamp::from_millis(1_700_000_000_000 + millis);
    LogLine { time, kind: EntryKind::Message, author: "bob".into(), text: text.into() }
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
