//! The files of the log: one a conversation, plain text, a message a line, in the order of arrival, mode 0600.
//!
//! Everything here blocks: [`LogFiles`] does it in a thread of its own; what is said while it writes is written together. Only ever
//! does a file grow at its end, and what is withdrawn is written over, so that a place in it stays what it was. Other programs may
//! append to it at the same time, and what they have written already is not written again; where it was cut or replaced, places lead
//! nowhere, which is noticed and told.

mod file;
mod others;
mod writer;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::entry::EntryKey;
use super::event::Event;
use super::logbook::{LogFault, LogLine, LogName, LogQuestion};
use super::stretch::Stretch;
use file::path_of;
pub(super) use file::read;
#[cfg(test)]
pub(super) use writer::keep;
pub(super) use writer::strike;
use writer::{Batch, Writer};

/// How many bytes may wait for the disk; further lines are not kept.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long lines are gathered before they are written together, unless somebody waits; who kills the program loses those.
const GATHER_TIME: Duration = Duration::from_millis(500);
/// So many bytes are written at once.
const GATHER_BYTES: usize = 256 * 1024;

/// What waits for the thread. What is to be written is written before anything is read: an answer knows of every line that was
/// said before the question, and comes behind the word where that line stands.
#[derive(Default)]
struct Waiting {
    batches: HashMap<Arc<LogName>, Batch>,
    /// Lines that were withdrawn, with who has done so.
    struck: Vec<(Arc<LogName>, Stretch, String)>,
    questions: Vec<LogQuestion>,
    bytes: usize,
    is_closed: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.struck.is_empty() && self.questions.is_empty()
    }

    /// Whether the thread has to go on at once: somebody waits for an answer or for the end, or there is enough to write.
    fn is_urgent(&self) -> bool {
        self.is_closed || !self.questions.is_empty() || self.bytes >= GATHER_BYTES
    }
}

/// What stands between the program and the thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    /// Changes what waits, and wakes the thread when it may sleep.
    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (was_empty, was_urgent) = (waiting.is_empty(), waiting.is_urgent());
        let result = change(&mut waiting);
        if was_empty || (waiting.is_urgent() && !was_urgent) {
            self.changed.notify_one();
        }
        result
    }

    /// Waits for something to do and takes all of it; nothing is in it when there will be nothing any more.
    fn take(&self) -> Waiting {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |waiting: &mut Waiting| waiting.is_empty() && !waiting.is_closed;
        let waiting = self.changed.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
        let gathers = |waiting: &mut Waiting| !waiting.is_urgent();
        let gathered = self.changed.wait_timeout_while(waiting, GATHER_TIME, gathers);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        let is_closed = waiting.is_closed;
        std::mem::replace(&mut waiting, Waiting { is_closed, ..Waiting::default() })
    }
}

/// Keeps and reads logs, in a thread that may block.
pub struct LogFiles {
    queue: Arc<Queue>,
    /// What the thread does, until the first order.
    work: Option<Box<dyn FnOnce() + Send>>,
    task: Option<JoinHandle<()>>,
    has_refused: bool,
}

impl LogFiles {
    /// Logs below a directory. Where lines came to stand ([`Event::Logged`]), pages ([`Event::LogPage`]) and what goes wrong with
    /// writing ([`Event::LogFailed`], once) is told to `events`. The thread begins with the first order: nobody waits for it at the
    /// start, and many servers keep history themselves.
    pub fn new(directory: PathBuf, events: mpsc::Sender<Event>) -> Self {
        let queue = Arc::new(Queue::default());
        let orders = Arc::clone(&queue);
        let work = move || {
            // Without a receiver the program ends: what is left is written all the same.
            let tell = |event| _ = events.blocking_send(event);
            let mut has_failed = false;
            let mut writer = Writer::new(directory);
            loop {
                let waiting = orders.take();
                if waiting.is_empty() {
                    return;
                }
                let Waiting { batches, struck, questions, .. } = waiting;
                for (log, batch) in batches {
                    match writer.write(&log, &batch) {
                        Ok(lines) => tell(Event::Logged { conversation: batch.conversation, lines }),
                        Err(error) if !std::mem::replace(&mut has_failed, true) => {
                            tell(Event::LogFailed(LogFault::Unwritable(error.to_string())));
                        }
                        Err(_) => {}
                    }
                }
                for (log, place, by) in struck {
                    if let Err(error) = strike(&path_of(writer.directory(), &log), place, &by)
                        && !std::mem::replace(&mut has_failed, true)
                    {
                        tell(Event::LogFailed(LogFault::Unwritable(error.to_string())));
                    }
                }
                for question in questions {
                    let page = read(&path_of(writer.directory(), &question.log), &question);
                    tell(Event::LogPage { conversation: question.conversation, page });
                }
            }
        };
        Self { queue, work: Some(Box::new(work)), task: None, has_refused: false }
    }

    fn begin(&mut self) {
        if let Some(work) = self.work.take() {
            self.task = Some(tokio::task::spawn_blocking(work));
        }
    }

    /// Keeps a line for a message of a conversation.
    ///
    /// # Errors
    /// [`LogFault::TooSlow`] when there is no room for it, once: for what is refused later on, nothing is said.
    pub fn keep(
        &mut self,
        log: Arc<LogName>,
        conversation: u32,
        entry: EntryKey,
        line: &LogLine,
    ) -> Result<(), LogFault> {
        self.begin();
        let is_kept = self.queue.change(|waiting| {
            if waiting.bytes >= WAITING_BYTES_MAX {
                return false;
            }
            let batch = waiting.batches.entry(log).or_default();
            batch.conversation = conversation;
            let before = batch.text.len();
            line.write(&mut batch.text);
            batch.ends.push((entry, batch.text.len()));
            waiting.bytes += batch.text.len() - before;
            true
        });
        if is_kept || std::mem::replace(&mut self.has_refused, true) { Ok(()) } else { Err(LogFault::TooSlow) }
    }

    /// Takes its text from a line that was withdrawn, in the place where it stands.
    pub fn strike(&mut self, log: Arc<LogName>, place: Stretch, by: String) {
        self.begin();
        self.queue.change(|waiting| waiting.struck.push((log, place, by)));
    }

    /// Reads a page.
    pub fn read(&mut self, question: LogQuestion) {
        self.begin();
        self.queue.change(|waiting| waiting.questions.push(question));
    }

    /// Ends once everything is on disk.
    pub async fn close(mut self) {
        self.queue.change(|waiting| waiting.is_closed = true);
        if let Some(task) = self.task.take() {
            // It neither panics nor is aborted.
            let _ = task.await;
        }
    }
}

impl Drop for LogFiles {
    fn drop(&mut self) {
        self.queue.change(|waiting| waiting.is_closed = true);
    }
}

#[cfg(test)]
mod tests;
