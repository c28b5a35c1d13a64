//! A program in a real terminal: a pseudo-terminal and a terminal emulator behind it, as a person would see it.
//!
//! Every wait is bounded and fails with the picture of the screen. The program is stopped when the terminal goes.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a screen may take to show what a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How long the screen must stand still to count as settled.
const SETTLED: Duration = Duration::from_millis(250);

/// A running program and its screen.
pub struct Terminal {
    name: String,
    master: Box<dyn MasterPty + Send>,
    keyboard: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    state: Arc<Mutex<State>>,
}

/// What the reading thread keeps.
struct State {
    emulator: vt100::Parser,
    /// Everything the program ever wrote.
    output: Vec<u8>,
    last_change: Instant,
    ended: bool,
}

/// The keys that are more than a character.
#[allow(dead_code, reason = "each test binary uses its own few")]
#[derive(Clone, Copy, Debug)]
pub enum Key {
    Enter,
    Tab,
    BackTab,
    Escape,
    Up,
    Down,
    ShiftUp,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    F1,
    Plain(char),
    Control(char),
    Alt(char),
}

impl Key {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Enter => b"\r".to_vec(),
            Self::Tab => b"\t".to_vec(),
            Self::BackTab => b"\x1b[Z".to_vec(),
            Self::Escape => b"\x1b".to_vec(),
            Self::Up => b"\x1b[A".to_vec(),
            Self::Down => b"\x1b[B".to_vec(),
            Self::ShiftUp => b"\x1b[1;2A".to_vec(),
            Self::Right => b"\x1b[C".to_vec(),
            Self::Left => b"\x1b[D".to_vec(),
            Self::PageUp => b"\x1b[5~".to_vec(),
            Self::PageDown => b"\x1b[6~".to_vec(),
            Self::Home => b"\x1b[H".to_vec(),
            Self::End => b"\x1b[F".to_vec(),
            Self::F1 => b"\x1bOP".to_vec(),
            Self::Plain(sign) => sign.to_string().into_bytes(),
            Self::Control(letter) => vec![letter as u8 & 0x1f],
            Self::Alt(letter) => format!("\x1b{letter}").into_bytes(),
        }
    }
}

#[allow(dead_code, reason = "each test binary uses its own few")]
impl Terminal {
    /// Starts a program in a terminal of this size, which does not say what its background is.
    pub fn start(name: &str, command: CommandBuilder, columns: u16, rows: u16) -> Self {
        Self::start_on("", name, command, columns, rows)
    }

    /// Starts a program in a terminal that says that its background is of this colour (`rgb:16/18/1d`).
    pub fn start_on(background: &'static str, name: &str, command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(pty_size(columns, rows)).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let keyboard = Arc::new(Mutex::new(pair.master.take_writer().expect("the terminal can be written")));
        let state = Arc::new(Mutex::new(State {
            emulator: vt100::Parser::new(non_zero(rows), non_zero(columns), 0),
            output: Vec::new(),
            last_change: Instant::now(),
            ended: false,
        }));
        let shared = Arc::clone(&state);
        let answers = Arc::clone(&keyboard);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                match reader.read(&mut bytes) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => {
                        let answer = answer_queries(&bytes[..count], background);
                        let mut state = shared.lock().expect("the state");
                        state.emulator.process(&bytes[..count]);
                        state.output.extend_from_slice(&bytes[..count]);
                        state.last_change = Instant::now();
                        drop(state);
                        if !answer.is_empty() {
                            let _ = answers.lock().expect("the keyboard").write_all(&answer);
                        }
                    }
                }
            }
            shared.lock().expect("the state").ended = true;
        });
        Self { name: name.to_owned(), master: pair.master, keyboard, child, state }
    }

    /// Types a text, character by character as far as the program can tell.
    pub fn type_text(&self, text: &str) {
        self.write(text.as_bytes());
    }

    /// Types a text and Enter.
    pub fn type_line(&self, text: &str) {
        self.type_text(text);
        self.press(Key::Enter);
    }

    /// Presses one key.
    pub fn press(&self, key: Key) {
        self.write(&key.bytes());
    }

    /// Pastes a text as a terminal with bracketed paste does.
    pub fn paste(&self, text: &str) {
        self.write(format!("\x1b[200~{text}\x1b[201~").as_bytes());
    }

    fn write(&self, bytes: &[u8]) {
        let mut keyboard = self.keyboard.lock().expect("the keyboard");
        let _ = keyboard.write_all(bytes).and_then(|()| keyboard.flush());
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.state.lock().expect("the state").emulator.set_size(non_zero(rows), non_zero(columns));
        self.master.resize(pty_size(columns, rows)).expect("the terminal is resized");
    }

    /// The screen as text, a line a row.
    pub fn screen(&self) -> String {
        self.state.lock().expect("the state").emulator.screen().contents()
    }

    /// The emulator's screen, for what is more than text.
    pub fn picture(&self) -> vt100::Screen {
        self.state.lock().expect("the state").emulator.screen().clone()
    }

    /// Everything that the program wrote so far.
    pub fn output(&self) -> Vec<u8> {
        self.state.lock().expect("the state").output.clone()
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text));
    }

    /// Waits until the screen no longer shows a text.
    pub fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("the end of {text:?}"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as wanted.
    pub fn wait_until(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return;
            }
            let ended = self.state.lock().expect("the state").ended;
            assert!(
                Instant::now() < deadline && !ended,
                "{}: waited in vain for {what} ({}); the screen shows:\n{screen}",
                self.name,
                if ended { "the program has ended" } else { "time is up" },
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until nothing has changed for a moment, and gives the screen.
    pub fn settled(&self) -> String {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.state.lock().expect("the state").last_change.elapsed() >= SETTLED {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.screen()
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process id")
    }

    /// Waits for the end of the program.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child's status") {
                // What it wrote last is read before the terminal closes.
                while !self.state.lock().expect("the state").ended && Instant::now() < deadline {
                    thread::sleep(Duration::from_millis(5));
                }
                return status;
            }
            assert!(Instant::now() < deadline, "{}: did not end; the screen shows:\n{}", self.name, self.screen());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers what terminals are asked for: the colour of their background (OSC 11), where it is to be told, and their kind (DA1).
fn answer_queries(output: &[u8], background: &str) -> Vec<u8> {
    let count = |query: &[u8]| output.windows(query.len()).filter(|window| *window == query).count();
    let mut answer = Vec::new();
    if !background.is_empty() {
        answer.extend(format!("\x1b]11;{background}\x1b\\").repeat(count(b"\x1b]11;?")).into_bytes());
    }
    answer.extend(b"\x1b[?62;c".repeat(count(b"\x1b[c")));
    answer
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn non_zero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has at least one row and one column")
}
