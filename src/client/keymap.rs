//! What the keys mean for this person: a preset of the table, with the changes of the configuration.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::bindings::{Action, BINDINGS, Binding, Context, Preset};
use super::chord::Chord;
use crate::proto::caps::CapSet;

/// The keys of one action, as the configuration has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The action's name: that of its explanation, without what all of them begin with.
    pub name: String,
    /// Its keys; none takes all away.
    pub chords: Vec<Chord>,
}

/// What is wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// There is no such action.
    UnknownAction(String),
    /// Two changes want the same key in the same place.
    SameKey(Chord, String, String),
    /// A change wants a key that another action has, of whose keys the changes say nothing. First the other action.
    Taken(Chord, String, String),
}

/// The keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::of(Preset::Default)
    }
}

/// Whether an action is called so in the configuration.
pub fn is_action(name: &str) -> bool {
    BINDINGS.iter().any(|binding| name_of(binding) == name)
}

/// What an action is called in the configuration.
pub fn name_of(binding: &Binding) -> String {
    let name = binding.help_id.strip_prefix("help-key-").unwrap_or(binding.help_id);
    match binding.action {
        // The nine share an explanation.
        Action::Conversation(index) => format!("conversation-{}", index + 1),
        _ => name.to_owned(),
    }
}

impl Keymap {
    /// The keys of a preset.
    pub fn of(preset: Preset) -> Self {
        let fits = |binding: &&Binding| binding.preset.is_none_or(|only| only == preset);
        Self { bindings: BINDINGS.iter().filter(fits).copied().collect() }
    }

    /// The keys of a preset with changes. No key is taken away in silence: what had it before, in the same place or in one
    /// that is asked at the same time, has to be given its keys as well, be it none.
    ///
    /// # Errors
    /// All that is wrong with the changes.
    pub fn changed(preset: Preset, changes: &[Change]) -> Result<Self, Vec<Clash>> {
        let mut keymap = Self::of(preset);
        let mut clashes = Vec::new();
        let mut taken: Vec<(Context, Chord, &str)> = Vec::new();
        for change in changes {
            // The contexts in which there is such an action; some keep it for keys of the other preset only.
            let mut models: Vec<Binding> = Vec::new();
            for binding in BINDINGS.iter().filter(|binding| name_of(binding) == change.name) {
                if !models.iter().any(|model| (model.context, model.action) == (binding.context, binding.action)) {
                    models.push(Binding { preset: None, ..*binding });
                }
            }
            if models.is_empty() {
                clashes.push(Clash::UnknownAction(change.name.clone()));
            }
            for model in models {
                let at = keymap
                    .bindings
                    .iter()
                    .position(|known| known.help_id == model.help_id && known.context == model.context);
                keymap.bindings.retain(|known| (known.context, known.action) != (model.context, model.action));
                for chord in change.chords.iter().rev() {
                    let other = taken.iter().find(|(context, known, _)| (*context, *known) == (model.context, *chord));
                    if let Some((_, _, other)) = other.filter(|(_, _, other)| *other != change.name) {
                        clashes.push(Clash::SameKey(*chord, (*other).to_owned(), change.name.clone()));
                    }
                    taken.push((model.context, *chord, &change.name));
                    keymap.bindings.retain(|known| (known.context, known.chord) != (model.context, *chord));
                    let at = at.unwrap_or(usize::MAX).min(keymap.bindings.len());
                    keymap.bindings.insert(at, Binding { chord: *chord, ..model });
                }
            }
        }
        let is_changed = |name: &str| changes.iter().any(|change| change.name == name);
        for known in Self::of(preset).bindings {
            let wants = |(context, chord, name): &&(Context, Chord, &str)| {
                *chord == known.chord && *name != name_of(&known) && meet(*context, known.context)
            };
            if let Some((_, chord, name)) = taken.iter().find(wants).filter(|_| !is_changed(&name_of(&known))) {
                let clash = Clash::Taken(*chord, name_of(&known), (*name).to_owned());
                if !clashes.contains(&clash) {
                    clashes.push(clash);
                }
            }
        }
        if clashes.is_empty() { Ok(keymap) } else { Err(clashes) }
    }

    /// Every key.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// What a key means, asked of each context in turn.
    pub fn lookup(&self, contexts: &[Context], event: KeyEvent) -> Option<Action> {
        let chord = Chord::of(event);
        let in_context = |context: &Context| {
            let is_it = |binding: &&Binding| binding.context == *context && binding.chord == chord;
            self.bindings.iter().find(is_it).map(|binding| binding.action)
        };
        contexts.iter().find_map(in_context)
    }

    /// The recommended key of an action.
    pub fn chord(&self, context: Context, action: Action) -> Option<Chord> {
        let is_it = |binding: &&Binding| binding.context == context && binding.action == action;
        self.bindings.iter().find(is_it).map(|binding| binding.chord)
    }

    /// The rows of the help for a context, where these capabilities are in force.
    pub fn help_rows(&self, context: Context, caps: CapSet) -> Vec<HelpRow> {
        let mut rows: Vec<HelpRow> = Vec::new();
        let is_offered = |binding: &&Binding| binding.action.needs().is_none_or(|cap| caps.has(cap));
        for binding in self.bindings.iter().filter(|binding| binding.context == context).filter(is_offered) {
            match rows.iter_mut().find(|row| row.help_id == binding.help_id) {
                Some(row) => row.chords.push(binding.chord),
                None => rows.push(HelpRow { chords: vec![binding.chord], help_id: binding.help_id }),
            }
        }
        rows
    }

    /// The keys that the footer shows for a context: on the first screens F1 at the front, later
    /// the way back, because there may not be room for all.
    pub fn footer(&self, context: Context) -> impl Iterator<Item = FooterKey> {
        let of = |context: Context| self.bindings.iter().filter(move |binding| binding.context == context);
        let order = match context {
            Context::Chat | Context::Form => [Context::Everywhere, context],
            _ => [context, Context::Everywhere],
        };
        let mut shown: Vec<FooterKey> = Vec::new();
        for binding in order.into_iter().flat_map(of) {
            let Some(word_id) = binding.footer_id else { continue };
            if !shown.iter().any(|known| known.word_id == word_id) {
                shown.push(FooterKey { chord: binding.chord, action: binding.action, word_id });
            }
        }
        shown.into_iter()
    }
}

/// Whether a key cannot have a meaning in each of two places: they are the same, or asked at the same time. (What a chosen
/// message takes is meant to be taken from the input box.)
fn meet(one: Context, other: Context) -> bool {
    use Context::{Chat, Editing, Everywhere, Form, Panel, Picker};
    let is_writing = |context| matches!(context, Chat | Panel | Picker | Form);
    one == other
        || one == Everywhere
        || other == Everywhere
        || (one == Editing && is_writing(other))
        || (other == Editing && is_writing(one))
}

/// The text that a key writes: characters without Ctrl or Alt. (AltGr arrives as the character itself.)
pub fn typed(event: KeyEvent) -> Option<char> {
    match event.code {
        KeyCode::Char(character) if !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
            Some(character)
        }
        _ => None,
    }
}

/// One key in the footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FooterKey {
    /// The key.
    pub chord: Chord,
    /// What it does.
    pub action: Action,
    /// The id of its word.
    pub word_id: &'static str,
}

/// One row of the help: the keys of an action and the id of what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys.
    pub chords: Vec<Chord>,
    /// The id of the explanation.
    pub help_id: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::{Language, Texts};

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const PRESETS: [Preset; 2] = [Preset::Default, Preset::Emacs];

    fn event(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn no_key_has_two_meanings_in_one_context() {
        for preset in PRESETS {
            let keymap = Keymap::of(preset);
            for (index, binding) in keymap.bindings().iter().enumerate() {
                for other in &keymap.bindings()[index + 1..] {
                    let clash = meet(binding.context, other.context) && binding.chord == other.chord;
                    assert!(!clash, "{binding:?} {other:?}");
                }
                let own = KeyEvent::new(binding.chord.code, binding.chord.modifiers);
                assert_eq!(Chord::of(own), binding.chord, "a key of the table can be pressed");
                assert_eq!(keymap.lookup(&[binding.context], own), Some(binding.action));
            }
        }
    }

    #[test]
    fn every_action_has_a_key_in_every_preset() {
        for binding in BINDINGS {
            for preset in PRESETS {
                let chord = Keymap::of(preset).chord(binding.context, binding.action);
                let elsewhere = matches!(binding.action, Action::Up | Action::Down | Action::Right);
                assert!(chord.is_some() || elsewhere, "{preset:?}: {binding:?}");
            }
        }
    }

    #[test]
    fn every_key_is_explained_in_both_languages() {
        for language in Language::ALL {
            let texts = Texts::new(*language);
            for binding in BINDINGS {
                for id in [Some(binding.help_id), binding.footer_id].into_iter().flatten() {
                    assert!(texts.has(id), "{language}: {id}");
                }
                let name = binding.chord.name(&texts);
                assert!(!name.is_empty() && !name.contains("key-"), "{language}: {name}");
            }
            for (context, title_id) in Context::TITLES {
                assert!(texts.has(title_id), "{language}: {title_id}");
                assert!(!Keymap::default().help_rows(context, CapSet::EMPTY).is_empty());
            }
        }
    }

    #[test]
    fn every_name_can_be_changed() {
        for binding in BINDINGS {
            let change =
                Change { name: name_of(binding), chords: vec![Chord { code: KeyCode::F(12), modifiers: ALT }] };
            let keymap = Keymap::changed(Preset::Default, &[change]).unwrap();
            assert_eq!(keymap.lookup(&[binding.context], event(KeyCode::F(12), ALT)), Some(binding.action));
        }
    }

    #[test]
    fn no_key_is_taken_away_in_silence() {
        let control = |letter| Chord { code: KeyCode::Char(letter), modifiers: CONTROL };
        let change = |name: &str, chords: &[Chord]| Change { name: name.to_owned(), chords: chords.to_vec() };
        let taken = |changes: &[Change]| Keymap::changed(Preset::Default, changes).unwrap_err();
        let wanted = change("next", &[control('f')]);
        let expected = [Clash::Taken(control('f'), "search".to_owned(), "next".to_owned())];
        assert_eq!(taken(std::slice::from_ref(&wanted)), expected);
        // Where one writes, both the conversations' keys and those of the input box are asked.
        let expected = [Clash::Taken(control('w'), "kill-word-before".to_owned(), "search".to_owned())];
        assert_eq!(taken(&[change("search", &[control('w')])]), expected);
        // Said of both, it is meant.
        let keymap = Keymap::changed(Preset::Default, &[wanted, change("search", &[])]).unwrap();
        assert_eq!(keymap.lookup(&[Context::Chat], event(KeyCode::Char('f'), CONTROL)), Some(Action::NextConversation));
        assert_eq!(keymap.chord(Context::Chat, Action::Search), None);
    }

    #[test]
    fn keys_are_brought_into_one_form() {
        let keymap = Keymap::default();
        let shift = KeyModifiers::SHIFT;
        assert_eq!(keymap.lookup(&[Context::Form], event(KeyCode::Tab, shift)), Some(Action::PreviousField));
        assert_eq!(keymap.lookup(&[Context::Form], event(KeyCode::BackTab, shift)), Some(Action::PreviousField));
        assert_eq!(
            keymap.lookup(&[Context::Chat], event(KeyCode::Char('N'), CONTROL | shift)),
            Some(Action::NextConversation)
        );
        assert_eq!(
            keymap.lookup(&[Context::Chat, Context::Everywhere], event(KeyCode::F(1), NONE)),
            Some(Action::Help)
        );
        assert_eq!(keymap.lookup(&[Context::Chat], event(KeyCode::F(1), NONE)), None);
        assert_eq!(typed(event(KeyCode::Char('É'), shift)), Some('É'));
        assert_eq!(typed(event(KeyCode::Char('x'), ALT)), None);
    }
}
