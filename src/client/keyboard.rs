//! The keyboard: a thread that sleeps until the terminal has sent something, reads it and passes it on.
//!
//! crossterm's own stream would do the same with a lock that its thread holds while it sleeps; whoever asks it meanwhile gives
//! the processor away several times before it learns that there is nothing. Here asking costs a look at a queue.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crossterm::event::{self, Event as TerminalEvent};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::sync::mpsc;

/// How many events may wait to be handled; further ones stay in the terminal.
const EVENTS_MAX: usize = 256;
/// How long more is waited for behind what has come, such as the end of a key's sequence. crossterm sleeps for whole
/// milliseconds and asks again and again for the rest of the last one: here next to nothing is left of it.
const REST_PATIENCE: Duration = Duration::from_micros(20_100);

/// What the terminal sends. Dropped, it leaves what comes from then on to whoever reads next.
#[derive(Debug)]
pub struct Keyboard {
    events: mpsc::Receiver<io::Result<TerminalEvent>>,
    /// The thread ends when this end of the pipe closes.
    _running: OwnedFd,
}

impl Keyboard {
    /// Begins to read from standard input, which is a terminal. Nothing else may read from it.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub fn new() -> io::Result<Self> {
        let (stopped, running) = pipe_with(PipeFlags::CLOEXEC)?;
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            if let Err(error) = read(&stopped, &sender) {
                // Without a receiver nobody wants to know.
                let _ = sender.blocking_send(Err(error));
            }
        })?;
        Ok(Self { events, _running: running })
    }

    /// The next event; nothing more after an error.
    pub async fn next(&mut self) -> Option<io::Result<TerminalEvent>> {
        self.events.recv().await
    }

    /// The next event, when it is there already.
    pub fn try_next(&mut self) -> Option<io::Result<TerminalEvent>> {
        self.events.try_recv().ok()
    }
}

/// Reads until nobody wants more, or the terminal is gone.
fn read(stopped: &OwnedFd, events: &mpsc::Sender<io::Result<TerminalEvent>>) -> io::Result<()> {
    let terminal = io::stdin();
    loop {
        let mut waiting = [PollFd::new(&terminal, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut waiting, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let (terminal, stopped) = (waiting[0].revents(), waiting[1].revents());
        if !stopped.is_empty() {
            return Ok(());
        }
        let mut is_silent = true;
        while terminal.contains(PollFlags::IN) && event::poll(REST_PATIENCE)? {
            is_silent = false;
            if events.blocking_send(Ok(event::read()?)).is_err() {
                return Ok(());
            }
        }
        if is_silent && !terminal.difference(PollFlags::IN).is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
