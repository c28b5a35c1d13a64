//! The transcripts against the bare rules.

mod common;

use std::path::Path;

use common::bare::Bare;
use common::transcript::{Transcript, play};

/// The name and the text of each transcript.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "irc"));
    files.sort();
    let name = |file: &Path| file.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|file| (name(file), std::fs::read_to_string(file).unwrap())).collect()
}

/// `TRANSCRIPT=kick cargo test --test transcripts` plays only those with `kick` in their name.
#[test]
fn every_transcript_goes_as_written() {
    let wanted = std::env::var("TRANSCRIPT").unwrap_or_default();
    let files = files();
    let mut faults = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name.contains(&wanted)) {
        let played = Transcript::parse(name, text).and_then(|transcript| play(&transcript, &mut Bare::new()));
        faults.extend(played.err());
    }
    assert!(faults.is_empty(), "{} of {} transcripts fail\n\n{}\n", faults.len(), files.len(), faults.join("\n\n"));
}

#[test]
fn every_command_has_a_transcript() {
    let files = files();
    let mut server = Bare::new();
    play(&Transcript::parse("help", "--- enter ann\n").unwrap(), &mut server).unwrap();
    let commands = server.commands("ann");
    assert!(commands.len() > 30, "{commands:?}");
    for name in commands {
        let sends = |line: &str| {
            let said = line.split_once(" -> ").map_or("", |(_, said)| said);
            said.split(' ').find(|word| !word.starts_with('@')).is_some_and(|word| word == name)
        };
        assert!(files.iter().any(|(_, text)| text.lines().any(sends)), "{name} has no transcript");
    }
}
