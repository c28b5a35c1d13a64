//! Watches the configuration file: by inotify on its directory, so that nothing wakes up while nothing changes, and so that a file
//! that is put in the place of the old one is noticed as well.

use std::ffi::OsString;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use tokio::sync::mpsc;

/// Room for some events; more of them come with the next read.
const EVENT_BYTES: usize = 4_096;
/// How many changes may wait to be looked at: a further one is seen with the first.
const CHANGES_MAX: usize = 1;

/// A watched file. A thread sleeps in the system's call until something happens there.
#[derive(Debug)]
pub struct Watch {
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Begins to watch; where the file's directory is not there yet, until it is. Nothing when the system has no more watches.
    pub fn new(path: &Path) -> Option<Self> {
        let queue = inotify::init(CreateFlags::CLOEXEC).ok()?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut is_there = reach(&queue, directory)?;
        let name: OsString = path.file_name()?.to_owned();
        let (path, directory) = (path.to_owned(), directory.to_owned());
        let (changed, changes) = mpsc::channel(CHANGES_MAX);
        let watching = move || {
            let mut buffer = [MaybeUninit::uninit(); EVENT_BYTES];
            let mut events = inotify::Reader::new(&queue, &mut buffer);
            loop {
                let is_changed = match events.next() {
                    Ok(event) if is_there => event.file_name().is_some_and(|file| file.to_bytes() == name.as_bytes()),
                    Ok(_) => {
                        // The file may have come with its directory, before anybody watched that.
                        is_there = reach(&queue, &directory).unwrap_or(false);
                        is_there && path.exists()
                    }
                    Err(Errno::INTR) => false,
                    // Nothing is watched any more; the settings stay as they are.
                    Err(_) => return,
                };
                if is_changed && matches!(changed.try_send(()), Err(mpsc::error::TrySendError::Closed(()))) {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("configuration".to_owned()).spawn(watching).ok()?;
        Some(Self { changes })
    }

    /// Waits until the file has changed; for ever when it is watched no longer.
    pub async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

/// Watches a directory, or the nearest one above it that is there. Says which of both it is.
fn reach(queue: &OwnedFd, directory: &Path) -> Option<bool> {
    let wanted = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO;
    let watch = |one: &Path, flags| inotify::add_watch(queue, one, flags).is_ok();
    // What is made while this looks at what is above it is found in the next round.
    for _ in directory.ancestors() {
        if watch(directory, wanted) {
            return Some(true);
        }
        let mut above = directory.ancestors().skip(1);
        let nearest = above.find(|one| watch(one, wanted | WatchFlags::CREATE))?;
        let next = directory.ancestors().take_while(|one| *one != nearest).last()?;
        if !next.is_dir() {
            break;
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_change_is_noticed_and_other_files_are_not() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("config.toml");
        let mut watch = Watch::new(&file).unwrap();
        std::fs::write(root.path().join("other.toml"), "x").unwrap();
        assert!(timeout(Duration::from_millis(50), watch.changed()).await.is_err());
        std::fs::write(&file, "x").unwrap();
        timeout(Duration::from_secs(5), watch.changed()).await.unwrap();
        std::fs::write(root.path().join("new"), "y").unwrap();
        std::fs::rename(root.path().join("new"), &file).unwrap();
        timeout(Duration::from_secs(5), watch.changed()).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_noticed_whose_directory_comes_later() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("config/chat-tui");
        let file = directory.join("config.toml");
        let mut watch = Watch::new(&file).unwrap();
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(&file, "x").unwrap();
        timeout(Duration::from_secs(5), watch.changed()).await.unwrap();
        std::fs::write(&file, "y").unwrap();
        timeout(Duration::from_secs(5), watch.changed()).await.unwrap();
    }
}
