//! The transcripts against the bare rules.

mod common;

use std::path::Path;

use common::bare::Bare;
use common::transcript::{Driver, Transcript, play};

#[test]
fn every_transcript_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let wanted = std::env::var("TRANSCRIPT").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "irc"));
    files.sort();
    let mut faults = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(&wanted) {
            continue;
        }
        let text = std::fs::read_to_string(file).unwrap();
        let played = Transcript::parse(&name, &text).and_then(|transcript| {
            let mut driver = Bare::new();
            assert!(transcript.needs().all(|need| driver.can(need)), "{name} needs what this driver cannot");
            play(&transcript, &mut driver)
        });
        faults.extend(played.err());
    }
    assert!(faults.is_empty(), "{} of {} transcripts fail\n\n{}\n", faults.len(), files.len(), faults.join("\n\n"));
}
