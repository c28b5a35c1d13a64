//! The record's head, written down at intervals outside of the database: in the log, and in a file if the operator names
//! one. Whoever can write to the database can cut off the record's end; what stands elsewhere shows it.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::clock::now;
use super::config::AnchorSettings;
use super::hub::stopped;
use crate::ground::paths::{self, Action, PathError};
use crate::store::Store;
use crate::store::chain::Anchor;

/// Reads a file of heads: one a line, as `log head` prints them or with the time before. An error is the number of a line
/// that is none.
pub fn read(content: &str) -> Result<Vec<Anchor>, usize> {
    let lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let anchors = lines.map(|(at, line)| {
        let behind_time = line.split_once(' ').and_then(|(_, rest)| Anchor::parse(rest));
        Anchor::parse(line).or(behind_time).ok_or(at + 1)
    });
    anchors.collect()
}

/// Writes the head down now and then.
pub async fn keep(store: Arc<dyn Store>, settings: AnchorSettings, mut stop: watch::Receiver<bool>) {
    let mut last = None;
    while !settings.interval.is_zero() {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(settings.interval) => last = write_down(store.as_ref(), &settings, last).await,
        }
    }
}

/// Writes the head down, unless it is the last one that was. The one that is written down now.
pub async fn write_down(store: &dyn Store, settings: &AnchorSettings, last: Option<Anchor>) -> Option<Anchor> {
    let head = match store.head().await {
        Ok(head) => head,
        Err(error) => {
            tracing::debug!(%error, "the record's head cannot be read now");
            return last;
        }
    };
    if last == Some(head) || head == Anchor::BEGINNING {
        return last;
    }
    tracing::info!(%head, "the record's head");
    if let Some(path) = settings.file.clone() {
        let written = tokio::task::spawn_blocking(move || append(&path, &format!("{} {head}\n", now()))).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "the record's head could not be written down");
        }
    }
    Some(head)
}

fn append(path: &Path, line: &str) -> Result<(), PathError> {
    let refused = |source| PathError::Refused { action: Action::Write, path: path.to_owned(), source };
    let mut file = paths::append_private_file(path)?;
    file.write_all(line.as_bytes()).map_err(refused)?;
    file.sync_data().map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::Seq;

    #[test]
    fn heads_are_read_with_and_without_their_time() {
        let anchor = |seq| Anchor { seq: Seq(seq), chain: [seq as u8; 32] };
        let content = format!("{}\n\n2026-11-25T10:00:00.000Z {}\n", anchor(7), anchor(9));
        assert_eq!(read(&content), Ok(vec![anchor(7), anchor(9)]));
        assert_eq!(read(&format!("{}\nnonsense\n", anchor(7))), Err(2));
    }
}
