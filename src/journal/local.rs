//! A journal that commits to a store of its own process.
//!
//! One task: while a transaction runs, the next batch gathers (group commit). A failed batch is handed in again with
//! growing delays, whole, because it may have happened: the store answers a repetition as it answered the first time. A
//! batch that is definitely refused is halved until the refused event is alone, so that what stands before it is still
//! committed and told. A running commit is never cancelled.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Journal, JournalEvent, JournalSide, STALL_AFTER, WAITING_EVENTS_MAX};
use crate::chat::event::Record;
use crate::store::{BATCH_EVENTS_MAX, Duplicate, Store, StoreError};

/// The delay before the first repetition of a failed commit; each further one is twice as long…
const RETRY_DELAY_MIN: Duration = Duration::from_millis(50);
/// …up to this.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(2);

/// Starts a journal over a store. Must be called within a tokio runtime.
pub fn start(store: Arc<dyn Store>) -> (Journal, mpsc::Receiver<JournalEvent>) {
    let (journal, side, reports) = Journal::channel();
    tokio::spawn(LocalJournal::new(store, side).run());
    (journal, reports)
}

/// Nobody reads the reports any more.
struct HubIsGone;

struct LocalJournal {
    store: Arc<dyn Store>,
    side: JournalSide,
    waiting: VecDeque<Record>,
    /// Whether more may come.
    open: bool,
    stalled: bool,
    /// [`STALL_AFTER`]; shorter in tests.
    stall_after: Duration,
}

impl LocalJournal {
    fn new(store: Arc<dyn Store>, side: JournalSide) -> Self {
        Self { store, side, waiting: VecDeque::new(), open: true, stalled: false, stall_after: STALL_AFTER }
    }

    async fn run(mut self) {
        // Either end of the story is told elsewhere: the reports end, or the hub ended first.
        let _ = self.commit_all().await;
    }

    async fn commit_all(&mut self) -> Result<(), HubIsGone> {
        let mut events_max = BATCH_EVENTS_MAX;
        loop {
            self.take_what_waits();
            if self.waiting.is_empty() {
                if !self.wait_for_more().await {
                    return Ok(());
                }
                continue;
            }
            let size = self.waiting.len().min(events_max);
            let batch: Vec<Record> = self.waiting.drain(..size).collect();
            if self.waiting.len() > WAITING_EVENTS_MAX {
                self.stall().await?;
            }
            match self.commit(&batch).await? {
                Ok(duplicates) => {
                    let seq = batch[size - 1].seq;
                    self.report(JournalEvent::Committed { seq, duplicates }).await?;
                    self.flow_again().await?;
                }
                Err(_) if size > 1 => {
                    events_max = size / 2;
                    batch.into_iter().rev().for_each(|record| self.waiting.push_front(record));
                }
                Err(error) => {
                    let (seq, reason) = (batch[0].seq, error.to_string());
                    return self.report(JournalEvent::Rejected { seq, reason }).await;
                }
            }
        }
    }

    /// Commits one batch, however long it takes; an error is a definite refusal.
    async fn commit(&mut self, batch: &[Record]) -> Result<Result<Vec<Duplicate>, StoreError>, HubIsGone> {
        let began = Instant::now();
        let store = Arc::clone(&self.store);
        let mut delay = RETRY_DELAY_MIN;
        loop {
            match self.beside(began, store.commit(batch)).await? {
                Err(error) if error.is_retryable() => {
                    if !self.stalled {
                        tracing::warn!(%error, "the database does not commit; trying again until it does");
                    }
                    self.stall().await?;
                    self.beside(began, tokio::time::sleep(delay)).await?;
                    if self.side.reports.is_closed() {
                        return Err(HubIsGone);
                    }
                    delay = (delay * 2).min(RETRY_DELAY_MAX);
                }
                result => return Ok(result),
            }
        }
    }

    /// Waits for something while events are taken in and the clock of the stall runs.
    async fn beside<T>(&mut self, began: Instant, work: impl Future<Output = T>) -> Result<T, HubIsGone> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                () = tokio::time::sleep_until(began + self.stall_after), if !self.stalled => self.stall().await?,
                more = self.side.records.recv(), if self.open => match more {
                    Some(more) => {
                        self.waiting.extend(more);
                        if self.waiting.len() > WAITING_EVENTS_MAX {
                            self.stall().await?;
                        }
                    }
                    None => self.open = false,
                },
            }
        }
    }

    fn take_what_waits(&mut self) {
        while let Ok(more) = self.side.records.try_recv() {
            self.waiting.extend(more);
        }
    }

    /// Whether something came; else nothing ever will.
    async fn wait_for_more(&mut self) -> bool {
        match self.side.records.recv().await {
            Some(more) => self.waiting.extend(more),
            None => self.open = false,
        }
        self.open
    }

    async fn stall(&mut self) -> Result<(), HubIsGone> {
        if std::mem::replace(&mut self.stalled, true) { Ok(()) } else { self.report(JournalEvent::Stalled).await }
    }

    async fn flow_again(&mut self) -> Result<(), HubIsGone> {
        if self.stalled && self.waiting.len() <= WAITING_EVENTS_MAX / 2 {
            self.stalled = false;
            tracing::info!("the database commits again");
            self.report(JournalEvent::Flowing).await?;
        }
        Ok(())
    }

    async fn report(&mut self, event: JournalEvent) -> Result<(), HubIsGone> {
        self.side.reports.send(event).await.map_err(|_| HubIsGone)
    }
}

#[cfg(test)]
mod tests;
