//! What may be a name, and which names are equal: cases and properties.

use proptest::prelude::*;

use super::*;

#[test]
fn names_that_differ_in_case_or_form_only_are_equal() {
    for (one, other) in [
        ("Romain", "rOMAIN"),
        ("Élodie", "élodie"),
        ("E\u{301}lodie", "Élodie"),
        ("ａｎｎ", "Ann"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
    ] {
        assert_eq!(Nick::new(one).unwrap(), Nick::new(other).unwrap(), "{one} {other}");
    }
    assert_ne!(Nick::new("ann[").unwrap(), Nick::new("ann{").unwrap());
    assert_ne!(Nick::new("élodie").unwrap(), Nick::new("elodie").unwrap());
    assert_eq!(ChannelName::new("#Café").unwrap(), ChannelName::new("#CAFÉ").unwrap());
    assert_ne!(ChannelName::new("##tea").unwrap(), ChannelName::new("#tea").unwrap());
}

#[test]
fn a_name_shows_as_it_was_written() {
    let nick = Nick::new("Romain").unwrap();
    assert_eq!((nick.to_string().as_str(), nick.folded().as_str()), ("Romain", "romain"));
    assert_eq!(AccountName::of_nick(&nick).as_str(), "Romain");
    assert_eq!(Nick::from_stored("Romain", "romain"), nick);
}

#[test]
fn nicks_have_no_character_with_a_meaning() {
    assert_eq!(Nick::new(""), Err(NameError::Empty));
    assert_eq!(Nick::new(&"a".repeat(33)), Err(NameError::TooLong));
    assert!(Nick::new(&"a".repeat(32)).is_ok());
    for text in [
        "a b",
        "a,b",
        "a*",
        "a?",
        "a!b",
        "a@b",
        "irc.example",
        ":a",
        "a:b",
        "#a",
        "&a",
        "$a",
        "~a",
        "%a",
        "+a",
        "-a",
        "=a",
        "a/b",
        "a\tb",
        "a\u{7f}",
        "a\u{0}",
        "\u{200b}a",
        "a\u{202e}b",
        "a\u{200d}b",
        "a\u{a0}b",
        "🦀",
        "(a)",
        "<a>",
    ] {
        assert_eq!(Nick::new(text), Err(NameError::BadCharacter), "{text:?}");
        assert_eq!(AccountName::new(text), Err(NameError::BadCharacter), "{text:?}");
    }
    for text in ["4ever", "a-b", "a_b", "[a]", "{a|b}", "a^`\\", "Jürgen", "名前"] {
        assert!(Nick::new(text).is_ok(), "{text:?}");
    }
}

#[test]
fn full_width_signs_do_not_come_in_by_folding() {
    for text in ["＃general", "ann！x", "ann＠host", "ann＊", "a．b"] {
        assert_eq!(Nick::new(text), Err(NameError::BadCharacter), "{text:?}");
    }
    for text in ["#a，b", "#a＊", "#a：b"] {
        assert_eq!(ChannelName::new(text), Err(NameError::BadCharacter), "{text:?}");
    }
}

#[test]
fn channel_names_begin_with_a_hash() {
    assert_eq!(ChannelName::new(""), Err(NameError::Empty));
    assert_eq!(ChannelName::new(&format!("#{}", "a".repeat(64))), Err(NameError::TooLong));
    for text in ["general", "#", "##", "&local", "#a b", "#a,b", "#a\u{7}b", "#a:b", "#a*", "#\u{202e}a", "#a\r"] {
        assert_eq!(ChannelName::new(text), Err(NameError::BadCharacter), "{text:?}");
    }
    for text in ["#general", "##a", "#a#b", "#+a", "#été", "#a.b!c"] {
        assert!(ChannelName::new(text).is_ok(), "{text:?}");
    }
    assert!(ChannelName::looks_like("#") && !ChannelName::looks_like("") && !ChannelName::looks_like("ann"));
}

#[test]
fn message_ids_are_thirteen_digits() {
    assert_eq!(MsgId::of_seq(0).to_string(), "0000000000000");
    assert_eq!(MsgId::of_seq(33).to_string(), "0000000000011");
    assert_eq!(MsgId::of_seq(u64::MAX).to_string(), "fzzzzzzzzzzzz");
    for text in [
        "",
        "1",
        "000000000000",
        "00000000000000",
        "8000000000000",
        "g000000000000",
        "zzzzzzzzzzzzz",
        "00000000000i0",
        "00000000000A0",
        "é00000000000",
        "-000000000001",
    ] {
        assert_eq!(MsgId::parse(text), None, "{text:?}");
    }
}

#[test]
fn a_name_that_is_none_once_folded_is_refused() {
    for capital in ["\u{13a0}", "ann\u{13a0}"] {
        assert_eq!(Nick::new(capital).err(), Some(NameError::BadCharacter), "{capital}");
    }
}

proptest! {
    #[test]
    fn message_ids_round_trip_and_sort(one in 0..1u64 << 63, other in 0..1u64 << 63) {
        let (one, other) = (MsgId::of_seq(one), MsgId::of_seq(other));
        prop_assert_eq!(MsgId::parse(&one.to_string()), Some(one));
        prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        // What was not kept has an id too, which names no event.
        prop_assert_eq!(MsgId::parse(&MsgId::of_passing(one.seq()).to_string()), None);
    }

    #[test]
    fn any_text_is_a_name_or_refused(text in "\\PC{0,40}|[#a-zA-Z!*ß-ſ]{0,40}") {
        if let Ok(nick) = Nick::new(&text) {
            prop_assert!(nick.folded().as_str().len() <= NICK_BYTES_MAX);
            prop_assert!(!nick.folded().as_str().contains(['!', '@', ' ', ',', '*', '#']) || !text.starts_with('#'));
            // What is stored folded is found again by itself.
            prop_assert_eq!(Nick::new(nick.folded().as_str()).map(|again| again == nick), Ok(true));
        }
        if let Ok(channel) = ChannelName::new(&text) {
            prop_assert!(channel.as_str().starts_with('#'));
            prop_assert!(!channel.folded().as_str().contains([' ', ',', '*']));
        }
    }
}
