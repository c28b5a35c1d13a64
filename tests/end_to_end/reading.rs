//! Reading in a real terminal: the mouse copies, a storm of sizes leaves the text where it is, answers and reactions travel, what
//! was withdrawn is gone, a search leads into the past, and a stop by the shell leaves no trace.

use std::time::Duration;

use super::newcomer;
use super::sandbox::Sandbox;
use super::terminal::{Key, Terminal};

/// Where a text stands on the screen, counted from 1 as the mouse's reports do.
fn place(terminal: &Terminal, text: &str) -> (usize, usize) {
    let picture = terminal.picture();
    let (rows, columns) = picture.size();
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            let rest: String = (column..columns.get())
                .filter_map(|column| picture.cell(row, column))
                .map(|cell| if cell.has_contents() { cell.contents().to_owned() } else { " ".to_owned() })
                .collect();
            if rest.starts_with(text) {
                return (usize::from(column) + 1, usize::from(row) + 1);
            }
        }
    }
    panic!("{text:?} is not on the screen:\n{}", terminal.screen());
}

/// Presses, drags and releases the left button (SGR reports).
fn drag(terminal: &Terminal, from: (usize, usize), to: (usize, usize)) {
    terminal.type_text(&format!("\x1b[<0;{};{}M", from.0, from.1));
    terminal.type_text(&format!("\x1b[<32;{};{}M", to.0, to.1));
    terminal.type_text(&format!("\x1b[<0;{};{}m", to.0, to.1));
}

/// What the terminal was last told to put on the clipboard, as it came.
fn copied(terminal: &Terminal) -> Option<String> {
    let output = String::from_utf8_lossy(&terminal.output()).into_owned();
    let start = output.rfind("\x1b]52;c;")? + "\x1b]52;c;".len();
    output[start..].split('\x07').next().map(str::to_owned)
}

const SHIFT_UP: &str = "\x1b[1;2A";

#[test]
fn the_mouse_copies_what_is_said_and_nothing_else() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    client.type_line("premier");
    client.type_line("second");
    client.wait_for("│ second");
    client.settled();
    let (from, to) = (place(&client, "premier"), place(&client, "second"));
    drag(&client, from, (to.0 + 2, to.1));
    client.wait_for("Copié");
    // "premier\nsec" in Base64.
    assert_eq!(copied(&client).as_deref(), Some("cHJlbWllcgpzZWM="));
    // The mouse is given back, and taken again.
    client.press(Key::Alt('m'));
    client.wait_until("the mouse to be the terminal's", |_| {
        client.picture().mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    client.press(Key::Alt('m'));
    client.wait_until("the mouse to be ours", |_| {
        client.picture().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    });
}

#[test]
fn a_storm_of_sizes_leaves_the_text_where_it_is() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    for number in 100..160 {
        client.type_line(&format!("ligne {number} {}", "mot ".repeat(number % 7)));
    }
    client.wait_for("ligne 159");
    client.press(Key::PageUp);
    client.wait_gone("ligne 159");
    let before = client.settled();
    let last = |screen: &str| {
        let told = screen.lines().rev().find_map(|line| line.find("ligne ").map(|at| line[at..at + 9].to_owned()));
        told.unwrap_or_else(|| panic!("no line:\n{screen}"))
    };
    for step in 0..60u16 {
        client.resize(60 + step * 37 % 120, 8 + step * 13 % 40);
        std::thread::sleep(Duration::from_millis(3));
    }
    client.resize(100, 30);
    client.settled();
    client.wait_until("the same text", |screen| last(screen) == last(&before));
}

#[test]
fn answers_reactions_and_withdrawals_travel() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let first = newcomer(&sandbox, &server, "Romain");
    let other = Sandbox::new();
    let second = newcomer(&other, &server, "mimi");
    first.type_line("une question");
    second.wait_for("│ une question");
    second.type_text(SHIFT_UP);
    second.wait_for("répondre");
    second.type_text("r");
    second.wait_for("↳ réponse à Romain");
    second.type_line("une réponse");
    first.wait_for("╭ Romain une question");
    first.wait_for("│ une réponse");
    first.type_text(SHIFT_UP);
    first.type_text("+");
    first.wait_for("Réagir");
    first.type_text("bravo");
    first.press(Key::Enter);
    second.wait_for("👏 1");
    // Taken back by the same way.
    first.type_text(SHIFT_UP);
    first.type_text("+");
    first.wait_for("Réagir");
    first.type_text("bravo");
    first.press(Key::Enter);
    second.wait_gone("👏 1");
    // Their own message goes after a question.
    second.type_text(SHIFT_UP);
    second.type_text("d");
    second.wait_for("Retirer ce message");
    second.press(Key::Enter);
    first.wait_for("retiré par mimi");
    first.wait_gone("│ une réponse");
}

#[test]
fn a_search_leads_into_the_past() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    client.type_line("une aiguille");
    for number in 100..180 {
        client.type_line(&format!("foin {number}"));
    }
    client.wait_for("foin 179");
    client.press(Key::Control('f'));
    client.wait_for("Chercher ici");
    client.type_text("aiguille");
    client.wait_for("Romain: une aiguille");
    client.press(Key::Enter);
    client.wait_gone("Chercher ici");
    client.wait_for("│ une aiguille");
    client.wait_gone("foin 179");
    client.press(Key::Escape);
    client.settled();
    // Back to the end.
    client.type_text("\x1b[1;5F");
    client.wait_for("foin 179");
}

#[test]
fn stopped_and_continued_the_screen_is_as_it_was() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    client.type_line("avant");
    client.wait_for("│ avant");
    let before = client.settled();
    let pid = rustix::process::Pid::from_raw(client.pid().cast_signed()).expect("a process id");
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("it stops");
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).expect("it goes on");
    client.type_text("après");
    client.wait_for("› après");
    let rest = |screen: &str, draft: &str| {
        screen.replace(draft, "").lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    let after = client.settled();
    assert_eq!(rest(&after, "après"), rest(&before, "Message à #general"), "all but the draft is as it was");
    assert!(client.picture().alternate_screen());
    assert_ne!(client.picture().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    // Ctrl-Z where no shell could continue us does nothing but draw again.
    client.press(Key::Control('z'));
    client.press(Key::Enter);
    client.wait_for("│ après");
}
