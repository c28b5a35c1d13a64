//! Where the commands get a password from: a file, standard input, or a person before a terminal who is not shown what is typed.

use std::io::{BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use chat_tui::proto::secret::Secret;
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

/// The most bytes of a file that holds a password.
const PASSWORD_FILE_BYTES_MAX: u64 = 4_096;

/// From where a password comes.
#[derive(Args)]
pub struct PasswordSource {
    /// Read the password from the first line of this file instead of asking (- is standard input)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// The password for an account or an operator: from a file, from standard input when it is not a terminal, else asked for twice.
pub fn read(source: &PasswordSource) -> anyhow::Result<Secret> {
    let stdin = std::io::stdin();
    match &source.password_file {
        Some(path) if path != Path::new("-") => {
            let mut content = String::new();
            let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            file.take(PASSWORD_FILE_BYTES_MAX)
                .read_to_string(&mut content)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Secret::new(content.lines().next().unwrap_or_default()))
        }
        None if stdin.is_terminal() => {
            let first = ask_hidden("Password: ")?;
            if ask_hidden("The same again: ")? != first {
                bail!("the two passwords differ");
            }
            Ok(first)
        }
        _ => {
            let mut line = String::new();
            stdin.lock().take(PASSWORD_FILE_BYTES_MAX).read_line(&mut line).context("cannot read standard input")?;
            Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
        }
    }
}

/// Asks on the terminal without showing what is typed. Ctrl-C ends the line instead of the program, so that the terminal
/// is always as it was afterwards.
fn ask_hidden(question: &str) -> anyhow::Result<Secret> {
    const CTRL_C: u8 = 3;
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).context("cannot hide what is typed")?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
    hidden.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
    eprint!("{question}");
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).context("cannot hide what is typed")?;
    let mut typed = Vec::new();
    let read = read_hidden_line(&mut typed, CTRL_C);
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &before);
    eprintln!();
    read.context("cannot read the terminal")?;
    restored.context("the terminal cannot be restored")?;
    if typed.pop() != Some(b'\n') {
        bail!("nothing was changed");
    }
    String::from_utf8(typed).map(Secret::new).map_err(|_| anyhow!("the password is not UTF-8"))
}

fn read_hidden_line(typed: &mut Vec<u8>, interrupt: u8) -> std::io::Result<()> {
    for byte in std::io::stdin().lock().bytes().take(PASSWORD_FILE_BYTES_MAX as usize) {
        let byte = byte?;
        typed.push(byte);
        if byte == b'\n' || byte == interrupt {
            break;
        }
    }
    Ok(())
}
