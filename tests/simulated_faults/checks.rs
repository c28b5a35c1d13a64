//! What must hold, noted as people see it and compared with the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use chat_tui::chat::event::{Event, Record, Seq};
use chat_tui::proto::names::MsgId;

use crate::disk::Disk;

/// The channel that nobody leaves: what a connection saw of it has no gap.
pub const HOME: &str = "#general";

/// What all people have seen.
pub struct Checks {
    seen: Mutex<Seen>,
    /// Whether everything is printed.
    is_traced: bool,
}

#[derive(Default)]
struct Seen {
    /// By person and number of the connection: the messages of [`HOME`] as they came, and whether it was sent again.
    home: BTreeMap<(String, u32), Vec<(Seq, bool)>>,
    /// By person, connection and target: the last message.
    last: BTreeMap<(String, u32, String), Seq>,
    /// Pages of [`HOME`], and how many messages were asked for.
    pages: Vec<(Vec<Seq>, usize)>,
    /// What was acknowledged: by author and id.
    acknowledged: BTreeMap<(String, String), Seq>,
    /// A number that stands for everything that anybody saw, and when.
    digest: u64,
}

/// A message as somebody received it.
pub struct Received<'a> {
    /// Who received it.
    pub by: &'a str,
    /// On which of their connections.
    pub connection: u32,
    /// Where it was said.
    pub target: &'a str,
    /// By whom.
    pub author: &'a str,
    /// Its number.
    pub seq: Seq,
    /// Its text.
    pub text: &'a str,
    /// The receiver's own id of it.
    pub own_id: Option<&'a str>,
    /// Whether the receiver has sent it more than once.
    pub is_again: bool,
}

impl Checks {
    /// Nothing was seen yet.
    pub fn new(is_traced: bool) -> Self {
        Self { seen: Mutex::default(), is_traced }
    }

    /// A line came to somebody (or left them) at some moment.
    pub fn line(&self, by: &str, line: &str, millis: u128) {
        if self.is_traced {
            println!("{millis:>8} {by} {line}");
        }
        let mut seen = self.seen.lock().unwrap();
        for byte in by.bytes().chain(line.bytes()).chain(millis.to_be_bytes()) {
            seen.digest = (seen.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// A message came to somebody: it is on disk, and it comes behind those that came before.
    pub fn message(&self, received: &Received<'_>, disk: &Disk) {
        let Received { by, connection, target, author, seq, text, own_id, is_again } = *received;
        let record = disk.event(seq).unwrap_or_else(|| panic!("{by} was told of {seq}, which is not on disk: {text}"));
        let Event::Message { text: stored, .. } = &record.event else { panic!("{seq} is no message: {record:?}") };
        assert_eq!((stored.as_str(), record.author.name.as_str()), (text, author), "what {by} was told of {seq}");
        let mut seen = self.seen.lock().unwrap();
        if let Some(id) = own_id {
            assert_eq!(record.idempotency_id.as_deref(), Some(id), "the echo of {by}");
            let before = seen.acknowledged.insert((by.to_owned(), id.to_owned()), seq);
            assert!(before.is_none_or(|before| before == seq), "{by} {id} is {before:?} and {seq}");
        }
        let last = seen.last.entry((by.to_owned(), connection, target.to_owned())).or_default();
        // The echo of a repetition shows the first one, however old it is.
        if own_id.is_some() && seq <= *last {
            return;
        }
        assert!(seq > *last, "{by} sees {seq} of {target} behind {last}");
        *last = seq;
        if target == HOME {
            seen.home.entry((by.to_owned(), connection)).or_default().push((seq, is_again));
        }
    }

    /// A page of [`HOME`] came.
    pub fn page(&self, messages: Vec<Seq>, limit: usize) {
        self.seen.lock().unwrap().pages.push((messages, limit));
    }

    /// At the end: everything that was seen is what the record says.
    pub fn end(&self, disk: &Disk) {
        let seen = self.seen.lock().unwrap();
        let home: Vec<Seq> = disk.messages(HOME).into_iter().map(|(seq, _)| seq).collect();
        for ((by, connection), messages) in &seen.home {
            // Echoes of repetitions may come first: they show messages from before this connection.
            let messages: Vec<Seq> =
                messages.iter().skip_while(|(_, is_again)| *is_again).map(|(seq, _)| *seq).collect();
            if messages.is_empty() {
                continue;
            }
            let first = home.iter().position(|seq| Some(seq) == messages.first()).expect("it is on disk");
            let same = messages.iter().eq(home[first..].iter().take(messages.len()));
            assert!(same, "{by}, connection {connection}: {messages:?} is not a run of {home:?}");
        }
        for (page, limit) in &seen.pages {
            let run = match page.first() {
                Some(first) => {
                    let at = home.iter().position(|seq| seq == first).expect("it is on disk");
                    assert!(page.len() == *limit || at == 0, "a page of {} instead of {limit}: {page:?}", page.len());
                    home[at..].iter().take(page.len()).eq(page)
                }
                None => true,
            };
            assert!(run, "the page {page:?} is not a run of {home:?}");
        }
        let mut ids = BTreeSet::new();
        for record in disk.record.records() {
            let Some(id) = &record.idempotency_id else { continue };
            assert!(ids.insert((record.author.account, record.place, id)), "stored twice: {record:?}");
        }
        for ((by, id), seq) in &seen.acknowledged {
            let is_there = |record: &Record| record.author.name == *by && record.idempotency_id.as_ref() == Some(id);
            assert!(disk.event(*seq).is_some_and(is_there), "{by} {id} was acknowledged and is gone");
        }
    }

    /// Which message of somebody's was acknowledged as what.
    pub fn acknowledged(&self, by: &str, id: &str) -> Option<Seq> {
        self.seen.lock().unwrap().acknowledged.get(&(by.to_owned(), id.to_owned())).copied()
    }

    /// A number that stands for everything that anybody saw, and when.
    pub fn digest(&self) -> u64 {
        self.seen.lock().unwrap().digest
    }
}

/// The number of a message by its id.
pub fn seq_of(msgid: &str) -> Seq {
    Seq(MsgId::parse(msgid).expect("an id of this server").seq())
}
