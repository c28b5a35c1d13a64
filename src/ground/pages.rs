//! Manual pages and completions, made from the definition of a program's command line, so that they cannot say anything
//! else than the program does. The packages are made with them.

use std::io;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;

/// The shells that are served.
const SHELLS: &[Shell] = &[Shell::Bash, Shell::Zsh, Shell::Fish];

/// Writes the manual pages of a program and of its commands, and its completions, into a directory, which is made when it
/// is missing.
///
/// # Errors
/// When something cannot be written.
pub fn write(command: &Command, directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    clap_mangen::generate_to(command.clone(), directory)?;
    for shell in SHELLS {
        clap_complete::generate_to(*shell, &mut command.clone(), command.get_name(), directory)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_a_page_and_each_shell_its_completions() {
        let directory = tempfile::tempdir().unwrap();
        let command = Command::new("talk").about("Talks").subcommand(Command::new("loudly").about("Shouts"));
        write(&command, &directory.path().join("pages")).unwrap();
        let mut names: Vec<_> = std::fs::read_dir(directory.path().join("pages"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["_talk", "talk-loudly.1", "talk.1", "talk.bash", "talk.fish"]);
    }
}
