//! By what the person is called: the bell, sequences that terminals understand, `notify-send`.
//!
//! OSC 9 (iTerm2), OSC 777 (urxvt), OSC 99 (kitty). A text that goes into a sequence has lost its controls before.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::event::Notice;
use super::preferences::{OPEN_WITH_AUTO, Way};

/// How long `notify-send` may take; then it is ended.
const DESKTOP_TIMEOUT: Duration = Duration::from_secs(5);
/// The program by which desktops open what they are given (xdg-utils).
const DESKTOP_OPENER: &str = "xdg-open";
/// The most bytes of a text in a sequence; terminals drop longer ones.
const TEXT_BYTES_MAX: usize = 500;

/// What of the environment says what the terminal and the desktop understand.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `TERM`.
    pub term: String,
    /// `TERM_PROGRAM`.
    pub program: String,
    /// A desktop is there, and it is this computer's.
    pub has_desktop: bool,
}

impl Surroundings {
    /// As the variables of the environment are.
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let has_desktop = (is_set("WAYLAND_DISPLAY") || is_set("DISPLAY")) && !is_set("SSH_CONNECTION");
        Self { term: variable("TERM"), program: variable("TERM_PROGRAM"), has_desktop }
    }

    /// What opens a link here: in the place of `auto` the desktop's own opener, and nothing where there is no desktop.
    pub fn opener(&self, wanted: Option<String>) -> Option<String> {
        match wanted {
            Some(program) if program == OPEN_WITH_AUTO => self.has_desktop.then(|| DESKTOP_OPENER.to_owned()),
            wanted => wanted,
        }
    }

    /// The ways that `auto` stands for here.
    fn ways(&self) -> Vec<Way> {
        let is_multiplexed = self.term.starts_with("tmux") || self.term.starts_with("screen");
        let is_term = |names: &[&str]| names.iter().any(|name| self.term.contains(name) || self.program == *name);
        let own = match () {
            () if is_multiplexed => None,
            () if is_term(&["kitty"]) => Some(Way::Osc99),
            () if is_term(&["foot", "rxvt", "ghostty"]) => Some(Way::Osc777),
            () if is_term(&["iTerm.app", "WezTerm", "wezterm"]) => Some(Way::Osc9),
            () => self.has_desktop.then_some(Way::Desktop),
        };
        [Way::Bell].into_iter().chain(own).collect()
    }
}

/// Calls the person in these ways: what the terminal is to be sent.
pub fn call(notice: &Notice, ways: &[Way], around: &Surroundings) -> Vec<Vec<u8>> {
    let mut wanted = Vec::new();
    for way in ways {
        let ways = if *way == Way::Auto { around.ways() } else { vec![*way] };
        wanted.extend(ways);
    }
    let (title, body) = (safe(&notice.title), safe(&notice.body));
    let mut sequences = Vec::new();
    for way in wanted {
        match way {
            Way::Bell => sequences.push("\x07".to_owned()),
            Way::Osc9 => sequences.push(format!("\x1b]9;{title}: {body}\x1b\\")),
            // The parts are parted by semicolons: the title must have none.
            Way::Osc777 => sequences.push(format!("\x1b]777;notify;{};{body}\x1b\\", title.replace(';', ","))),
            Way::Osc99 => {
                sequences.push(format!("\x1b]99;i=chat-tui:d=0:p=title;{title}\x1b\\"));
                sequences.push(format!("\x1b]99;i=chat-tui:d=1:p=body;{body}\x1b\\"));
            }
            Way::Desktop => desktop(title.clone(), body.clone()),
            Way::Auto => {}
        }
    }
    sequences.into_iter().map(String::into_bytes).collect()
}

/// The sequence that gives the window a title.
pub fn title_sequence(title: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x1b\\", safe(title)).into_bytes()
}

/// A text that cannot end the sequence that it stands in, nor begin another one.
fn safe(text: &str) -> String {
    let mut safe: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    let end = (0..=TEXT_BYTES_MAX.min(safe.len())).rev().find(|end| safe.is_char_boundary(*end)).unwrap_or(0);
    safe.truncate(end);
    safe
}

/// By the desktop's own program, in a task of its own. Where there is none, nothing happens.
fn desktop(title: String, body: String) {
    tokio::spawn(async move {
        let mut command = Command::new("notify-send");
        command.args(["--app-name=chat-tui", "--", &title, &body]).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match timeout(DESKTOP_TIMEOUT, command.status()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "notify-send did not run"),
            Err(_) => tracing::debug!("notify-send did not end"),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(ways: &[Way], term: &str) -> String {
        let notice = Notice { title: "ann; \x1b[2J".into(), body: "hi\x07\u{9c}there".into() };
        let around = Surroundings { term: term.into(), ..Surroundings::default() };
        String::from_utf8(call(&notice, ways, &around).concat()).unwrap()
    }

    #[test]
    fn links_are_opened_by_the_desktop_where_there_is_one() {
        let here = Surroundings { has_desktop: true, ..Surroundings::default() };
        let elsewhere = Surroundings::default();
        let auto = || Some(OPEN_WITH_AUTO.to_owned());
        assert_eq!(here.opener(auto()).as_deref(), Some("xdg-open"));
        assert_eq!(elsewhere.opener(auto()), None, "they are copied");
        let own = Some("my-browser --new".to_owned());
        assert_eq!((here.opener(None), elsewhere.opener(own.clone())), (None, own));
    }

    #[test]
    fn a_text_cannot_leave_its_sequence() {
        for (way, expected) in [
            (Way::Bell, "\x07"),
            (Way::Osc9, "\x1b]9;ann;  [2J: hi  there\x1b\\"),
            (Way::Osc777, "\x1b]777;notify;ann,  [2J;hi  there\x1b\\"),
        ] {
            assert_eq!(called(&[way], "xterm"), expected);
        }
        assert_eq!(title_sequence("a\x1b\\b"), b"\x1b]2;a \\b\x1b\\");
        assert!(title_sequence(&"é".repeat(1_000)).len() < TEXT_BYTES_MAX + 10);
    }

    #[test]
    fn the_terminal_decides_what_auto_is() {
        assert!(called(&[Way::Auto], "xterm-kitty").contains("\x1b]99;"));
        assert!(called(&[Way::Auto], "foot").contains("\x1b]777;"));
        assert_eq!(called(&[Way::Auto], "xterm-256color"), "\x07");
        assert_eq!(called(&[Way::Auto], "tmux-256color"), "\x07");
        assert_eq!(called(&[], "xterm-kitty"), "");
    }
}
