//! Work waits here for a clerk: bounded, in order, and never cancelled once it has begun.
//!
//! Dropping a running query would leave the connection in the middle of an answer, so the caller's future holds only the
//! receiving end of a reply; the work itself belongs to the clerk's own thread or task.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};

use super::session::{Clerk, Patience, Session};
use super::{STATEMENT_TIMEOUT, StoreError};

/// The most calls that wait for a clerk; beyond it the database counts as unavailable.
const WAITING_CALLS_MAX: usize = 1_024;
/// By so much a caller is more patient than the clerk, whose own error says more.
const CALLER_GRACE: Duration = Duration::from_secs(1);

/// What a piece of work returns.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;
type Job<S> = Box<dyn for<'a> FnOnce(&'a mut Clerk<S>) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> + Send>;

/// The way to one or more clerks that do the same kind of work.
pub struct Queue<S> {
    jobs: Mutex<Option<mpsc::Sender<Job<S>>>>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// The clerks' end of a queue; all clerks of a queue share it.
pub struct Jobs<S> {
    waiting: Arc<tokio::sync::Mutex<mpsc::Receiver<Job<S>>>>,
    /// Never sent on: it ends when the last clerk has ended.
    alive: mpsc::Sender<()>,
}

impl<S> Clone for Jobs<S> {
    fn clone(&self) -> Self {
        Self { waiting: Arc::clone(&self.waiting), alive: self.alive.clone() }
    }
}

impl<S: Session> Queue<S> {
    /// A queue and the clerks' end of it.
    pub fn new() -> (Self, Jobs<S>) {
        let (sender, receiver) = mpsc::channel(WAITING_CALLS_MAX);
        let (alive, ended) = mpsc::channel(1);
        let jobs = Jobs { waiting: Arc::new(tokio::sync::Mutex::new(receiver)), alive };
        (Self { jobs: Mutex::new(Some(sender)), ended: tokio::sync::Mutex::new(ended) }, jobs)
    }

    /// Hands in a piece of work and waits for its result.
    pub async fn run<T, W>(&self, patience: Patience, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'a> FnOnce(&'a mut Clerk<S>) -> Work<'a, T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job<S> = Box::new(move |clerk| {
            Box::pin(async move {
                if reply.is_closed() {
                    // The caller has given up before it was begun.
                    return;
                }
                let result = match clerk.session.ready(patience).await {
                    Ok(()) => work(clerk).await,
                    Err(error) => Err(error),
                };
                // Nobody waits any more: what was done stays done, and the caller asks again.
                let _ = reply.send(result);
            })
        });
        let sender = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sender = sender.ok_or_else(|| StoreError::Unavailable("the store is closed".to_owned()))?;
        sender.try_send(job).map_err(|_| StoreError::Unavailable("too many calls wait already".to_owned()))?;
        drop(sender);
        let answer = match patience {
            Patience::Statement(_) => answer.await,
            Patience::Call => match tokio::time::timeout(STATEMENT_TIMEOUT + CALLER_GRACE, answer).await {
                Ok(answer) => answer,
                Err(_) => return Err(StoreError::Unavailable(format!("no answer in {STATEMENT_TIMEOUT:?}"))),
            },
        };
        answer.unwrap_or_else(|_| Err(StoreError::Unavailable("the store is closed".to_owned())))
    }

    /// Takes no more work, and waits until what waits already is done and the clerks have said goodbye; not for ever.
    pub async fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = async { self.ended.lock().await.recv().await };
        if tokio::time::timeout(STATEMENT_TIMEOUT, ended).await.is_err() {
            tracing::warn!("the database does not answer: left without a goodbye");
        }
    }
}

impl<S: Session> Jobs<S> {
    /// Works until the queue is closed and empty, then says goodbye to the database.
    pub async fn work(self, mut clerk: Clerk<S>) {
        loop {
            let job = self.waiting.lock().await.recv().await;
            match job {
                Some(job) => job(&mut clerk).await,
                None => return clerk.session.close().await,
            }
        }
    }

    /// The same on a thread, for a session that never waits.
    pub fn work_on_this_thread(self, mut clerk: Clerk<S>) {
        loop {
            let job = self.waiting.blocking_lock().blocking_recv();
            match job {
                // A session that never waits makes futures that are ready at their first poll.
                Some(job) => job(&mut clerk).now_or_never().unwrap_or_default(),
                None => return clerk.session.close().now_or_never().unwrap_or_default(),
            }
        }
    }
}
