//! LANGUAGE: in which language the server speaks to a session.
//!
//! Specification: IRCv3 `languages` (draft).

use crate::chat::call::Call;
use crate::chat::limits;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::ground::texts::Language;
use crate::proto::numerics::{ERR_NOLANGUAGE, ERR_TOOMANYLANGUAGES, RPL_YOURLANGUAGESARE};

/// `LANGUAGE <code>…`: the first one counts. None, or `*`, is the server's own.
pub(crate) fn language(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let codes = call.message.params();
    if codes.len() > limits::LANGUAGES_MAX {
        let most = limits::LANGUAGES_MAX.to_string();
        return Err(Refusal::numeric(ERR_TOOMANYLANGUAGES, &[&most], "You specified too many languages"));
    }
    let (mut languages, mut unknown) = (Vec::new(), Vec::new());
    for code in codes.iter().copied().filter(|code| *code != "*") {
        match Language::from_tag(code) {
            Some(language) => languages.push(language),
            None => unknown.push(code),
        }
    }
    if !unknown.is_empty() {
        return Err(Refusal::numeric(ERR_NOLANGUAGE, &unknown, "Languages are not supported by this server."));
    }
    if languages.is_empty() {
        languages.push(world.settings.language);
    }
    world.session_mut(conn).language = languages[0];
    let line = world.numeric(conn, RPL_YOURLANGUAGESARE);
    let line = languages.iter().fold(line, |line, language| line.param(language.tag()));
    world.reply(conn, line.trailing("Language preferences are set"));
    Ok(())
}
