//! Work waits here for a clerk: bounded, in order, and never cancelled once it has begun.
//!
//! Dropping a running query would leave the connection in the middle of an answer, so the caller's future holds only the
//! receiving end of a reply; the work itself belongs to the clerk's own thread or task.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};

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
    waiting: Arc<Waiting<S>>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// The clerks' end of a queue; all clerks of a queue share it.
pub struct Jobs<S> {
    waiting: Arc<Waiting<S>>,
    /// Never sent on: it ends when the last clerk has ended.
    alive: mpsc::Sender<()>,
}

impl<S> Clone for Jobs<S> {
    fn clone(&self) -> Self {
        Self { waiting: Arc::clone(&self.waiting), alive: self.alive.clone() }
    }
}

/// The jobs that no clerk has begun. Each wakes one clerk and no other: a channel has one receiver, and clerks who took
/// turns at that would wake each other for every job.
struct Waiting<S> {
    jobs: Mutex<VecDeque<Job<S>>>,
    /// A permit for each job. Closed: no more come.
    count: Semaphore,
}

impl<S> Waiting<S> {
    fn push(&self, job: Job<S>) -> Result<(), StoreError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if self.count.is_closed() {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        }
        if jobs.len() >= WAITING_CALLS_MAX {
            return Err(StoreError::Unavailable("too many calls wait already".to_owned()));
        }
        jobs.push_back(job);
        self.count.add_permits(1);
        Ok(())
    }

    /// The next job; nothing when no more come and those that came are begun.
    async fn next(&self) -> Option<Job<S>> {
        if let Ok(permit) = self.count.acquire().await {
            permit.forget();
        }
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn close(&self) {
        // Under the lock, so that what was taken in before finds a clerk.
        let _jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        self.count.close();
    }
}

impl<S> Drop for Queue<S> {
    fn drop(&mut self) {
        self.waiting.close();
    }
}

impl<S: Session> Queue<S> {
    /// A queue and the clerks' end of it.
    pub fn new() -> (Self, Jobs<S>) {
        let waiting = Arc::new(Waiting { jobs: Mutex::default(), count: Semaphore::new(0) });
        let (alive, ended) = mpsc::channel(1);
        let jobs = Jobs { waiting: Arc::clone(&waiting), alive };
        (Self { waiting, ended: tokio::sync::Mutex::new(ended) }, jobs)
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
        self.waiting.push(job)?;
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
        self.waiting.close();
        let ended = async { self.ended.lock().await.recv().await };
        if tokio::time::timeout(STATEMENT_TIMEOUT, ended).await.is_err() {
            tracing::warn!("the database does not answer: left without a goodbye");
        }
    }
}

impl<S: Session> Jobs<S> {
    /// Works until the queue is closed and empty, then says goodbye to the database.
    pub async fn work(self, mut clerk: Clerk<S>) {
        while let Some(job) = self.waiting.next().await {
            job(&mut clerk).await;
        }
        clerk.session.close().await;
    }

    /// The same on a thread of its own, for a session that blocks it.
    pub fn work_on_this_thread(self, clerk: Clerk<S>) {
        let mut work = pin!(self.work(clerk));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        while work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            thread::park();
        }
    }
}

/// Wakes a thread that waits for work.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use super::*;

    fn waiting() -> Waiting<()> {
        Waiting { jobs: Mutex::default(), count: Semaphore::new(0) }
    }

    fn job() -> Job<()> {
        Box::new(|_| Box::pin(async {}))
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_job_wakes_one_clerk() {
        let waiting = waiting();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut clerks: Vec<_> = (0..4).map(|_| Box::pin(waiting.next())).collect();
        assert!(clerks.iter_mut().all(|clerk| clerk.as_mut().poll(&mut context).is_pending()));
        for count in 1..=3 {
            waiting.push(job()).unwrap();
            assert_eq!(woken.0.load(Ordering::Relaxed), count);
        }
        let begun = clerks.iter_mut().map(|clerk| clerk.as_mut().poll(&mut context));
        assert_eq!(begun.filter(|begun| matches!(begun, Poll::Ready(Some(_)))).count(), 3);
    }

    #[tokio::test]
    async fn what_came_before_the_end_is_done_and_nothing_after_it() {
        let waiting = waiting();
        waiting.push(job()).unwrap();
        waiting.push(job()).unwrap();
        waiting.close();
        assert!(waiting.push(job()).is_err());
        assert!(waiting.next().await.is_some() && waiting.next().await.is_some());
        assert!(waiting.next().await.is_none());
    }

    #[test]
    fn too_many_are_refused() {
        let waiting = waiting();
        assert!((0..WAITING_CALLS_MAX).all(|_| waiting.push(job()).is_ok()));
        assert!(waiting.push(job()).is_err());
    }
}
