//! The full screen's loop: keys, signals and the network in, frames out.
//!
//! Everything runs in one thread; what may block is done in others. A key is answered by a frame at once, and so is a message
//! after a silence; in a stream of them the frames become rarer. Nothing ticks while nothing happens.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::Event as TerminalEvent;
use ratatui::layout::Size;
use tokio::task::{JoinHandle, spawn_blocking};

use super::asking::{self, Answer};
use super::config::Settings;
use super::event::{Event, Exit};
use super::keyboard::Keyboard;
use super::keyring;
use super::links::Links;
use super::local::Spawn;
use super::shell::{ConfigFile, EVENTS_PER_TURN_MAX, Front, Options, Shell};
use super::signals::{Signals, Told, sleep_until_or_never};
use super::terminal::{self, Screen};
use super::view::View;
use super::view::dates::Zone;
use super::view::theme::{Background, Depth, Theme};
use crate::ground::paths::Directories;
use crate::ground::texts::{Language, Texts};

/// The least time between two frames that no key asked for: at first, and when they follow each other for longer. Each is
/// twice the one before.
const FRAME_INTERVAL_MIN: Duration = Duration::from_millis(2);
const FRAME_INTERVAL_MAX: Duration = Duration::from_millis(50);
/// How long a thread waits for more to do; then it ends.
const THREAD_KEEP_ALIVE: Duration = Duration::from_millis(500);

/// Why the client cannot run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Standard input or output is no terminal that can be drawn on.
    #[error("no terminal")]
    NoTerminal,
    /// The person's configuration file has faults: where they are and which.
    #[error("{0}")]
    Config(String),
    /// The terminal or the runtime refused.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl RunError {
    /// The error in a person's language.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::NoTerminal => texts.get("run-no-terminal").into_owned(),
            Self::Config(faults) => faults.clone(),
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
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().thread_keep_alive(THREAD_KEEP_ALIVE).build()?;
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
/// uid. Keys, colours and notifications are those of the person's own configuration file.
///
/// # Errors
/// When that file has faults, there is no terminal, or it went away.
pub fn run_console(
    socket: PathBuf,
    language: Language,
    directories: Directories,
    config: Option<PathBuf>,
) -> Result<Exit, RunError> {
    let config = ConfigFile::of(config, &directories, Settings::console_flags());
    let file = config.read(&Texts::new(language)).map_err(|faults| RunError::Config(config.told(&faults)))?;
    let settings = Settings::console(socket, language, file);
    let keyring = Arc::new(keyring::NoKeyring);
    full_screen(Options { settings, directories, spawn: Spawn::Forbidden, keyring, config: Some(config) })
}

/// When the next frame is due.
#[derive(Debug)]
struct Pace {
    due: Option<Instant>,
    last: Option<Instant>,
    /// The least time between the last frame and the next one that no key asks for.
    interval: Duration,
    /// The person waits for it.
    is_wanted: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { due: None, last: None, interval: FRAME_INTERVAL_MIN, is_wanted: false }
    }
}

impl Pace {
    /// Something visible has changed. `at_once`: because of the person.
    fn changed(&mut self, now: Instant, at_once: bool) {
        let rested = self.last.map_or(Duration::MAX, |last| now.saturating_duration_since(last));
        if self.due.is_none() && rested >= FRAME_INTERVAL_MAX {
            self.interval = FRAME_INTERVAL_MIN;
        }
        self.is_wanted |= at_once;
        let due = if at_once { now } else { now + self.interval.saturating_sub(rested) };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// Whether a frame is due; then it counts as drawn.
    fn take(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            let interval = if self.is_wanted { self.interval } else { (2 * self.interval).min(FRAME_INTERVAL_MAX) };
            *self = Self { last: Some(now), interval, ..Self::default() };
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
    shell.handle(Event::Start);
    resize(shell)?;
    shell.tell_start_faults();
    draw(shell, &mut view, &mut screen, &mut pace)?;
    // After the first frame, so that nobody waits for it, and before anything else reads what the terminal sends.
    let mut asked = (depth >= Depth::Many).then(|| spawn_blocking(asking::ask));
    let mut keyboard = if asked.is_none() { Some(Keyboard::new()?) } else { None };
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
            event = typed(&mut keyboard) => {
                read_keys(shell, &mut keyboard, event);
                true
            }
            told = signals.next() => {
                match told {
                    Told::End => shell.terminate(),
                    Told::Resized => resize(shell)?,
                    Told::Continued => {
                        screen.retake()?;
                        resize(shell)?;
                    }
                }
                true
            }
            answer = answered(&mut asked) => {
                let answer = answer?;
                background = match answer.is_light {
                    Some(true) => Background::Light,
                    Some(false) => Background::Dark,
                    None => Background::Unknown,
                };
                answer.typed.into_iter().for_each(|key| shell.handle(Event::Key(key)));
                keyboard = Some(Keyboard::new()?);
                pace.changed(Instant::now(), true);
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
    screen.draw(|cells| view.draw(&shell.model, cells))?;
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
    let Size { width: columns, height: rows } = terminal::size()?;
    shell.handle(Event::Resize { columns, rows });
    Ok(())
}

/// Waits for what the terminal answers; for ever when it was asked nothing, or has answered.
async fn answered(asked: &mut Option<JoinHandle<io::Result<Answer>>>) -> io::Result<Answer> {
    let Some(asking) = asked else { return std::future::pending().await };
    let answer = asking.await.map_err(io::Error::other).flatten();
    *asked = None;
    answer
}

/// Waits for a key, once they are read.
async fn typed(keyboard: &mut Option<Keyboard>) -> Option<io::Result<TerminalEvent>> {
    match keyboard {
        Some(keyboard) => keyboard.next().await,
        None => std::future::pending().await,
    }
}

/// Handles a key and those that wait behind it, so that a burst of keys is one frame.
fn read_keys(shell: &mut Shell, keyboard: &mut Option<Keyboard>, first: Option<io::Result<TerminalEvent>>) {
    let Some(Ok(event)) = first else {
        // The terminal is gone.
        return shell.terminate();
    };
    shell.handle_terminal(event);
    for _ in 1..EVENTS_PER_TURN_MAX {
        match keyboard.as_mut().and_then(Keyboard::try_next) {
            Some(Ok(event)) => shell.handle_terminal(event),
            Some(Err(_)) => return shell.terminate(),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_at_once_after_a_silence_and_become_rarer_in_a_stream() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.take(start));
        pace.changed(start, false);
        assert!(pace.take(start));
        // A millisecond later each, something changes again.
        let mut drawn = vec![0];
        for millis in 1..400 {
            let now = start + Duration::from_millis(millis);
            pace.changed(now, false);
            if pace.take(now) {
                drawn.push(millis);
            }
        }
        assert_eq!(drawn[..8], [0, 4, 12, 28, 60, 110, 160, 210]);
        // A key is drawn at once all the same.
        let now = start + Duration::from_millis(400);
        pace.changed(now, true);
        assert!(pace.take(now));
        assert!(!pace.take(now + FRAME_INTERVAL_MAX), "nothing has changed since");
        pace.changed(now + FRAME_INTERVAL_MAX, false);
        assert!(pace.take(now + FRAME_INTERVAL_MAX));
    }
}
