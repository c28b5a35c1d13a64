//! The way into the hub: one mailbox, of which those who come and go take up a few places only.
//!
//! The mailbox is worked off in order, so a line waits for all that is in it already. When thousands come back at once,
//! each with half a dozen lines before its welcome, that would be half a second for everybody who is talking. So a mail of
//! somebody who is not welcomed yet, or who has left, needs a *pass*, of which there are [`PASSES_MAX`], and waits for it
//! before the mailbox instead of in it. Whoever is here goes past. A connection hands in one mail after the other, so its
//! own stay in order.

use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot};

use super::metrics::Inspection;
use super::outbox::Link;
use crate::chat::event::{OperatorAct, Snapshot};
use crate::chat::ports::{ConnId, Input, Reloaded};
use crate::store::StoreError;

/// How many mails may wait for the hub; whoever has one more waits.
pub const MAILBOX_MAX: usize = 4_096;
/// How many mails of those who come and go the hub has at once; the others wait. What these and what they lead to take
/// together is what they cost anybody else each time: some milliseconds. With far fewer, the hub would be without work
/// while their tasks are woken.
pub const PASSES_MAX: usize = 32;

/// What comes into the hub's mailbox.
#[derive(Debug)]
pub enum Mail {
    /// A connection is there.
    Opened {
        /// Its number.
        conn: ConnId,
        /// What is shared with its task.
        link: Arc<Link>,
        /// What it came in by.
        pass: Option<Pass>,
    },
    /// A line of somebody who is here, or an answer.
    Input(Input),
    /// The line of a connection that was not welcomed yet, or the end of one.
    Passing {
        /// What it is.
        input: Input,
        /// What it came in by.
        pass: Pass,
    },
    /// The store can be used; this is its state.
    Loaded(Box<Snapshot>),
    /// The store can never be used.
    Unusable(StoreError),
    /// Somebody wants to see how the hub is.
    Inspect(oneshot::Sender<Box<Inspection>>),
    /// The server has done something with the record by itself.
    Note {
        /// What.
        act: OperatorAct,
        /// More of it.
        text: String,
    },
    /// The system wants the settings to be read again.
    Reload,
    /// They were read.
    Reloaded {
        /// Who asked; none when it was the system.
        asker: Option<ConnId>,
        /// What came of it.
        reloaded: Reloaded,
    },
}

/// What lets somebody's mail in who comes or goes, until the hub has judged it.
#[derive(Debug)]
pub struct Pass {
    _permit: OwnedSemaphorePermit,
}

/// The connections' way into the hub's mailbox. Each of them has one, so it is no more than a pointer.
#[derive(Clone, Debug)]
pub struct Mailbox(Arc<Ways>);

#[derive(Debug)]
struct Ways {
    hub: Sender<Mail>,
    passes: Arc<Semaphore>,
}

/// Room for one mail.
#[derive(Debug)]
pub struct Room {
    place: OwnedPermit<Mail>,
    pass: Option<Pass>,
}

impl Mailbox {
    /// The way into this one.
    pub fn new(hub: Sender<Mail>) -> Self {
        Self(Arc::new(Ways { hub, passes: Arc::new(Semaphore::new(PASSES_MAX)) }))
    }

    /// Room for a mail of somebody who is here, or who is not, if there is some now.
    pub fn try_room(&self, is_here: bool) -> Result<Room, TrySendError<()>> {
        let pass = match is_here {
            true => None,
            false => match Arc::clone(&self.0.passes).try_acquire_owned() {
                Ok(permit) => Some(Pass { _permit: permit }),
                Err(TryAcquireError::NoPermits) => return Err(TrySendError::Full(())),
                Err(TryAcquireError::Closed) => return Err(TrySendError::Closed(())),
            },
        };
        match self.0.hub.clone().try_reserve_owned() {
            Ok(place) => Ok(Room { place, pass }),
            Err(TrySendError::Full(_)) => Err(TrySendError::Full(())),
            Err(TrySendError::Closed(_)) => Err(TrySendError::Closed(())),
        }
    }

    /// Waits for it. Nothing: the hub is gone.
    pub async fn room(self, is_here: bool) -> Option<Room> {
        let pass = match is_here {
            true => None,
            false => Some(Pass { _permit: Arc::clone(&self.0.passes).acquire_owned().await.ok()? }),
        };
        Some(Room { place: self.0.hub.clone().reserve_owned().await.ok()?, pass })
    }
}

impl Room {
    /// Hands in what a connection has to say.
    pub fn send(self, input: Input) {
        self.place.send(match self.pass {
            None => Mail::Input(input),
            Some(pass) => Mail::Passing { input, pass },
        });
    }

    /// Hands in that a connection is there.
    pub fn open(self, conn: ConnId, link: Arc<Link>) {
        self.place.send(Mail::Opened { conn, link, pass: self.pass });
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::task::yield_now;

    use super::*;

    fn line(number: u64) -> Input {
        Input::Line { conn: ConnId(number), line: "NICK ann".into() }
    }

    /// Whose line it is, and whether somebody's who is not here yet.
    fn sender(mail: &Mail) -> (u64, bool) {
        match mail {
            Mail::Input(Input::Line { conn, .. }) => (conn.0, false),
            Mail::Passing { input: Input::Line { conn, .. }, .. } => (conn.0, true),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn whoever_is_here_goes_past_those_who_come() {
        const COMING: u64 = PASSES_MAX as u64 * 3;
        let (hub, mut mails) = mpsc::channel(1_024);
        let mailbox = Mailbox::new(hub);
        for number in 0..COMING {
            let room = mailbox.clone().room(false);
            tokio::spawn(async move { room.await.expect("the hub is there").send(line(number)) });
        }
        yield_now().await;
        assert_eq!(mails.len(), PASSES_MAX, "the others wait before the mailbox");
        assert!(matches!(mailbox.try_room(false), Err(TrySendError::Full(()))));
        mailbox.try_room(true).expect("there is room").send(line(COMING));
        let mut come = 0;
        for place in 0..=COMING {
            let mail = mails.recv().await.expect("it comes");
            if place == PASSES_MAX as u64 {
                assert_eq!(sender(&mail), (COMING, false));
            } else {
                assert_eq!(sender(&mail), (come, true), "they come in order");
                come += 1;
            }
            // Judged: the next one may come.
            drop(mail);
            yield_now().await;
        }
        assert!(mails.is_empty());
        drop(mails);
        assert!(matches!(mailbox.try_room(true), Err(TrySendError::Closed(()))));
        assert!(mailbox.room(false).await.is_none());
    }
}
