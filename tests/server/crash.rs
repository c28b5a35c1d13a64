//! The server is killed in the middle of a conversation: what was echoed is in the record, once, in order. What is no reason to end
//! does not end it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::tempdir;

use crate::client::{Client, message_of};
use crate::database::Database;
use crate::host::Program;

const PASSWORD: &str = "correct horse";
/// So many talk at once.
const PEOPLE: usize = 4;
/// After so many echoes the server is killed.
const ECHOES_BEFORE: usize = 300;
/// So many messages of one person are on their way at once.
const IN_FLIGHT: usize = 16;
/// So long the disk is full: several attempts to write.
const FULL: Duration = Duration::from_millis(300);

/// Talks until the connection ends. Gives back everything that was seen, and the ids of one's own.
async fn talk(mut client: Client, name: String, echoes: Arc<AtomicUsize>) -> (Vec<(String, String)>, BTreeSet<String>) {
    let mut seen = Vec::new();
    let mut own = BTreeSet::new();
    let mut sent = 0;
    loop {
        while sent < own.len() + IN_FLIGHT {
            if client.try_send(&format!("@+chat-tui/id={name}-{sent} PRIVMSG #general :{name} {sent}")).await.is_err() {
                break;
            }
            sent += 1;
        }
        let Some(line) = client.next().await else { return (seen, own) };
        let Some((id, text)) = message_of(&line) else { continue };
        if text.starts_with(&format!("{name} ")) {
            own.insert(id.clone());
            echoes.fetch_add(1, Ordering::Relaxed);
        }
        seen.push((id, text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_echoed_survives_a_kill_once_and_in_order() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let server = Program::start(&directory, &database.url(&directory));
        let echoes = Arc::new(AtomicUsize::new(0));
        let mut talks = Vec::new();
        for number in 0..PEOPLE {
            let name = format!("person{number}");
            let client = server.connect().await.register(&name, PASSWORD).await;
            talks.push((name, client));
        }
        let talks: Vec<_> =
            talks.into_iter().map(|(name, client)| tokio::spawn(talk(client, name, Arc::clone(&echoes)))).collect();
        while echoes.load(Ordering::Relaxed) < ECHOES_BEFORE {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(talks.iter().all(|talk| !talk.is_finished()), "somebody stopped talking");
        }
        server.signal(Signal::KILL);
        server.ended().await;

        let server = Program::start(&directory, &database.url(&directory));
        let mut witness = server.connect().await.log_in("person0", PASSWORD).await;
        let history = witness.history("#general").await;
        let ids: BTreeSet<&String> = history.iter().map(|(id, _)| id).collect();
        let texts: BTreeSet<&String> = history.iter().map(|(_, text)| text).collect();
        assert_eq!(ids.len(), history.len(), "an id stands twice");
        assert_eq!(texts.len(), history.len(), "a message stands twice");
        assert!(history.is_sorted_by(|one, other| one.0 < other.0));
        for talk in talks {
            let (seen, own) = talk.await.unwrap();
            assert!(own.iter().all(|id| ids.contains(id)), "an echoed message is not in the record");
            // What anyone saw stands in the record without a gap: from the first one that was seen on.
            let first = history.iter().position(|message| Some(message) == seen.first()).expect("it is in the record");
            assert_eq!(seen, history[first..first + seen.len()]);
        }

        // Sent again with its id, a message that had arrived stays one; the counting goes on behind what is there.
        let mut person = server.connect().await.log_in("person1", PASSWORD).await;
        person.send("@+chat-tui/id=person1-0 PRIVMSG #general :person1 0").await;
        let echo = message_of(&person.expect("PRIVMSG #general").await).unwrap();
        assert_eq!(Some(&echo), history.iter().find(|(_, text)| text == "person1 0"));
        person.send("PRIVMSG #general :after").await;
        let after = message_of(&person.expect(":after").await).unwrap();
        assert!(after.0 > history.last().unwrap().0);
        server.signal(Signal::TERM);
        assert!(server.ended().await.success());
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_must_not_grow_is_a_full_disk_and_not_the_end() {
    let directory = tempdir().unwrap();
    let server = Program::start(&directory, &format!("sqlite:{}", directory.path().join("chat.sqlite3").display()));
    let mut ann = server.connect().await.register("ann", PASSWORD).await;
    server.limit_files(Some(1));
    ann.send("PRIVMSG #general :while the disk is full").await;
    tokio::time::sleep(FULL).await;
    server.limit_files(None);
    ann.expect("PRIVMSG #general :while the disk is full").await;
    server.signal(Signal::TERM);
    assert!(server.ended().await.success());
}
