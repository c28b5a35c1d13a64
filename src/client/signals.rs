//! What wakes a loop beside its events: signals and instants.

use std::io;
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep_until;

/// The signals that end the program, and the one after a stop.
pub struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    continued: Signal,
}

impl Signals {
    /// Begins to listen; from here on none of them ends the process by itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// Whether the program was only continued; else it must end.
    pub async fn is_continued(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => false,
            _ = self.hang_up.recv() => false,
            _ = self.interrupt.recv() => false,
            _ = self.continued.recv() => true,
        }
    }
}

/// Waits until an instant; for ever without one.
pub async fn sleep_until_or_never(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}
