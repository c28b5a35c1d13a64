//! Reaching the person: what calls them and what does not, the window's title, away after idleness, settings read again.

use super::*;
use crate::client::event::{KeptLevel, Notice};
use crate::client::preferences::{Level, ThemeName};

impl Stage {
    fn notices(&mut self) -> Vec<Notice> {
        let done = std::mem::take(&mut self.done).into_iter();
        done.filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(notice),
            _ => None,
        })
        .collect()
    }

    fn titles(&self) -> Vec<&str> {
        let effects = self.done.iter();
        effects
            .filter_map(|effect| match effect {
                Effect::Title(title) => Some(title.as_str()),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn a_conversation_calls_for_what_it_was_told_to() {
    let mut stage = Stage::online();
    stage.notices();
    let speak = |stage: &mut Stage, text: &str| {
        stage.wait(3_000);
        stage.lines(&[&format!(":bob!b@h PRIVMSG #general :{text}")]);
        stage.notices().len()
    };
    assert_eq!(speak(&mut stage, "hello ann"), 0, "the person looks at it");
    stage.event(Event::Focus(false));
    assert_eq!(speak(&mut stage, "hello all"), 0);
    assert_eq!(speak(&mut stage, "hello ann"), 1);
    stage.say("/notify all");
    stage.notices();
    assert_eq!(speak(&mut stage, "hello all"), 1);
    stage.say("/notify none");
    stage.notices();
    assert_eq!(speak(&mut stage, "hello ann"), 0);
    stage.say("/notify sometimes");
    assert_eq!(stage.conversation("#general").level, Some(Level::None), "what is no level changes nothing");
    stage.control('u');
    stage.say("/notify default");
    assert_eq!(stage.conversation("#general").level, None);
}

#[test]
fn a_notice_says_who_where_and_what_on_one_line() {
    let mut stage = Stage::online();
    stage.event(Event::Focus(false));
    stage.notices();
    stage.lines(&[":bob!b@h PRIVMSG #general :\x02ann\x02: look"]);
    assert_eq!(stage.notices(), [Notice { title: "bob · #general".into(), body: "ann: look".into() }]);
    stage.lines(&[":bob!b@h PRIVMSG ann :at once"]);
    assert!(stage.notices().is_empty(), "a flood is one call");
    stage.wait(3_000);
    stage.lines(&[":bob!b@h PRIVMSG ann :hi"]);
    assert_eq!(stage.notices(), [Notice { title: "bob".into(), body: "hi".into() }]);
}

#[test]
fn a_level_is_kept_and_found_again() {
    let mut stage = Stage::online();
    stage.say("/notify none");
    let kept: Vec<KeptLevel> = stage
        .done
        .iter()
        .filter_map(|effect| match effect {
            Effect::KeepLevel(level) => Some(level.clone()),
            _ => None,
        })
        .collect();
    assert_eq!((kept[0].target.as_str(), kept[0].level), ("#general", Some(Level::None)));
    let remembered = Remembered { levels: kept, ..Stage::remembered() };
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), remembered);
    stage.event(Event::Start);
    stage.log_in();
    assert_eq!(stage.conversation("#general").level, Some(Level::None));
}

#[test]
fn the_title_counts_what_is_unread() {
    let mut stage = Stage::online();
    assert_eq!(stage.titles().last(), Some(&"#general – chat-tui"));
    stage.event(Event::Focus(false));
    stage.lines(&[":bob!b@h PRIVMSG #general :one", ":bob!b@h PRIVMSG ann :two"]);
    assert_eq!(stage.titles().last(), Some(&"(2, @1) #general – chat-tui"));
    let count = stage.titles().len();
    stage.lines(&[":bob!b@h AWAY :x"]);
    assert_eq!(stage.titles().len(), count, "nothing is said twice");
}

#[test]
fn nobody_at_the_keys_is_away_until_the_next_key() {
    let mut stage = Stage::online();
    stage.model.settings.away_after_minutes = 10;
    stage.press(KeyCode::Char('x'));
    stage.take_sent();
    let away = |stage: &mut Stage| -> Vec<String> {
        stage.take_sent().into_iter().filter(|line| line.starts_with("AWAY")).collect()
    };
    for _ in 0..9 {
        stage.wait(60_000);
        stage.lines(&[":s PONG s x"]);
    }
    assert!(away(&mut stage).is_empty());
    stage.wait(61_000);
    assert_eq!(away(&mut stage), ["AWAY :idle"]);
    stage.lines(&[":s PONG s x"]);
    stage.press(KeyCode::Char('y'));
    stage.press(KeyCode::Char('z'));
    assert_eq!(away(&mut stage), ["AWAY"]);
}

#[test]
fn who_said_to_be_away_stays_away() {
    let mut stage = Stage::online();
    stage.model.settings.away_after_minutes = 1;
    stage.take_sent();
    stage.say("/away lunch");
    assert_eq!(stage.take_sent(), ["AWAY :lunch"]);
    let away = |stage: &mut Stage| -> Vec<String> {
        stage.take_sent().into_iter().filter(|line| line.starts_with("AWAY")).collect()
    };
    // Idleness changes nothing, nor does the key that ends it.
    stage.wait(61_000);
    stage.lines(&[":s PONG s x"]);
    stage.press(KeyCode::Char('y'));
    stage.control('u');
    assert!(away(&mut stage).is_empty());
    // A new connection knows nothing of it.
    stage.lose();
    stage.wait(10_000);
    stage.log_in();
    assert_eq!(away(&mut stage), ["AWAY :lunch"]);
    stage.say("/away");
    stage.lose();
    stage.wait(10_000);
    stage.take_sent();
    stage.log_in();
    assert!(away(&mut stage).is_empty());
}

#[test]
fn settings_are_taken_over_while_it_runs() {
    let mut stage = Stage::online();
    let mut changed = stage.model.settings.clone().preferences();
    changed.theme = ThemeName::Light;
    stage.event(Event::Preferences(Ok(Box::new(changed))));
    assert_eq!(stage.model.settings.theme, ThemeName::Light);
    assert_eq!(stage.model.settings.server.key(), "chat.example.org:6697", "the rest stays");
    stage.event(Event::Preferences(Err("config.toml: line 3: colour: there is no such setting".into())));
    let last = stage.entries("#general").last().unwrap().text.clone();
    assert!(last.contains("line 3"), "{last}");
    assert_eq!(stage.model.remark, None, "nothing was read again");
}
