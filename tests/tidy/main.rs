//! Tidy: reads the source as text and fails where it breaks the rules that no compiler knows.
//!
//! The rules stand in `rules`, each as a function over sources, so that `samples` can show that each one finds what it
//! is for. This file applies them to the tree.

mod graph;
mod rules;
mod samples;
mod source;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::Source;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project that is text, with its path from the root. Git decides what belongs to the project; in an
/// unpacked archive everything does but what is built.
fn tracked() -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let paths: Vec<String> = match listed {
        Some(listed) => listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect(),
        None => walk(&root(), Path::new("")),
    };
    assert!(!paths.is_empty(), "the project has files");
    let read = |path: String| std::fs::read_to_string(root().join(&path)).ok().map(|text| (path, text));
    paths.into_iter().filter_map(read).collect()
}

fn walk(root: &Path, below: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(root.join(below)).expect("a directory of the project").flatten() {
        let path = below.join(entry.file_name());
        match entry.file_type().expect("a file of the project") {
            kind if kind.is_dir() && entry.file_name() != "target" => paths.extend(walk(root, &path)),
            kind if kind.is_file() => paths.push(path.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    paths
}

fn sources() -> Vec<Source> {
    let is_rust = |(path, _): &(String, String)| path.ends_with(".rs");
    let sources: Vec<_> = tracked().into_iter().filter(is_rust).map(|(path, text)| Source::new(&path, &text)).collect();
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "the sources are found");
    sources
}

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn layers_name_only_what_they_may() {
    none(rules::layers(&sources()));
}

#[test]
fn modules_import_no_circle() {
    none(rules::circles(&sources()));
}

#[test]
fn pure_rooms_are_pure() {
    none(rules::purity(&sources()));
}

#[test]
fn files_have_heads_and_bounds() {
    none(sources().iter().flat_map(rules::shape).collect());
}

#[test]
fn rooms_name_their_files() {
    none(rules::rooms(&sources()));
    none(rules::map(&sources()));
}

#[test]
fn no_unfinished_work() {
    none(sources().iter().flat_map(rules::unfinished).collect());
}

#[test]
fn nothing_knows_the_machine_it_was_written_on() {
    none(tracked().iter().flat_map(|(path, text)| rules::machine_paths(path, text)).collect());
}

#[test]
fn migrations_stand_in_both_dialects() {
    let names = |dialect: &str| -> Vec<String> {
        let prefix = format!("sql/{dialect}/");
        tracked().into_iter().filter_map(|(path, _)| path.strip_prefix(&prefix).map(str::to_owned)).collect()
    };
    none(rules::migrations(&names("sqlite"), &names("mysql")));
}

fn text_ids() -> BTreeSet<String> {
    let english = |(path, text): (String, String)| path.starts_with("assets/locales/en/").then_some(text);
    rules::text_ids(&tracked().into_iter().filter_map(english).collect::<Vec<_>>().concat())
}

#[test]
fn every_text_that_is_used_exists() {
    let (sources, ids) = (sources(), text_ids());
    let mut faults = rules::used_texts(&sources, &ids);
    faults.extend(rules::listed_texts(&sources, &ids));
    faults.sort();
    faults.dedup();
    none(faults);
}

#[test]
fn every_text_is_used() {
    none(rules::unused_texts(&sources(), &text_ids()));
}

#[test]
fn the_threat_model_names_what_there_is() {
    let tracked = tracked();
    let text_of = |path: &str| tracked.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str());
    let page = text_of("docs/threat-model.md").expect("the page");
    let code: String =
        tracked.iter().filter(|(path, _)| path.ends_with(".rs")).map(|(_, text)| text.as_str()).collect();
    none(rules::unknown_tests(page, &code, |name| text_of(&format!("tests/transcripts/{name}")).is_some()));
}
