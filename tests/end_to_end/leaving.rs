//! Every way out of the full-screen client leaves the terminal as it was, and no size of it does harm.

use super::sandbox::Sandbox;
use super::terminal::{Key, Terminal};
use super::{newcomer, open_client, signal};

/// Waits for the end and looks at what is left.
fn assert_left_in_good_order(mut terminal: Terminal, code: u32) {
    let status = terminal.wait_exit();
    assert_eq!(status.exit_code(), code, "{}", terminal.screen());
    let picture = terminal.picture();
    assert!(!picture.alternate_screen(), "the shell's screen is back");
    assert!(!picture.hide_cursor(), "the cursor is back");
    assert!(!picture.bracketed_paste(), "pastes are plain again");
    assert_eq!(picture.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is the terminal's again");
}

#[test]
fn escape_leaves_the_form_and_control_c_the_conversations() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let form = open_client(&sandbox, &server, "the form");
    form.press(Key::Escape);
    assert_left_in_good_order(form, 0);
    let client = newcomer(&sandbox, &server, "Romain");
    client.press(Key::Control('c'));
    assert_left_in_good_order(client, 0);
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    signal(&client, rustix::process::Signal::TERM);
    assert_left_in_good_order(client, 0);
}

#[test]
fn bye_leaves_and_say_bye_says_it() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    client.type_line("/say bye");
    client.wait_until("the word as a message", |screen| screen.contains("Romain │ bye"));
    client.type_line(" BYE  ");
    assert_left_in_good_order(client, 0);
}

#[test]
fn no_size_does_harm() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    for number in 0..30 {
        client.type_line(&format!("ligne {number} : 漢字かな, 👩‍👩‍👧 et e\u{301} ❤\u{fe0f} fin"));
    }
    client.wait_for("ligne 29");
    for (columns, rows) in [(20, 5), (1, 1), (200, 50), (3, 2), (40, 12), (500, 3), (2, 100), (80, 24)] {
        client.resize(columns, rows);
        client.settled();
    }
    client.wait_for("ligne 29");
    client.type_line("toujours là");
    client.wait_for("│ toujours là");
    client.resize(20, 5);
    client.wait_until("the last message on the smallest screen", |screen| screen.contains("toujours"));
    client.press(Key::Control('c'));
    assert_left_in_good_order(client, 0);
}

#[test]
fn wide_characters_keep_the_columns_straight() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let client = newcomer(&sandbox, &server, "Romain");
    for text in ["abc", "漢字", "é e\u{301}", "👋🏽", "ok ❤\u{fe0f}", "ｶﾞ"] {
        client.type_line(&format!("{text} fin"));
    }
    client.wait_until("all messages", |screen| screen.matches(" fin").count() == 6);
    let screen = client.settled();
    let picture = client.picture();
    let (rows, columns) = picture.size();
    // The bar between author and text stands in the same column of the emulator's cells in every row that has a message.
    let mut bars: Vec<Vec<u16>> = Vec::new();
    for row in 0..rows.get() {
        let line = picture.rows(0, columns.get()).nth(usize::from(row)).unwrap_or_default();
        if line.contains(" fin") {
            let bar = |column: &u16| picture.cell(row, *column).is_some_and(|cell| cell.contents() == "│");
            bars.push((0..columns.get()).filter(bar).collect());
        }
    }
    assert_eq!(bars.len(), 6, "{screen}");
    assert!(bars.iter().all(|row| *row == bars[0]), "{bars:?}\n{screen}");
}
