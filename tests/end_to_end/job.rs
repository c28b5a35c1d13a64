//! The client as a job of a shell: Ctrl-Z gives the shell its terminal back, `fg` brings the client back as it was.

use portable_pty::CommandBuilder;

use super::register;
use super::sandbox::Sandbox;
use super::terminal::{Key, Terminal};

const PROMPT: &str = "prompt> ";

/// A shell with job control in a terminal of 100 by 30 cells.
fn shell(sandbox: &Sandbox) -> Terminal {
    let mut command = CommandBuilder::new("/bin/sh");
    command.arg("-i");
    command.env_clear();
    for (name, value) in sandbox.environment() {
        command.env(name, value);
    }
    command.env("PS1", PROMPT);
    command.cwd(sandbox.path("home"));
    let terminal = Terminal::start("the shell", command, 100, 30);
    terminal.wait_for(PROMPT);
    terminal
}

/// The terminal is the shell's: it draws on its own screen, and what is typed is echoed and carried out.
fn assert_the_shell_s(terminal: &Terminal, sum: &str) {
    terminal.wait_until("the terminal to be the shell's", |screen| {
        // Until the shell asks for more, the client may still read what is typed.
        let is_asked = screen.trim_end().ends_with(PROMPT.trim_end());
        let picture = terminal.picture();
        let is_taken = picture.alternate_screen() || picture.hide_cursor() || picture.bracketed_paste();
        is_asked && !is_taken && picture.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    terminal.type_line(&format!("echo result $(({sum}))"));
    terminal.wait_for(&format!("echo result $(({sum}))"));
    let result: u32 = sum.split('+').map(|part| part.parse::<u32>().expect("a number")).sum();
    terminal.wait_for(&format!("result {result}"));
}

#[test]
fn control_z_leaves_to_the_shell_and_fg_comes_back() {
    let sandbox = Sandbox::new();
    let server = sandbox.start_server(None, &[]);
    let mut terminal = shell(&sandbox);
    let program = env!("CARGO_BIN_EXE_chat-tui");
    terminal.type_line(&format!("'{program}' --server irc://{} --lang fr", server.address));
    register(&terminal, "Romain");
    terminal.type_line("avant");
    terminal.wait_for("│ avant");
    terminal.type_text("un brouillon");
    terminal.wait_for("› un brouillon");
    let before = terminal.settled();
    let rows = |screen: &str| screen.lines().map(|row| row.trim_end().to_owned()).collect::<Vec<_>>();

    terminal.press(Key::Control('z'));
    assert_the_shell_s(&terminal, "40+2");
    terminal.type_line("fg");
    terminal.wait_for("› un brouillon");
    assert_eq!(rows(&terminal.settled()), rows(&before), "all is as it was");
    let picture = terminal.picture();
    assert!(picture.alternate_screen() && picture.bracketed_paste());
    assert_ne!(picture.mouse_protocol_mode(), vt100::MouseProtocolMode::None);

    // Once more, and the window has another size when it comes back.
    terminal.press(Key::Control('z'));
    assert_the_shell_s(&terminal, "50+3");
    terminal.resize(60, 20);
    terminal.type_line("fg");
    terminal.wait_for("› un brouillon");
    terminal.press(Key::Enter);
    terminal.wait_for("│ un brouillon");
    terminal.press(Key::Control('c'));
    assert_the_shell_s(&terminal, "60+4");
    terminal.type_line("exit");
    assert_eq!(terminal.wait_exit().exit_code(), 0);
}
