//! What wakes a loop beside its events: signals and instants.

use std::io;
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep_until;

/// What a signal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The program must end.
    End,
    /// It was stopped, and goes on.
    Continued,
    /// The terminal has another size.
    Resized,
}

/// The signals that end the program, the one after a stop, and the one of another size.
pub struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    continued: Signal,
    resized: Signal,
}

impl Signals {
    /// Begins to listen; from here on none of them ends the process by itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Self> {
        // Caught until the process ends: a log that must not grow any more is a fault to tell, not the end.
        let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::End,
            _ = self.hang_up.recv() => Told::End,
            _ = self.interrupt.recv() => Told::End,
            _ = self.continued.recv() => Told::Continued,
            _ = self.resized.recv() => Told::Resized,
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
