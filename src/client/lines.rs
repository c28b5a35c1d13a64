//! The loops without a screen: of the line mode (a line read when one is asked for, lines printed, the date above each that was
//! said), and of an errand for a script (no question, the date before each line).
//!
//! It works on a terminal, in pipes and for screen readers: nothing is drawn, moved or repeated. What is asked and said is
//! decided by `plain` and `errand`. Standard input is read in a thread of its own, one line at a time, and only while there is a question
//! for it; a secret is not echoed on a terminal.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};
use std::time::SystemTime;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use super::errand::{Ending, Errand, Said};
use super::event::{Event, Exit};
use super::plain::{Input, Plain, Printed, Prompt};
use super::run::RunError;
use super::shell::{Front, Options, Shell};
use super::signals::{Signals, Told, sleep_until_or_never};
use super::view::dates::Zone;
use crate::proto::text::{clean_name, shown};

/// The longest line that is read at once; what is longer comes as several lines.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// How many questions may wait for the reading thread: there is only ever one.
const QUESTIONS_MAX: usize = 1;

/// Runs the line mode until `bye`, the end of the input, or a signal.
///
/// # Errors
/// When standard output is gone, or the system refuses what a loop needs.
pub fn run(options: &Options) -> Result<Exit, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(async {
        let plain = Plain::new(io::stdin().is_terminal());
        let mut shell = Shell::new(options, Front::Lines(Box::new(plain)), SystemTime::now());
        let exit = talk(&mut shell).await;
        shell.close().await;
        exit
    });
    runtime.shutdown_background();
    exit
}

async fn talk(shell: &mut Shell) -> Result<Exit, RunError> {
    let mut signals = Signals::new()?;
    let mut reader = LineReader::start()?;
    let mut paper = Paper::new();
    shell.handle(Event::Start);
    shell.tell_start_faults();
    loop {
        let Front::Lines(plain) = &mut shell.front else { return Ok(Exit::Wanted) };
        paper.print(&plain.take_printed())?;
        let prompt = plain.prompt(&shell.model);
        if let Some(exit) = shell.exit.take() {
            return Ok(exit);
        }
        paper.ask(prompt.as_ref())?;
        if prompt.is_some() {
            reader.ask();
        }
        tokio::select! {
            input = reader.answer() => {
                paper.answered();
                shell.step(input);
            }
            told = signals.next() => {
                if told == Told::End {
                    shell.terminate();
                }
            }
            () = sleep_until_or_never(shell.wake_at()) => shell.handle(Event::Tick),
            () = shell.outside() => {}
        }
    }
}

/// Runs an errand for a script until it is done, or clearly cannot be.
///
/// # Errors
/// When standard output is gone, or the system refuses what a loop needs.
pub fn run_errand(options: &Options, errand: Errand) -> Result<Ending, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ending = runtime.block_on(async {
        let mut shell = Shell::new(options, Front::Errand(Box::new(errand)), SystemTime::now());
        let ending = do_errand(&mut shell).await;
        shell.close().await;
        ending
    });
    runtime.shutdown_background();
    match ending {
        // Who reads the output has seen enough.
        Err(RunError::System(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ending::Done),
        ending => ending,
    }
}

async fn do_errand(shell: &mut Shell) -> Result<Ending, RunError> {
    let mut signals = Signals::new()?;
    let mut reader = LineReader::start()?;
    shell.handle(Event::Start);
    loop {
        let Front::Errand(errand) = &mut shell.front else { return Ok(Ending::Done) };
        let printed: String = errand.take_printed().iter().map(said_line).collect();
        if !printed.is_empty() {
            write_out(&printed)?;
        }
        if let Some(ending) = errand.ending() {
            return Ok(ending.clone());
        }
        if errand.wants_line(&shell.model) {
            reader.ask();
        }
        tokio::select! {
            input = reader.answer() => shell.step(input),
            told = signals.next() => {
                if told == Told::End {
                    shell.terminate();
                }
            }
            () = sleep_until_or_never(shell.wake_at()) => shell.handle(Event::Tick),
            () = shell.outside() => {}
        }
    }
}

/// `dd/mm/yyyy hh:mm:ss name: text`, for each line of a message.
fn said_line(said: &Said) -> String {
    let (date, author) = (Zone::Local.date_and_clock(said.time), clean_name(&said.author));
    let line = |text: &str| match said.is_action {
        true => format!("{date} * {author} {}\n", shown(text)),
        false => format!("{date} {author}: {}\n", shown(text)),
    };
    said.text.lines().map(line).collect()
}

/// Reads lines in a thread, each when it is asked for.
struct LineReader {
    questions: std::sync::mpsc::SyncSender<()>,
    answers: mpsc::Receiver<Input>,
    is_asked: bool,
    has_ended: bool,
}

impl LineReader {
    fn start() -> io::Result<Self> {
        let (questions, asked) = std::sync::mpsc::sync_channel::<()>(QUESTIONS_MAX);
        let (answer, answers) = mpsc::channel(QUESTIONS_MAX);
        std::thread::Builder::new().name("standard input".to_owned()).spawn(move || {
            while asked.recv().is_ok() {
                let input = read_line();
                let is_end = matches!(input, Input::End);
                if answer.blocking_send(input).is_err() || is_end {
                    return;
                }
            }
        })?;
        Ok(Self { questions, answers, is_asked: false, has_ended: false })
    }

    fn ask(&mut self) {
        if !self.is_asked && !self.has_ended {
            // There is room: a question is only asked when the one before was answered.
            self.is_asked = self.questions.try_send(()).is_ok();
        }
    }

    /// The line that was asked for; for ever nothing when none was.
    async fn answer(&mut self) -> Input {
        if self.has_ended {
            return std::future::pending().await;
        }
        let input = self.answers.recv().await.unwrap_or(Input::End);
        self.is_asked = false;
        self.has_ended = matches!(input, Input::End);
        input
    }
}

fn read_line() -> Input {
    let mut bytes = Vec::new();
    match io::stdin().lock().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes) {
        Ok(0) | Err(_) => Input::End,
        Ok(_) => {
            let line = String::from_utf8_lossy(&bytes);
            Input::Line(line.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}

/// Standard output and the echo of standard input.
struct Paper {
    /// Both ends are a terminal: what is typed is seen behind its question.
    is_terminal: bool,
    /// The question that stands on the last line, or was the last one asked in a pipe.
    asked: Option<Prompt>,
    /// The question stands on an unfinished line.
    is_open: bool,
    /// The terminal as it was, while it does not echo.
    echoing: Option<Termios>,
}

impl Paper {
    fn new() -> Self {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        Self { is_terminal, asked: None, is_open: false, echoing: None }
    }

    fn print(&mut self, printed: &[Printed]) -> io::Result<()> {
        if printed.is_empty() {
            return Ok(());
        }
        let lead = if self.is_open { "\n" } else { "" };
        if self.is_open {
            self.is_open = false;
            self.asked = None;
        }
        write_out(&format!("{lead}{}", written(printed)))
    }

    /// Asks, unless the same question stands there already.
    fn ask(&mut self, prompt: Option<&Prompt>) -> io::Result<()> {
        let is_secret = prompt.is_some_and(|prompt| prompt.is_secret);
        self.echo(!is_secret);
        let Some(prompt) = prompt else { return Ok(()) };
        if self.asked.as_ref() == Some(prompt) {
            return Ok(());
        }
        let lead = if std::mem::replace(&mut self.is_open, self.is_terminal) { "\n" } else { "" };
        self.asked = Some(prompt.clone());
        // In a pipe no line of the person ends the question's line.
        let text = shown(&prompt.text);
        let text = if self.is_terminal { text.as_ref() } else { text.trim_end() };
        let end = if self.is_terminal { "" } else { "\n" };
        write_out(&format!("{lead}{text}{end}"))
    }

    /// The line behind the question was ended by the person.
    fn answered(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.asked = None;
        }
    }

    /// Shows what is typed, or hides it but for the line's end.
    fn echo(&mut self, is_shown: bool) {
        if is_shown {
            if let Some(before) = self.echoing.take() {
                // The terminal is gone when this fails: then there is nothing to restore.
                let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
            }
        } else if self.echoing.is_none()
            && io::stdin().is_terminal()
            && let Ok(before) = tcgetattr(io::stdin())
        {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            hidden.local_modes.insert(LocalModes::ECHONL);
            if tcsetattr(io::stdin(), OptionalActions::Now, &hidden).is_ok() {
                self.echoing = Some(before);
            }
        }
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        self.echo(true);
        if self.is_open {
            // What comes after us begins on a line of its own. Nobody reads it when this fails.
            let _ = write_out("\n");
        }
    }
}

/// What is written of these: whatever stands in them, nothing but text and line ends.
fn written(printed: &[Printed]) -> String {
    let mut out = String::new();
    for Printed { time, text } in printed {
        if let Some(time) = time {
            out.push_str(&Zone::Local.date_and_clock(*time));
            out.push('\n');
        }
        for line in text.lines() {
            out.push_str(&shown(line));
            out.push('\n');
        }
    }
    out
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_is_printed_steers_a_terminal(text in any::<String>(), steering in "[\u{1b}\u{9b}\u{7}\u{202e}\u{2066}\\r\\[\\]0-9;mJH]{0,20}") {
            let printed = Printed { time: None, text: format!("{steering}{text}{steering}") };
            let out = written(std::slice::from_ref(&printed));
            let steers = |c: char| c != '\n' && c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!out.contains(steers), "{:?}", out);
            prop_assert_eq!(out.matches('\n').count(), printed.text.lines().count());
        }
    }
}
