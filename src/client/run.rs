//! The full screen's loop: keys, signals and the network in, frames out.
//!
//! Everything runs in one thread; what may block is done in others. A key is answered by a frame at once; what the network
//! brings is drawn after a short pause, together with what follows it. Nothing ticks while nothing happens.

use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::StreamExt as _;

use super::asking;
use super::config::Settings;
use super::event::{Event, Exit};
use super::links::Links;
use super::local::Spawn;
use super::shell::{EVENTS_PER_TURN_MAX, Front, Options, Shell};
use super::signals::{Signals, sleep_until_or_never};
use super::terminal::{self, Screen};
use super::view::View;
use super::view::dates::Zone;
use super::view::theme::{Background, Depth, Theme};
use crate::ground::paths::Directories;
use crate::ground::texts::{Language, Texts};

/// How long what the network brings may wait for more before it is drawn.
const GATHER_DELAY: Duration = Duration::from_millis(16);
/// The least time between two frames that no key asked for.
const FRAME_INTERVAL: Duration = Duration::from_millis(50);
/// Why the client cannot run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Standard input or output is no terminal that can be drawn on.
    #[error("no terminal")]
    NoTerminal,
    /// The terminal or the runtime refused.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl RunError {
    /// The error in a person's language.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::NoTerminal => texts.get("run-no-terminal").into_owned(),
            Self::System(error) => texts.format("run-failed", &[("reason", error.to_string().into())]),
        }
    }
}

/// Runs the full-screen client until the person leaves it or a signal ends it.
///
/// # Errors
/// When there is no terminal, or it went away.
pub fn full_screen(options: Options) -> Result<Exit, RunError> {
    if !terminal::is_usable() {
        return Err(RunError::NoTerminal);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(async {
        let mut shell = Shell::new(&options, Front::Screen, SystemTime::now());
        terminal::mouse_sequence(options.settings.mouse);
        let links = Links::default();
        let screen = Screen::take_with(links.clone())?;
        let exit = run(&mut shell, screen, links).await;
        shell.close().await;
        exit
    });
    // A lookup of a name that hangs must not keep the program.
    runtime.shutdown_background();
    exit
}

/// Runs the operator's console: the same full screen, over the server's Unix socket, logged in as "the server" by the peer's
/// uid.
///
/// # Errors
/// When there is no terminal, or it went away.
pub fn run_console(socket: PathBuf, language: Language, directories: Directories) -> Result<Exit, RunError> {
    let settings = Settings::console(socket, language);
    full_screen(Options { settings, directories, spawn: Spawn::Forbidden, config: None })
}

/// When the next frame is due.
#[derive(Debug, Default)]
struct Pace {
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Pace {
    /// Something visible has changed. `at_once`: because of the person.
    fn changed(&mut self, now: Instant, at_once: bool) {
        let earliest = self.last.map_or(now, |last| last + FRAME_INTERVAL);
        let due = if at_once { now } else { earliest.max(now + GATHER_DELAY) };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// Whether a frame is due; then it counts as drawn.
    fn take(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            *self = Self { due: None, last: Some(now) };
        }
        is_due
    }
}

async fn run(shell: &mut Shell, mut screen: Screen, links: Links) -> Result<Exit, RunError> {
    let depth = Depth::from_environment();
    let mut background = Background::Unknown;
    let mut view = View::new(Theme::new(depth), Zone::Local, links);
    let mut signals = Signals::new()?;
    let mut pace = Pace::default();
    let (columns, rows) = crossterm::terminal::size()?;
    shell.handle(Event::Start);
    shell.handle(Event::Resize { columns, rows });
    shell.tell_start_faults();
    draw(shell, &mut view, &mut screen, &mut pace)?;
    if depth == Depth::Many {
        // After the first frame, so that nobody waits for it, and before anything else reads what the terminal sends.
        let answer = asking::ask()?;
        background = match answer.is_light {
            Some(true) => Background::Light,
            Some(false) => Background::Dark,
            None => Background::Unknown,
        };
        answer.typed.into_iter().for_each(|key| shell.handle(Event::Key(key)));
    }
    let mut keys = EventStream::new();
    pace.changed(Instant::now(), true);
    loop {
        let settings = &shell.model.settings;
        view.set_theme(Theme::wanted(depth, settings.theme, settings.colors, background));
        if let Some(exit) = shell.exit.take() {
            return Ok(exit);
        }
        if std::mem::take(&mut shell.wants_suspension) {
            screen.suspend().await?;
            resize(shell)?;
            pace.changed(Instant::now(), true);
        }
        for sequence in shell.sequences.drain(..) {
            screen.emit(&sequence)?;
        }
        if pace.take(Instant::now()) {
            draw(shell, &mut view, &mut screen, &mut pace)?;
        }
        let is_input = tokio::select! {
            biased;
            event = keys.next() => {
                read_keys(shell, &mut keys, event).await;
                true
            }
            continued = signals.is_continued() => {
                if continued {
                    screen.retake()?;
                    resize(shell)?;
                } else {
                    shell.terminate();
                }
                true
            }
            () = sleep_until_or_never(pace.due) => false,
            () = sleep_until_or_never(shell.wake_at()) => {
                shell.handle(Event::Tick);
                false
            }
            () = shell.outside() => false,
        };
        if shell.take_redraw() {
            pace.changed(Instant::now(), is_input);
        }
    }
}

/// Draws a frame. When the top of what is loaded is near, older messages are asked for, and drawn when they come.
fn draw(shell: &mut Shell, view: &mut View, screen: &mut Screen, pace: &mut Pace) -> io::Result<()> {
    let found = view.layout(&mut shell.model);
    screen.draw(|frame| _ = view.draw(&shell.model, frame))?;
    if let Some(text) = found.dragged {
        shell.handle(Event::Dragged(text));
        if shell.take_redraw() {
            pace.changed(Instant::now(), true);
        }
    }
    if let Some(gap) = found.gap {
        shell.handle(Event::GapNear(gap));
    }
    let has_older = |shell: &Shell| shell.model.conversations.current().is_some_and(|one| one.has_older());
    if found.is_top_near && has_older(shell) {
        shell.handle(Event::TopNear);
        // Offline nothing is asked for and nothing changes: another frame would only ask again.
        if shell.take_redraw() && !has_older(shell) {
            pace.changed(Instant::now(), false);
        }
    }
    Ok(())
}

/// Tells the core how large the terminal is by now.
fn resize(shell: &mut Shell) -> io::Result<()> {
    let (columns, rows) = crossterm::terminal::size()?;
    shell.handle(Event::Resize { columns, rows });
    Ok(())
}

/// Handles a key and those that wait behind it, so that a burst of keys is one frame.
async fn read_keys(shell: &mut Shell, keys: &mut EventStream, first: Option<io::Result<TerminalEvent>>) {
    let mut next = Poll::Ready(first);
    for _ in 0..EVENTS_PER_TURN_MAX {
        match next {
            Poll::Ready(Some(Ok(event))) => shell.handle_terminal(event),
            Poll::Ready(Some(Err(_)) | None) => {
                // The terminal is gone.
                return shell.terminate();
            }
            Poll::Pending => return,
        }
        // With this task's own waker: the stream keeps the one it is given until the next key comes, and another one would
        // leave us asleep then.
        next = poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await;
    }
    if let Poll::Ready(Some(Ok(event))) = next {
        shell.handle_terminal(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_drawn_at_once_and_the_network_is_gathered() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.take(start));
        pace.changed(start, false);
        assert!(!pace.take(start));
        assert!(pace.take(start + GATHER_DELAY));

        // A stream of lines is drawn every FRAME_INTERVAL, not every GATHER_DELAY.
        let drawn = start + GATHER_DELAY;
        pace.changed(drawn + Duration::from_millis(1), false);
        assert!(!pace.take(drawn + GATHER_DELAY * 2));
        pace.changed(drawn + GATHER_DELAY * 2, true);
        assert!(pace.take(drawn + GATHER_DELAY * 2));
        assert!(!pace.take(drawn + FRAME_INTERVAL), "nothing has changed since");
    }
}
