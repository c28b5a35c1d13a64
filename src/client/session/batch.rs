//! Open batches: pages of history are gathered until they are whole; of other batches only the label matters.
//!
//! Specification: IRCv3 `batch`, `labeled-response`, `draft/chathistory`.

use super::fact::{Annotated, Incoming, LinePlace, Page};
use crate::proto::history;
use crate::proto::multiline::Part;
use crate::proto::time::Timestamp;

/// How many batches may be open at once; lines of a further one are handled as if they stood alone.
const OPEN_MAX: usize = 32;
/// How many messages of one page are kept; further ones are dropped and come with the next page.
const PAGE_MESSAGES_MAX: usize = 2_000;
/// How many bytes of one message of several lines are kept; its further lines are dropped.
const MULTILINE_BYTES_MAX: usize = 128 * 1024;

/// What an open batch gathers.
#[derive(Debug)]
enum Kind {
    /// A page of history.
    Page(Page),
    /// Conversations.
    Targets(Vec<(String, Timestamp)>),
    /// What a search has found.
    Found(Vec<Incoming>),
    /// One message of several lines.
    Multiline(Gathered),
    /// Nothing: its lines are handled one by one.
    Transparent,
}

#[derive(Debug)]
struct Open {
    reference: String,
    parent: Option<String>,
    label: Option<String>,
    kind: Kind,
}

/// What a batch has gathered.
#[derive(Debug, PartialEq, Eq)]
pub enum Closed {
    /// A page of history.
    Page(Page),
    /// Conversations.
    Targets(Vec<(String, Timestamp)>),
    /// What a search has found.
    Found(Vec<Incoming>),
    /// One message of several lines, with the batch around it.
    Multiline(Option<String>, Gathered),
}

/// A line of a page of history.
#[derive(Debug)]
pub enum PageLine {
    /// A message.
    Message(Incoming),
    /// Something about a message.
    Annotation(Annotated),
    /// Something else: a join, a topic.
    Other,
}

/// A message of several lines that is being gathered.
#[derive(Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The message; nothing when no person has written it.
    pub incoming: Option<Incoming>,
    /// Where it stands in its conversation.
    pub place: LinePlace,
    /// How many of its lines there are so far.
    count: usize,
}

impl Gathered {
    /// One without a line.
    pub fn new(incoming: Option<Incoming>, place: LinePlace) -> Self {
        Self { incoming, place, count: 0 }
    }

    fn push(&mut self, part: &Part) {
        if let Some(incoming) = &mut self.incoming
            && incoming.text.len() + part.bytes_behind(self.count) <= MULTILINE_BYTES_MAX
        {
            if self.count > 0 && !part.is_concat {
                incoming.text.push('\n');
            }
            incoming.text.push_str(&part.text);
            self.count += 1;
        }
    }
}

/// The open batches of one connection.
#[derive(Debug, Default)]
pub struct Batches {
    open: Vec<Open>,
}

impl Batches {
    /// `BATCH +reference kind params`: opens one.
    pub fn open(&mut self, reference: &str, kind: &str, params: &[&str], parent: Option<&str>, label: Option<&str>) {
        if self.open.len() >= OPEN_MAX || self.find(reference).is_some() {
            return;
        }
        let kind = match kind {
            history::BATCH_TYPE | "draft/chathistory" | "znc.in/playback" => {
                let target = params.first().copied().unwrap_or_default().to_owned();
                Kind::Page(Page { target, ..Page::default() })
            }
            "soju.im/search" => Kind::Found(Vec::new()),
            history::TARGETS_BATCH_TYPE => Kind::Targets(Vec::new()),
            _ => Kind::Transparent,
        };
        self.open.push(Open {
            reference: reference.to_owned(),
            parent: parent.map(str::to_owned),
            label: label.map(str::to_owned),
            kind,
        });
    }

    /// `BATCH +reference draft/multiline target`: opens one; `gathered` is the message without its text.
    pub fn open_multiline(&mut self, reference: &str, gathered: Gathered, parent: Option<&str>, label: Option<&str>) {
        if self.open.len() < OPEN_MAX && self.find(reference).is_none() {
            let (parent, label) = (parent.map(str::to_owned), label.map(str::to_owned));
            self.open.push(Open { reference: reference.to_owned(), parent, label, kind: Kind::Multiline(gathered) });
        }
    }

    /// `BATCH -reference`: closes one.
    pub fn close(&mut self, reference: &str) -> Option<Closed> {
        let index = self.open.iter().position(|batch| batch.reference == reference)?;
        let batch = self.open.remove(index);
        match batch.kind {
            Kind::Multiline(gathered) => Some(Closed::Multiline(batch.parent, gathered)),
            Kind::Page(page) => Some(Closed::Page(page)),
            Kind::Targets(targets) => Some(Closed::Targets(targets)),
            Kind::Found(found) => Some(Closed::Found(found)),
            Kind::Transparent => None,
        }
    }

    /// The label of the batch that a line belongs to, or of one around it.
    pub fn label(&self, reference: &str) -> Option<&str> {
        let mut batch = self.find(reference)?;
        // Parents form a chain no longer than the number of open batches, circles included.
        for _ in 0..OPEN_MAX {
            if let Some(label) = &batch.label {
                return Some(label);
            }
            batch = self.find(batch.parent.as_deref()?)?;
        }
        None
    }

    /// Whether lines of this batch belong to a page of history.
    pub fn is_page(&self, reference: &str) -> bool {
        self.find(reference).is_some_and(|batch| matches!(batch.kind, Kind::Page(_) | Kind::Found(_)))
    }

    /// Whether lines of this batch make one message.
    pub fn is_multiline(&self, reference: &str) -> bool {
        self.find(reference).is_some_and(|batch| matches!(batch.kind, Kind::Multiline(..)))
    }

    /// A line of a message of several.
    pub fn push_part(&mut self, reference: &str, part: &Part) {
        if let Some(Open { kind: Kind::Multiline(gathered), .. }) = self.find_mut(reference) {
            gathered.push(part);
        }
    }

    /// A line of a page, and where it stands.
    pub fn push(&mut self, reference: &str, line: PageLine, place: LinePlace) {
        if let Some(Open { kind: Kind::Found(found), .. }) = self.find_mut(reference) {
            if let PageLine::Message(message) = line
                && found.len() < PAGE_MESSAGES_MAX
            {
                found.push(message);
            }
            return;
        }
        if let Some(Open { kind: Kind::Page(page), .. }) = self.find_mut(reference) {
            page.lines += 1;
            page.ends = match page.ends.take() {
                Some((first, _)) => Some((first, place)),
                None => Some((place.clone(), place)),
            };
            match line {
                PageLine::Message(message) if page.messages.len() < PAGE_MESSAGES_MAX => page.messages.push(message),
                PageLine::Annotation(note) if page.annotations.len() < PAGE_MESSAGES_MAX => page.annotations.push(note),
                _ => {}
            }
        }
    }

    /// A line of an answer to TARGETS.
    pub fn push_target(&mut self, reference: &str, target: &str, latest: Timestamp) {
        if let Some(Open { kind: Kind::Targets(targets), .. }) = self.find_mut(reference)
            && targets.len() < PAGE_MESSAGES_MAX
        {
            targets.push((target.to_owned(), latest));
        }
    }

    fn find(&self, reference: &str) -> Option<&Open> {
        self.open.iter().find(|batch| batch.reference == reference)
    }

    fn find_mut(&mut self, reference: &str) -> Option<&mut Open> {
        self.open.iter_mut().find(|batch| batch.reference == reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_found_through_its_parents() {
        let mut batches = Batches::default();
        batches.open("a", "labeled-response", &[], None, Some("7"));
        batches.open("b", "chathistory", &["#tea"], Some("a"), None);
        assert_eq!(batches.label("b"), Some("7"));
        assert!(batches.is_page("b"));
        let place = LinePlace { msgid: None, time: Timestamp::EPOCH };
        batches.push("b", PageLine::Other, place.clone());
        let page = Page { target: "#tea".into(), lines: 1, ends: Some((place.clone(), place)), ..Page::default() };
        assert_eq!(batches.close("b"), Some(Closed::Page(page)));
        assert_eq!(batches.close("a"), None);
        assert_eq!(batches.label("a"), None);
    }

    #[test]
    fn circles_and_floods_end() {
        let mut batches = Batches::default();
        batches.open("a", "x", &[], Some("b"), None);
        batches.open("b", "x", &[], Some("a"), None);
        assert_eq!(batches.label("a"), None);
        for number in 0..100 {
            batches.open(&number.to_string(), "x", &[], None, None);
        }
        assert_eq!(batches.open.len(), OPEN_MAX);
    }
}
