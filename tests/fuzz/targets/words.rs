//! The small languages of the wire: names, masks, modes, times, capabilities, ISUPPORT, history, texts.

use std::collections::BTreeSet;

use chat_tui::proto::caps::{CapChange, items, pack_words};
use chat_tui::proto::history::{HistoryQuery, parse_target_line};
use chat_tui::proto::isupport::Isupport;
use chat_tui::proto::mask::{fold_mask, glob};
use chat_tui::proto::message::{Source, escape, unescape};
use chat_tui::proto::modes::{channel_mode_kind, mode_words, parse_modes};
use chat_tui::proto::multiline::{join, split};
use chat_tui::proto::names::{AccountName, ChannelName, MsgId, Nick};
use chat_tui::proto::text::{clean_message, clean_name, plain, shown, split_text};
use chat_tui::proto::time::Timestamp;

/// A text; its words where words are wanted.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let text = text.as_ref();
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    names(text);
    if let Some(time) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
    let _ = (Source::parse(text), CapChange::parse(text), items(text).count(), fold_mask(text));
    for list in pack_words(&words, 60) {
        assert!(list.len() <= 60 || !list.contains(' '), "{list:?}");
    }
    if let [pattern, rest @ ..] = words.as_slice() {
        let _ = glob(pattern, &rest.concat());
        assert!(glob("*", pattern));
    }
    let request = parse_modes(&words, channel_mode_kind, 20);
    assert!(request.changes.len() <= 20);
    let _ = mode_words(&request.changes);
    let _ = (HistoryQuery::parse(&words, 100), parse_target_line(&words));
    let mut isupport = Isupport::default();
    isupport.read(&words);
    let _ = (isupport.prefixes().count(), isupport.line_bytes_max(), isupport.history_limit(), isupport.casemapping());
    let _ =
        (isupport.split_prefixes(text), isupport.is_channel(text), isupport.without_status(text), isupport.network());
    let mut escaped = String::new();
    escape(text, &mut escaped);
    assert!(!escaped.contains([' ', ';', '\r', '\n']));
    // A NUL byte, which no message may hold, is left out.
    assert_eq!(unescape(&escaped), text.replace('\0', ""));
    texts(text);
}

fn names(text: &str) {
    let known: BTreeSet<char> = text.chars().collect();
    if let Ok(nick) = Nick::new(text) {
        assert!(!nick.as_str().contains([' ', ',', ':', '!', '@', '\r', '\n', '\0']) || known.is_empty(), "{nick:?}");
        assert_eq!(Nick::new(nick.as_str()).map(|again| again.folded().clone()), Ok(nick.folded().clone()));
    }
    let _ = (AccountName::new(text), ChannelName::new(text), MsgId::parse(text));
}

fn texts(text: &str) {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for cleaned in [shown(text), clean_message(text), clean_name(text)] {
        assert!(!cleaned.contains(steers), "{cleaned:?}");
    }
    let _ = plain(text);
    assert_eq!(split_text(text, 100).concat(), text);
    assert!(split_text(text, 100).iter().all(|part| part.len() <= 100));
    assert_eq!(join(&split(text, 100)), text);
}
