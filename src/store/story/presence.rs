//! Who is here, over the end of a server.

use super::model::every_kind;
use super::stage::Stage;
use crate::chat::event::{AccountId, Seq};

pub async fn who_left_and_who_was_here_is_known_again(stage: &mut Stage) {
    stage.prepare().await;
    let records = every_kind();
    stage.store.commit(&records).await.unwrap();
    let last = records.last().unwrap().seq;
    assert_eq!(stage.store.load().await.unwrap().absences, [], "nobody was ever here");

    let (ann, bob, dan) = (AccountId(2), AccountId(3), AccountId(5));
    stage.store.note_presence(ann, None);
    stage.store.note_presence(bob, None);
    stage.store.note_presence(bob, Some(Seq(3)));
    // An event that was never committed: its number is another one's later.
    stage.store.note_presence(dan, Some(last.next().next()));
    stage.reopen().await;
    let absences = stage.store.load().await.unwrap().absences;
    assert_eq!(absences, [(ann, last), (bob, Seq(3)), (dan, last)], "whoever is here was here to the end");

    stage.store.note_presence(ann, Some(Seq(5)));
    stage.reopen().await;
    assert_eq!(stage.store.load().await.unwrap().absences[0], (ann, Seq(5)));
}
