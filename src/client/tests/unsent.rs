//! The program ends before its messages have arrived: the next run sends them, under the same ids.

use super::*;
use crate::client::entry::Reply;
use crate::client::event::Unsent;
use crate::client::unsent::collect;

fn next_run(unsent: Vec<Unsent>) -> Stage {
    let remembered = Remembered { unsent, ..Stage::remembered() };
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), remembered);
    stage.event(Event::Start);
    stage
}

#[test]
fn the_next_run_sends_what_this_one_could_not() {
    let mut stage = Stage::online();
    stage.say("on its way");
    let id = label(stage.take_sent().last().unwrap());
    stage.lose();
    stage.say("written offline");
    let left = collect(&stage.model);
    assert_eq!(left.iter().map(|unsent| unsent.text.as_str()).collect::<Vec<_>>(), ["on its way", "written offline"]);
    assert_eq!(left[0].id, id);

    let mut left = left;
    left[1].reply = Some(Reply { to: "m0".into(), quote: None });
    let mut stage = next_run(left.clone());
    assert_eq!(collect(&stage.model), left, "a run that never gets online loses nothing");
    stage.log_in();
    assert_eq!(
        stage.model.conversations.current().unwrap().name,
        "#general",
        "the first channel is shown all the same"
    );
    let sent = stage.take_sent();
    let messages: Vec<_> = sent.iter().filter(|line| line.contains("PRIVMSG #general")).collect();
    assert_eq!(messages.len(), 2, "{sent:?}");
    assert_eq!(label(messages[0]), id);
    assert!(messages[1].contains("+draft/reply=m0") && messages[1].ends_with("written offline"), "{messages:?}");

    stage.lines(&[&echo(messages[0], "m1", 1), &echo(messages[1], "m2", 2)]);
    assert_eq!(collect(&stage.model), []);
}

#[test]
fn it_is_kept_a_moment_after_it_has_changed() {
    let mut stage = Stage::online();
    let keeps = |stage: &mut Stage| {
        stage.wait(1_000);
        stage.event(Event::Tick);
        stage.done.drain(..).filter(|effect| matches!(effect, Effect::KeepUnsent)).count()
    };
    keeps(&mut stage);
    assert_eq!(keeps(&mut stage), 0, "nothing has changed");
    stage.say("one");
    let sent = stage.take_sent();
    assert_eq!(keeps(&mut stage), 1);
    assert_eq!(keeps(&mut stage), 0);
    let line = sent.iter().find(|line| line.contains("PRIVMSG")).unwrap();
    stage.lines(&[&echo(line, "m1", 1)]);
    assert_eq!(keeps(&mut stage), 1, "it has arrived");
    assert_eq!(collect(&stage.model), []);
}

#[test]
fn what_is_for_another_account_waits_for_it() {
    let mut stage = Stage::online();
    stage.lose();
    stage.say("mine");
    let mut left = collect(&stage.model);
    left[0].account = "bob".to_owned();
    let mut stage = next_run(left.clone());
    stage.log_in();
    assert!(!stage.take_sent().iter().any(|line| line.contains("PRIVMSG")));
    assert_eq!(collect(&stage.model), left);
}
