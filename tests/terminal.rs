//! The terminal is as it was on every way out: the guard dropped, a panic of the drawing thread, one in a task.
//!
//! This file runs itself as a child in a pseudo-terminal, with a terminal emulator at its other end.

#![cfg(feature = "tui")]

use std::io::Read as _;
use std::num::NonZeroU16;

use chat_tui::client::terminal::Screen;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

/// Says to the child which way out it takes.
const WAY_OUT: &str = "CHAT_TEST_WAY_OUT";

/// Not a test of its own: what the child does.
#[test]
#[ignore = "runs in the child only"]
fn child() {
    let mut screen = Screen::take().unwrap();
    screen.draw(|cells| write("oneoneone", cells)).unwrap();
    match std::env::var(WAY_OUT).unwrap().as_str() {
        "panic" => panic!("the drawing thread has failed"),
        "panic-in-a-task" => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { tokio::spawn(async { panic!("a task has failed") }).await.unwrap_err() });
            screen.draw(|_| None).unwrap_err();
        }
        "panic-in-a-thread" => {
            std::thread::spawn(|| panic!("another thread has failed")).join().unwrap_err();
            screen.draw(|cells| write("TWOTWOTWO", cells)).unwrap();
        }
        _ => drop(screen),
    }
}

fn write(text: &str, cells: &mut Buffer) -> Option<Position> {
    cells.set_string(0, 0, text, Style::new());
    None
}

/// What is left of the terminal when the child has gone: the emulator, and all that was written.
fn after(way_out: &str) -> (vt100::Parser, String) {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let before = pair.master.get_termios().unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--ignored", "--nocapture"]);
    command.env(WAY_OUT, way_out);
    command.env("TERM", "xterm-kitty");
    command.env("RUST_BACKTRACE", "0");
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    let reading = std::thread::spawn(move || {
        // The end of a terminal without a process is an error on Linux.
        let _ = reader.read_to_end(&mut bytes);
        bytes
    });
    child.wait().unwrap();
    assert_eq!(pair.master.get_termios().unwrap(), before, "{way_out}: the line discipline is as it was");
    drop(pair.slave);
    let bytes = reading.join().unwrap();
    let [rows, columns] = [24, 80].map(|cells| NonZeroU16::new(cells).unwrap());
    let mut emulator = vt100::Parser::new(rows, columns, 0);
    emulator.process(&bytes);
    (emulator, String::from_utf8_lossy(&bytes).into_owned())
}

#[track_caller]
fn assert_restored(way_out: &str) -> (vt100::Parser, String) {
    let (emulator, written) = after(way_out);
    let screen = emulator.screen();
    assert!(written.contains("oneoneone"), "{way_out}: it was drawn\n{written}");
    assert!(!screen.alternate_screen(), "{way_out}: alternate screen");
    assert!(!screen.hide_cursor(), "{way_out}: hidden cursor");
    assert!(!screen.bracketed_paste(), "{way_out}: bracketed paste");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "{way_out}: mouse");
    assert_eq!(written.matches("\x1b[>1u").count(), written.matches("\x1b[<1u").count(), "{way_out}: keyboard");
    assert_eq!(written.matches("\x1b[?1004h").count(), written.matches("\x1b[?1004l").count(), "{way_out}: focus");
    assert!(!screen.contents().contains("oneoneone"), "{way_out}: the picture is gone");
    (emulator, written)
}

#[test]
fn dropping_the_guard_restores() {
    assert_restored("drop");
}

#[test]
fn a_panic_restores_and_is_told() {
    let (emulator, _) = assert_restored("panic");
    assert!(emulator.screen().contents().contains("the drawing thread has failed"));
}

#[test]
fn a_panic_in_a_task_of_the_drawing_thread_restores_and_ends_the_drawing() {
    let (emulator, _) = assert_restored("panic-in-a-task");
    assert!(emulator.screen().contents().contains("a task has failed"));
}

#[test]
fn a_panic_of_another_thread_leaves_the_screen_alone() {
    let (emulator, written) = assert_restored("panic-in-a-thread");
    assert!(written.contains("TWOTWOTWO"), "it went on drawing");
    assert!(!emulator.screen().contents().contains("another thread has failed"));
}
