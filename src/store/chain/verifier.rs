//! Goes along the chain and says which rows are wrong, and how.
//!
//! A row that does not follow is judged by the rows behind it: when one of them follows the row *before* it, it was
//! inserted; when one follows *it*, rows before it are missing or it was altered itself. A bounded number of rows waits
//! for that judgement.

use super::{Anchor, ChainKey, Facts, SALT_BYTES, chain_of, digest_of};
use crate::chat::event::Seq;

/// The most rows that wait to be judged. Beyond it they are given up as [`Fault::Lost`], and the verifier goes on behind them.
const WAITING_ROWS_MAX: usize = 64;

/// What is wrong with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its personal fields are not those that were stored.
    #[error("event {0} was changed: who, where or what it says")]
    Changed(Seq),
    /// Its number, time, kind, digest or chain value is not the one that was stored.
    #[error("event {0} was altered: its number, time, kind or digest")]
    Altered(Seq),
    /// It was not stored by the server.
    #[error("event {0} was inserted")]
    Inserted(Seq),
    /// Rows are missing.
    #[error("events between {after} and {before} are missing")]
    Missing {
        /// The last row before the gap.
        after: Seq,
        /// The first row behind it.
        before: Seq,
    },
    /// From here on nothing fits together for many rows.
    #[error("the events from {first} to {last} do not follow each other")]
    Lost {
        /// The first of them.
        first: Seq,
        /// The last of them.
        last: Seq,
    },
    /// The last rows are missing.
    #[error("the record ends at event {after}, its journal goes on: the events behind it were cut off")]
    CutOff {
        /// The last row that is there.
        after: Seq,
    },
    /// A point that was written down elsewhere is not in the record.
    #[error("event {0} is not the one that was written down as the record's head")]
    NotAnchored(Seq),
    /// A checkpoint was not made with the server's key.
    #[error("the checkpoint at event {0} was not made by this server")]
    Forged(Seq),
    /// It is marked as withdrawn by an event that is none of the sort.
    #[error("event {0} is hidden, and nobody has withdrawn it")]
    Hidden(Seq),
}

/// A row that waits to be judged, or by which others are.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: Anchor,
    /// What its chain value would be if only that had been altered, in it and in the rows before it that wait.
    expected: [u8; 32],
}

/// Goes along the chain.
#[derive(Debug)]
pub struct Verifier<'a> {
    key: &'a ChainKey,
    /// The last row that is as it was stored.
    last: Anchor,
    waiting: Vec<Waiting>,
    /// Points that were written down elsewhere, the next one last.
    anchors: Vec<Anchor>,
}

impl<'a> Verifier<'a> {
    /// Behind `start`. Anchors before it are of no use any more.
    pub fn new(key: &'a ChainKey, start: Anchor, anchors: &[Anchor], faults: &mut Vec<Fault>) -> Self {
        let mut anchors: Vec<Anchor> = anchors.iter().filter(|anchor| anchor.seq >= start.seq).copied().collect();
        anchors.sort_unstable_by(|one, other| other.cmp(one));
        anchors.dedup();
        let mut verifier = Self { key, last: start, waiting: Vec::new(), anchors };
        verifier.compare(start, faults);
        verifier
    }

    /// The next row, by seq. Its salt is missing when its personal fields were erased.
    pub fn follow(
        &mut self,
        row: &Facts<'_>,
        salt: Option<&[u8; SALT_BYTES]>,
        digest: &[u8; 32],
        chain: &[u8; 32],
        faults: &mut Vec<Fault>,
    ) {
        let at = Anchor { seq: row.seq, chain: *chain };
        let behind = |previous: &[u8; 32]| chain_of(self.key, previous, row, digest);
        if salt.is_some_and(|salt| digest_of(row, salt) != *digest) {
            faults.push(Fault::Changed(row.seq));
        }
        if behind(&self.last.chain) == *chain {
            faults.extend(self.waiting.drain(..).map(|row| Fault::Inserted(row.at.seq)));
            self.last = at;
        } else if self.waiting.iter().any(|row| behind(&row.at.chain) == *chain || behind(&row.expected) == *chain) {
            self.judge(faults);
            self.last = at;
        } else {
            let expected = behind(self.waiting.last().map_or(&self.last.chain, |row| &row.expected));
            self.waiting.push(Waiting { at, expected });
            if self.waiting.len() == WAITING_ROWS_MAX {
                faults.push(Fault::Lost { first: self.waiting[0].at.seq, last: row.seq });
                self.waiting.clear();
                self.last = at;
            }
        }
        self.compare(at, faults);
    }

    /// Behind the last row: whether it is the one that the journal calls its head.
    pub fn end(&mut self, head: &[u8; 32], faults: &mut Vec<Fault>) {
        if self.last.chain == *head {
            faults.extend(self.waiting.drain(..).map(|row| Fault::Inserted(row.at.seq)));
        } else {
            let last = self.waiting.last().map_or(self.last, |row| row.at);
            let is_head = last.chain == *head || self.waiting.iter().any(|row| row.expected == *head);
            self.judge(faults);
            if !is_head {
                faults.push(Fault::CutOff { after: last.seq });
            }
        }
        faults.extend(self.anchors.drain(..).rev().map(|anchor| Fault::NotAnchored(anchor.seq)));
    }

    /// The rows that wait are the server's own, but not as it has stored them, or not all of them.
    fn judge(&mut self, faults: &mut Vec<Fault>) {
        for row in self.waiting.drain(..) {
            let has_gap = row.at.seq.0 > self.last.seq.0 + 1;
            faults.push(match has_gap {
                true => Fault::Missing { after: self.last.seq, before: row.at.seq },
                false => Fault::Altered(row.at.seq),
            });
            self.last = row.at;
        }
    }

    /// Whether a row is the one that was written down elsewhere.
    fn compare(&mut self, at: Anchor, faults: &mut Vec<Fault>) {
        while let Some(anchor) = self.anchors.pop_if(|anchor| anchor.seq <= at.seq) {
            if anchor != at {
                faults.push(Fault::NotAnchored(anchor.seq));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Field, Link, salts};
    use super::*;
    use crate::proto::time::Timestamp;

    struct Row {
        facts: Facts<'static>,
        link: Link,
    }

    /// Rows 1, 2, 3, 5, 6, 7, 8: the number 4 was a duplicate's.
    fn record(key: &ChainKey) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for (seq, salt) in [1, 2, 3, 5, 6, 7, 8].into_iter().zip(salts(7).unwrap()) {
            let time = Timestamp::from_millis(5);
            let facts = Facts { seq: Seq(seq), time, kind: "privmsg", fields: vec![Field::Number(seq)] };
            let previous = rows.last().map_or(Anchor::BEGINNING.chain, |row| row.link.chain);
            let link = Link::new(key, &previous, &facts, salt);
            rows.push(Row { facts, link });
        }
        rows
    }

    fn verify(key: &ChainKey, rows: &[Row], head: &[u8; 32], anchors: &[Anchor]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut verifier = Verifier::new(key, Anchor::BEGINNING, anchors, &mut faults);
        for Row { facts, link } in rows {
            verifier.follow(facts, Some(&link.salt), &link.digest, &link.chain, &mut faults);
        }
        verifier.end(head, &mut faults);
        faults
    }

    /// What is found after somebody was at the record.
    fn found(tamper: impl FnOnce(&mut Vec<Row>)) -> Vec<Fault> {
        let key = ChainKey::derive(b"secret");
        let mut rows = record(&key);
        let head = rows.last().unwrap().link.chain;
        tamper(&mut rows);
        verify(&key, &rows, &head, &[])
    }

    fn missing(after: u64, before: u64) -> Fault {
        Fault::Missing { after: Seq(after), before: Seq(before) }
    }

    /// A row as somebody makes it who has no key.
    fn invented(seq: u64, rows: &[Row]) -> Row {
        let facts = Facts { seq: Seq(seq), ..rows[0].facts.clone() };
        let link = Link::new(&ChainKey::derive(b"invented"), &rows[0].link.chain, &facts, rows[0].link.salt);
        Row { facts, link }
    }

    #[test]
    fn a_whole_record_has_no_fault() {
        assert_eq!(found(|_| {}), []);
    }

    #[test]
    fn each_kind_of_tampering_is_told_apart() {
        assert_eq!(found(|rows| rows[2].facts.fields[0] = Field::Number(9)), [Fault::Changed(Seq(3))]);
        assert_eq!(found(|rows| rows[2].facts.time = Timestamp::from_millis(6)), [Fault::Altered(Seq(3))]);
        assert_eq!(found(|rows| rows[2].facts.kind = "notice"), [Fault::Altered(Seq(3))]);
        assert_eq!(found(|rows| rows[2].link.chain = [9; 32]), [Fault::Altered(Seq(3))]);
        assert_eq!(found(|rows| drop(rows.remove(1))), [missing(1, 3)]);
        assert_eq!(found(|rows| drop(rows.drain(1..4))), [missing(1, 6)]);
        assert_eq!(found(|rows| drop(rows.remove(0))), [missing(0, 2)]);
        let insert = |rows: &mut Vec<Row>| rows.insert(3, invented(4, rows));
        assert_eq!(found(insert), [Fault::Inserted(Seq(4))]);
        let append = |rows: &mut Vec<Row>| rows.push(invented(9, rows));
        assert_eq!(found(append), [Fault::Inserted(Seq(9))]);
        assert_eq!(found(|rows| rows.truncate(5)), [Fault::CutOff { after: Seq(6) }]);
        assert_eq!(found(Vec::clear), [Fault::CutOff { after: Seq(0) }]);
    }

    #[test]
    fn several_faults_are_all_told() {
        let exchanged = found(|rows| {
            (rows[1].facts.seq, rows[2].facts.seq) = (Seq(3), Seq(2));
            rows.swap(1, 2);
        });
        assert_eq!(exchanged, [Fault::Altered(Seq(2)), Fault::Altered(Seq(3))]);
        let several = found(|rows| {
            rows[6].facts.fields[0] = Field::Number(0);
            rows[4].facts.kind = "notice";
            rows.remove(1);
        });
        assert_eq!(several, [missing(1, 3), Fault::Altered(Seq(6)), Fault::Changed(Seq(8))]);
        let two_inserted = found(|rows| {
            rows.insert(3, invented(4, rows));
            rows.insert(3, invented(4, rows));
        });
        assert_eq!(two_inserted, [Fault::Inserted(Seq(4)); 2]);
    }

    #[test]
    fn another_key_fits_nothing_and_the_list_stays_short() {
        let key = ChainKey::derive(b"secret");
        let rows = record(&key);
        let head = rows[6].link.chain;
        let faults = verify(&ChainKey::derive(b"other"), &rows, &head, &[]);
        assert_eq!(faults.len(), 7, "{faults:?}");
    }

    #[test]
    fn an_end_that_was_cut_off_with_its_journal_is_shown_by_an_anchor() {
        let key = ChainKey::derive(b"secret");
        let mut rows = record(&key);
        let anchors = [2, 6].map(|at| Anchor { seq: rows[at].facts.seq, chain: rows[at].link.chain });
        assert_eq!(verify(&key, &rows, &rows[6].link.chain, &anchors), []);
        rows.truncate(5);
        let head = rows[4].link.chain;
        assert_eq!(verify(&key, &rows, &head, &[]), [], "the chain alone cannot know");
        assert_eq!(verify(&key, &rows, &head, &anchors), [Fault::NotAnchored(Seq(8))]);
        let other = Anchor { seq: Seq(3), chain: [1; 32] };
        assert_eq!(verify(&key, &rows, &head, &[other]), [Fault::NotAnchored(Seq(3))]);
        let unused = Anchor { seq: Seq(4), chain: [1; 32] };
        assert_eq!(verify(&key, &rows, &head, &[unused]), [Fault::NotAnchored(Seq(4))]);
    }

    #[test]
    fn a_record_goes_on_behind_what_was_removed_and_erased() {
        let key = ChainKey::derive(b"secret");
        let rows = record(&key);
        let start = Anchor { seq: Seq(3), chain: rows[2].link.chain };
        let mut faults = Vec::new();
        let old = Anchor { seq: Seq(1), chain: [1; 32] };
        let mut verifier = Verifier::new(&key, start, &[old, start], &mut faults);
        for Row { facts, link } in &rows[3..] {
            let erased = Facts { fields: Vec::new(), ..facts.clone() };
            verifier.follow(&erased, None, &link.digest, &link.chain, &mut faults);
        }
        verifier.end(&rows[6].link.chain, &mut faults);
        assert_eq!(faults, []);
    }
}
