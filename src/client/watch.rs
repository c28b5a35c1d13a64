//! Watches the configuration file: by inotify on its directory, so that nothing wakes up while nothing changes, and so that a file
//! that is put in the place of the old one is noticed as well.

use std::ffi::OsString;
use std::mem::MaybeUninit;
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
    /// Begins to watch. Nothing when the file's directory is not there or the system has no more watches.
    pub fn new(path: &Path) -> Option<Self> {
        let events = inotify::init(CreateFlags::CLOEXEC).ok()?;
        let wanted = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        inotify::add_watch(&events, directory, wanted).ok()?;
        let name: OsString = path.file_name()?.to_owned();
        let (changed, changes) = mpsc::channel(CHANGES_MAX);
        let watching = move || {
            let mut buffer = [MaybeUninit::uninit(); EVENT_BYTES];
            let mut events = inotify::Reader::new(&events, &mut buffer);
            loop {
                match events.next() {
                    Ok(event) if event.file_name().is_some_and(|file| file.to_bytes() == name.as_bytes()) => {
                        if let Err(mpsc::error::TrySendError::Closed(())) = changed.try_send(()) {
                            return;
                        }
                    }
                    Ok(_) | Err(Errno::INTR) => {}
                    // Nothing is watched any more; the settings stay as they are.
                    Err(_) => return,
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
        assert!(Watch::new(Path::new("/no/such/directory/config.toml")).is_none());
    }
}
