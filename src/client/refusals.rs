//! What the error numerics of a server say, in the person's language.
//!
//! Servers write these sentences in English, whatever language was asked for, and nearly all alike. One in other words tells more than
//! its number does (who banned whom, and until when), and stays as the server has written it.
//!
//! Specification: Modern IRC, "Numerics".

use super::session::fact::Refusal;
use crate::ground::texts::Texts;
use crate::proto::numerics::{
    ERR_BADCHANNELKEY, ERR_BANNEDFROMCHAN, ERR_CANNOTSENDTOCHAN, ERR_CHANNELISFULL, ERR_CHANOPRIVSNEEDED,
    ERR_ERRONEUSNICKNAME, ERR_INVITEONLYCHAN, ERR_NEEDMOREPARAMS, ERR_NEEDREGGEDNICK, ERR_NICKNAMEINUSE,
    ERR_NOPRIVILEGES, ERR_NOSUCHCHANNEL, ERR_NOSUCHNICK, ERR_NOTONCHANNEL, ERR_TOOMANYCHANNELS, ERR_UNKNOWNCOMMAND,
    ERR_USERNOTINCHANNEL, ERR_USERONCHANNEL,
};

/// A numeric, the words that servers write behind it, and the id of what a person reads.
const SENTENCES: &[(&str, &[&str], &str)] = &[
    (ERR_NOSUCHNICK, &["No such nick/channel", "No such nick", "No such nick or channel name"], "refusal-nobody"),
    (ERR_NOSUCHCHANNEL, &["No such channel"], "refusal-no-channel"),
    (ERR_CANNOTSENDTOCHAN, &["Cannot send to channel"], "refusal-cannot-speak"),
    (ERR_CANNOTSENDTOCHAN, &["Cannot send to channel (+n)"], "refusal-not-in-channel"),
    (ERR_CANNOTSENDTOCHAN, &["Cannot send to channel (+m)"], "refusal-moderated"),
    (ERR_CANNOTSENDTOCHAN, &["Cannot send to channel (+b)"], "refusal-banned"),
    (ERR_TOOMANYCHANNELS, &["You have joined too many channels"], "refusal-too-many-channels"),
    (ERR_UNKNOWNCOMMAND, &["Unknown command"], "refusal-unknown-command"),
    (ERR_ERRONEUSNICKNAME, &["Erroneous nickname"], "refusal-bad-name"),
    (ERR_ERRONEUSNICKNAME, &["You must use a nick assigned to you"], "refusal-name-of-account"),
    (ERR_NICKNAMEINUSE, &["Nickname is already in use", "Nickname already in use"], "refusal-name-taken"),
    (ERR_USERNOTINCHANNEL, &["They aren't on that channel"], "refusal-they-are-not-in-channel"),
    (ERR_NOTONCHANNEL, &["You're not on that channel", "You are not on that channel"], "refusal-not-in-channel"),
    (ERR_USERONCHANNEL, &["is already on channel"], "refusal-already-in-channel"),
    (ERR_NEEDMOREPARAMS, &["Not enough parameters"], "refusal-incomplete"),
    (ERR_CHANNELISFULL, &["Cannot join channel (+l)"], "refusal-full"),
    (ERR_INVITEONLYCHAN, &["Cannot join channel (+i)"], "refusal-invitation-needed"),
    (ERR_BANNEDFROMCHAN, &["Cannot join channel (+b)"], "refusal-banned"),
    (ERR_BADCHANNELKEY, &["Cannot join channel (+k)"], "refusal-key-needed"),
    (ERR_NEEDREGGEDNICK, &["Cannot join channel (+R): you need to be logged in"], "refusal-log-in-needed"),
    (ERR_NOPRIVILEGES, &["Permission Denied- You're not an IRC operator"], "refusal-server-operators-only"),
    (
        ERR_CHANOPRIVSNEEDED,
        &["You're not channel operator", "You're not a channel operator", "You are not channel operator"],
        "refusal-operators-only",
    ),
];

/// What a refusal says to the person.
pub fn sentence(refusal: &Refusal, texts: &Texts) -> String {
    let written = refusal.description.trim_end_matches('.');
    let is_it = |words: &&str| words.eq_ignore_ascii_case(written);
    let row = SENTENCES.iter().find(|(code, words, _)| *code == refusal.code && words.iter().any(is_it));
    match row {
        Some((_, _, text_id)) => texts.get(text_id).into_owned(),
        None => refusal.description.clone(),
    }
}

/// The same with what it is about before it: a channel, a name, a command.
pub fn sentence_about(refusal: &Refusal, texts: &Texts) -> String {
    let context = refusal.context.join(" ");
    let sentence = sentence(refusal, texts);
    // The context of a report is the id of a message, which says nothing to a person.
    if context.is_empty() || refusal.command == "REPORT" {
        return sentence;
    }
    texts.format("refusal-about", &[("context", context.into()), ("sentence", sentence.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;
    use crate::proto::numerics;

    fn refusal(code: &str, context: &[&str], description: &str) -> Refusal {
        let context = context.iter().map(|word| (*word).to_owned()).collect();
        Refusal { code: code.to_owned(), context, description: description.to_owned(), ..Refusal::default() }
    }

    #[test]
    fn the_words_of_the_numerics_are_said_in_the_language_of_the_person() {
        let texts = Texts::new(Language::French);
        let told = sentence_about(&refusal("482", &["#thé"], "You're not channel operator"), &texts);
        assert_eq!(told, "#thé : Il faut être opérateur de ce salon.");
        assert_eq!(sentence(&refusal("403", &[], "No such channel."), &texts), "Ce salon n'existe pas.");
    }

    #[test]
    fn what_a_server_says_in_words_of_its_own_stays() {
        let texts = Texts::new(Language::French);
        for (code, words) in [("474", "Cannot join channel (+b) - flooding, until Monday"), ("999", "No such channel")]
        {
            assert_eq!(sentence(&refusal(code, &[], words), &texts), words);
        }
    }

    #[test]
    fn every_numeric_of_the_table_has_the_words_that_are_documented_for_it() {
        for (code, _, _) in SENTENCES {
            let meaning = numerics::find(code).expect("it is known").meaning;
            let mut words = SENTENCES.iter().filter(|row| row.0 == *code).flat_map(|row| row.1);
            assert!(words.any(|words| meaning.ends_with(&format!(":{words}`"))), "{code}: {meaning}");
        }
    }
}
