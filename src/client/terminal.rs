//! The terminal: taken over, drawn on, given back as it was on every way out.
//!
//! Raw mode, alternate screen, mouse, bracketed paste, focus reports, the kitty keyboard protocol where the terminal's
//! name promises it, and synchronized output (private mode 2026) around each frame. It asks the terminal nothing (`asking`
//! does, once): an answer could come late or never, and would race the keys. It knows neither model nor view.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write};
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Size};
use rustix::process::{Signal, kill_current_process_group};
use tokio::signal::unix::{SignalKind, signal};

use super::cells_out::CellsOut;
use super::links::Links;
use super::picture::Picture;

/// The window's title is put aside; alternate screen; bracketed paste; focus reports.
const ENTER: &str = "\x1b[22;2t\x1b[?1049h\x1b[?2004h\x1b[?1004h";
/// Clicks, drags and the wheel as SGR reports (not every motion: nothing would use it, and each one would wake us).
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// The mouse is the terminal's again.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// The reverse of [`ENTER`] in the reverse order, after an end of a frame that may have been cut short; then plain
/// attributes, the default cursor, visible.
const LEAVE: &str =
    "\x1b[?2026l\x1b[?1004l\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[0m\x1b[?25h\x1b[?1049l\x1b[23;2t";
/// Kitty keyboard protocol: push the flag "disambiguate escape codes". The stack belongs to the alternate screen.
const KEYBOARD_PUSH: &str = "\x1b[>1u";
/// Take back what [`KEYBOARD_PUSH`] pushed.
const KEYBOARD_POP: &str = "\x1b[<1u";
/// Begin of a frame: the terminal shows nothing of what follows until its end.
const FRAME_BEGIN: &[u8] = b"\x1b[?2026h";
/// End of a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// How long a stop by Ctrl-Z may take to reach us. When it has not come by then, nobody could continue us and the kernel
/// refused it.
const STOP_TIMEOUT: Duration = Duration::from_millis(150);

/// The longest text for the clipboard: terminals drop longer sequences.
const COPY_BYTES_MAX: usize = 70_000;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the keyboard's flag was pushed.
static KEYBOARD_PUSHED: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is wanted.
static MOUSE_WANTED: AtomicBool = AtomicBool::new(true);
/// The thread that draws. A panic elsewhere must not give the terminal back under its feet.
static DRAWING_THREAD: OnceLock<ThreadId> = OnceLock::new();

/// Whether standard input and output are a terminal that a full screen can be drawn on.
pub fn is_usable() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb")
}

/// The size of standard output's terminal, which is drawn on: this is asked before each frame, and crossterm would open `/dev/tty`
/// for it.
///
/// # Errors
/// When there is no terminal.
pub fn size() -> io::Result<Size> {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Ok(Size { width: size.ws_col, height: size.ws_row }),
        _ => crossterm::terminal::size().map(Size::from),
    }
}

/// The terminal while it is ours. Dropping it gives the terminal back.
pub struct Screen {
    picture: Picture<FrameBytes>,
    bytes: FrameBytes,
}

impl Screen {
    /// Takes the terminal over. From here on a panic in this thread gives it back before its message is printed.
    ///
    /// # Errors
    /// When the terminal refuses raw mode or cannot be written to; it is left as it was.
    pub fn take() -> io::Result<Self> {
        Self::take_with(Links::default())
    }

    /// The same with the links that the picture's cells name.
    ///
    /// # Errors
    /// When the terminal refuses raw mode or cannot be written to; it is left as it was.
    pub fn take_with(links: Links) -> io::Result<Self> {
        install_panic_hook();
        enter()?;
        let links = has_links(&std::env::var("TERM").unwrap_or_default()).then_some(links);
        let bytes = FrameBytes::default();
        let mut screen = Self { picture: Picture::new(CellsOut::new(bytes.clone(), links)), bytes };
        screen.forget_picture()?;
        Ok(screen)
    }

    /// Has the next frame drawn as a whole, on an empty screen.
    fn forget_picture(&mut self) -> io::Result<()> {
        self.picture.resize(size()?)
    }

    /// Draws a frame: only the cells that changed are written, in one piece, and shown at once. `paint` is given empty cells, and
    /// returns where the cursor stands when it is visible.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            // A task of ours has panicked, and the hook has given the terminal back.
            return Err(io::Error::other("a task has panicked"));
        }
        let size = size()?;
        if size != self.picture.size() {
            self.picture.resize(size)?;
        }
        self.picture.draw(paint)?;
        let drawn = self.bytes.take();
        if drawn.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&[FRAME_BEGIN, &drawn, FRAME_END].concat())?;
        out.flush()
    }

    /// Sends a sequence that draws nothing: the bell, the clipboard.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn emit(&mut self, sequence: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(sequence)?;
        out.flush()
    }

    /// Gives the terminal back, stops this process group as a shell's job, and takes the terminal over again when it is
    /// continued. Everything must be drawn anew by the next [`Self::draw`], which this prepares.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub async fn suspend(&mut self) -> io::Result<()> {
        let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        leave();
        // SIGTSTP has its default action with us: the kernel stops us, or ignores it where no shell could continue us.
        kill_current_process_group(Signal::TSTP)?;
        let _ = tokio::time::timeout(STOP_TIMEOUT, continued.recv()).await;
        self.retake()
    }

    /// Takes the terminal over again after this process was stopped and continued without our doing.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn retake(&mut self) -> io::Result<()> {
        leave();
        enter()?;
        self.forget_picture()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Takes the mouse, or gives it back to the terminal: returns the sequence that does it. It is so again when the terminal is taken
/// over the next time.
pub fn mouse_sequence(is_wanted: bool) -> Vec<u8> {
    MOUSE_WANTED.store(is_wanted, Ordering::SeqCst);
    if is_wanted { MOUSE_ON } else { MOUSE_OFF }.as_bytes().to_vec()
}

/// Whether a terminal can be told of links (OSC 8). Most that do not know them are silent about them; some are known to print
/// them.
fn has_links(term: &str) -> bool {
    !(term == "linux" || term.starts_with("vt") || term.starts_with("cons"))
}

/// The sequence that puts a text on the clipboard (OSC 52), also through ssh. A text that is too long is cut there.
pub fn copy_sequence(text: &str) -> Vec<u8> {
    let cut = COPY_BYTES_MAX.min(text.len());
    let end = (0..=cut).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("\x1b]52;c;{}\x07", BASE64.encode(&text[..end])).into_bytes()
}

/// What a frame writes is gathered here, so that it leaves in one write whatever the libraries flush in between.
#[derive(Clone, Default)]
struct FrameBytes(Rc<RefCell<Vec<u8>>>);

impl FrameBytes {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for FrameBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let variable = |name| std::env::var(name).unwrap_or_default();
    let keyboard = has_kitty_keyboard(&variable("TERM"), &variable("TERM_PROGRAM"));
    KEYBOARD_PUSHED.store(keyboard, Ordering::SeqCst);
    let mouse = if MOUSE_WANTED.load(Ordering::SeqCst) { MOUSE_ON } else { "" };
    let written = write_out(&[ENTER, mouse, if keyboard { KEYBOARD_PUSH } else { "" }]);
    if written.is_err() {
        leave();
    }
    written
}

/// Gives the terminal back, if it is ours. Errors are of no use to anyone here: the terminal may be gone.
fn leave() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let keyboard = KEYBOARD_PUSHED.load(Ordering::SeqCst);
        let _ = write_out(&[if keyboard { KEYBOARD_POP } else { "" }, LEAVE]);
        let _ = disable_raw_mode();
    }
}

fn write_out(parts: &[&str]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(parts.concat().as_bytes())?;
    out.flush()
}

/// Terminals that are known to speak the kitty keyboard protocol. Others might print its sequences.
fn has_kitty_keyboard(term: &str, program: &str) -> bool {
    const TERMS: [&str; 6] = ["kitty", "ghostty", "foot", "alacritty", "wezterm", "rio"];
    const PROGRAMS: [&str; 4] = ["ghostty", "WezTerm", "iTerm.app", "rio"];
    // A multiplexer stands between us and the terminal that TERM_PROGRAM may still name.
    let multiplexed = term.starts_with("screen") || term.starts_with("tmux");
    !multiplexed && (TERMS.iter().any(|name| term.contains(name)) || PROGRAMS.contains(&program))
}

/// A panic of the thread that draws gives the terminal back and is then reported as usual. A panic elsewhere is logged:
/// printing it would tear the screen, and its task's owner learns of it anyway.
fn install_panic_hook() {
    if DRAWING_THREAD.set(std::thread::current().id()).is_err() {
        return;
    }
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_ours = DRAWING_THREAD.get() == Some(&std::thread::current().id());
        if is_ours {
            leave();
        }
        if TAKEN.load(Ordering::SeqCst) {
            tracing::error!(%panic, "a background thread panicked");
        } else {
            usual(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn what_was_switched_on_is_switched_off() {
        for mode in [ENTER, MOUSE_ON].concat().split("\x1b[?").filter_map(|sequence| sequence.strip_suffix('h')) {
            assert!(LEAVE.contains(&format!("\x1b[?{mode}l")), "mode {mode} stays on");
        }
    }

    #[test]
    fn the_keyboard_protocol_is_used_only_where_it_is_known() {
        assert!(has_kitty_keyboard("xterm-kitty", ""));
        assert!(has_kitty_keyboard("xterm-256color", "WezTerm"));
        assert!(!has_kitty_keyboard("xterm-256color", ""));
        assert!(!has_kitty_keyboard("tmux-256color", "ghostty"));
    }

    #[test]
    fn the_clipboard_gets_base64() {
        assert_eq!(copy_sequence("é"), b"\x1b]52;c;w6k=\x07");
        assert!(copy_sequence(&"é".repeat(COPY_BYTES_MAX)).len() < 2 * COPY_BYTES_MAX);
    }

    #[test]
    fn links_are_told_where_they_are_not_printed() {
        assert!(has_links("xterm-256color") && has_links("tmux-256color"));
        assert!(!has_links("linux") && !has_links("vt220"));
    }

    #[test]
    fn frames_leave_in_one_piece() {
        let bytes = FrameBytes::default();
        let mut picture = Picture::new(CellsOut::new(bytes.clone(), None));
        picture.resize(Size { width: 5, height: 1 }).unwrap();
        picture
            .draw(|cells| {
                cells.set_string(0, 0, "hello", Style::new());
                None
            })
            .unwrap();
        assert!(String::from_utf8(bytes.take()).unwrap().contains("hello"));
        assert!(bytes.take().is_empty());
    }
}
