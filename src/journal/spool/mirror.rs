//! The latest idempotency ids with their messages, in memory: what the database would say to a message that comes again.

use std::collections::{HashMap, VecDeque};

use crate::chat::event::{Event, Record, Seq};
use crate::chat::ports::StoredEvent;
use crate::chat::recent::stored_event;
use crate::store::{Duplicate, IDEMPOTENCY_WINDOW, IdKey};

/// The latest ids.
pub struct Mirror {
    known: HashMap<IdKey, StoredEvent>,
    order: VecDeque<IdKey>,
    ids_max: usize,
}

impl Mirror {
    /// Room for so many. Beyond: the oldest is forgotten.
    pub fn new(ids_max: usize) -> Self {
        Self { known: HashMap::new(), order: VecDeque::new(), ids_max }
    }

    /// Takes note of a batch that was committed; `repetitions` of it were not stored.
    pub fn note(&mut self, batch: &[Record], repetitions: &[Duplicate]) {
        let is_new = |seq: Seq| !repetitions.iter().any(|repetition| repetition.seq == seq);
        for record in batch.iter().filter(|record| is_new(record.seq)) {
            if let (Some(key), Some(event)) = (key(record), stored_event(record)) {
                self.learn(key, event);
            }
        }
    }

    /// Takes note of one message.
    pub fn learn(&mut self, key: IdKey, first: StoredEvent) {
        if self.known.insert(key.clone(), first).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.ids_max {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// Which of a batch repeat earlier messages, of this batch or of those before.
    pub fn repetitions(&self, batch: &[Record]) -> Vec<Duplicate> {
        let mut own: HashMap<IdKey, StoredEvent> = HashMap::new();
        let mut repetitions = Vec::new();
        for record in batch {
            let Some(key) = key(record) else { continue };
            let window = IDEMPOTENCY_WINDOW.as_millis() as i64;
            let first = own.get(&key).or_else(|| self.known.get(&key));
            match first.filter(|first| record.time.millis_since(first.time) < window) {
                Some(first) => repetitions.push(Duplicate { seq: record.seq, first: first.clone() }),
                None => drop(stored_event(record).map(|event| own.insert(key, event))),
            }
        }
        repetitions
    }
}

/// The key of a message that has an id.
fn key(record: &Record) -> Option<IdKey> {
    let Event::Message { .. } = record.event else { return None };
    Some((record.author.account?, record.place, record.idempotency_id.clone()?))
}
