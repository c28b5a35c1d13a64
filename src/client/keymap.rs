//! The table of keys: what a key does where, and what F1 and the footer say about it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::ground::texts::Texts;

/// Where a key has its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// On every screen and above every dialogue.
    Everywhere,
    /// The conversations.
    Chat,
    /// Wherever a text is written: the input box and the form's fields.
    Editing,
    /// The form.
    Form,
    /// The help (F1).
    Help,
    /// A dialogue with a question.
    Question,
}

impl Context {
    /// All, in the order in which the help shows them, with the ids of their titles.
    pub const TITLES: [(Self, &'static str); 6] = [
        (Self::Everywhere, "help-title-everywhere"),
        (Self::Chat, "help-title-chat"),
        (Self::Editing, "help-title-editing"),
        (Self::Form, "help-title-form"),
        (Self::Question, "help-title-question"),
        (Self::Help, "help-title-help"),
    ];
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// Stop as a shell's job (Ctrl-Z).
    Suspend,
    /// Show the help or take it away.
    Help,
    /// Send what is written.
    Send,
    /// Begin a new line.
    NewLine,
    /// Show the next conversation of the list.
    NextConversation,
    /// Show the one before.
    PreviousConversation,
    /// Show the conversation at this place, counted from 0.
    Conversation(usize),
    /// Show the next one with something unread.
    NextUnread,
    /// Show the one that was shown before.
    LastConversation,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the oldest message.
    Oldest,
    /// To the newest message.
    Newest,
    /// Send what failed or is of unknown fate again.
    Resend,
    /// One grapheme to the left; on the tabs, the tab before.
    Left,
    /// One grapheme to the right; on the tabs, the tab after.
    Right,
    /// One line up, or what was sent before; in the form, the field before.
    Up,
    /// One line down, or what was sent after; in the form, the field after.
    Down,
    /// One word to the left.
    WordLeft,
    /// One word to the right.
    WordRight,
    /// To the start of the line; in an empty input box, to the oldest message.
    LineStart,
    /// To the end of the line; in an empty input box, to the newest message.
    LineEnd,
    /// Remove the grapheme before the caret.
    Backspace,
    /// Remove the grapheme after the caret.
    Delete,
    /// Cut out the word before the caret.
    KillWordBefore,
    /// Cut out the word after the caret.
    KillWordAfter,
    /// Cut out everything before the caret.
    KillLineStart,
    /// Cut out everything after the caret.
    KillLineEnd,
    /// Insert what was cut out.
    Yank,
    /// Take the last change back.
    Undo,
    /// Next field of the form.
    NextField,
    /// Field before.
    PreviousField,
    /// The other tab of the form.
    SwitchTab,
    /// Show or mask the password.
    Reveal,
    /// Submit the form.
    Submit,
    /// Leave the form, or break off connecting.
    Leave,
    /// Answer yes.
    Accept,
    /// Answer no.
    Refuse,
    /// Take the dialogue away.
    Close,
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    /// The key. Letters are lower case.
    pub code: KeyCode,
    /// The modifiers; Shift is never among them for characters.
    pub modifiers: KeyModifiers,
}

impl Chord {
    /// The key that was pressed, brought into the form that the table has.
    pub fn of(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match event.code {
            KeyCode::Char(character) => {
                modifiers.remove(KeyModifiers::SHIFT);
                if modifiers.is_empty() {
                    KeyCode::Char(character)
                } else {
                    KeyCode::Char(character.to_ascii_lowercase())
                }
            }
            KeyCode::BackTab => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::BackTab
            }
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::BackTab
            }
            other => other,
        };
        Self { code, modifiers }
    }

    /// How a person reads it: `Ctrl-N`, `Alt-↑`, `F1`.
    pub fn name(self, texts: &Texts) -> String {
        let mut name = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            name.push_str("Ctrl-");
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            name.push_str("Alt-");
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            name.push_str(&texts.get("key-shift"));
            name.push('-');
        }
        match self.code {
            KeyCode::Char(' ') => name.push_str(&texts.get("key-space")),
            KeyCode::Char(character) => name.extend(character.to_uppercase()),
            KeyCode::F(number) => name.push_str(&format!("F{number}")),
            KeyCode::Up => name.push('↑'),
            KeyCode::Down => name.push('↓'),
            KeyCode::Left => name.push('←'),
            KeyCode::Right => name.push('→'),
            KeyCode::BackTab => {
                name.push_str(&texts.get("key-shift"));
                name.push_str("-Tab");
            }
            KeyCode::Tab => name.push_str("Tab"),
            KeyCode::Enter => name.push_str(&texts.get("key-enter")),
            KeyCode::Esc => name.push_str(&texts.get("key-escape")),
            KeyCode::Backspace => name.push_str(&texts.get("key-backspace")),
            KeyCode::Delete => name.push_str(&texts.get("key-delete")),
            KeyCode::Home => name.push_str(&texts.get("key-home")),
            KeyCode::End => name.push_str(&texts.get("key-end")),
            KeyCode::PageUp => name.push_str(&texts.get("key-page-up")),
            KeyCode::PageDown => name.push_str(&texts.get("key-page-down")),
            other => name.push_str(&format!("{other}")),
        }
        name
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Which key.
    pub chord: Chord,
    /// What it does.
    pub action: Action,
    /// The id of what the help says; bindings of one action in one context share a row.
    pub help_id: &'static str,
    /// The id of the word in the footer, for the few keys that are shown there.
    pub footer_id: Option<&'static str>,
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

const fn key(
    context: Context,
    modifiers: KeyModifiers,
    code: KeyCode,
    action: Action,
    help_id: &'static str,
) -> Binding {
    Binding { context, chord: Chord { code, modifiers }, action, help_id, footer_id: None }
}

const fn letter(
    context: Context,
    modifiers: KeyModifiers,
    letter: char,
    action: Action,
    help_id: &'static str,
) -> Binding {
    key(context, modifiers, KeyCode::Char(letter), action, help_id)
}

const fn in_footer(binding: Binding, footer_id: &'static str) -> Binding {
    Binding { footer_id: Some(footer_id), ..binding }
}

/// Every key. The first key of an action is the one that is recommended.
pub const BINDINGS: &[Binding] = &{
    use Action as A;
    use Context::{Chat, Editing, Everywhere, Form, Help, Question};
    [
        in_footer(key(Everywhere, NONE, KeyCode::F(1), A::Help, "help-key-help"), "footer-help"),
        letter(Everywhere, CONTROL, 'c', A::Quit, "help-key-quit"),
        letter(Everywhere, CONTROL, 'z', A::Suspend, "help-key-suspend"),
        in_footer(key(Chat, NONE, KeyCode::Enter, A::Send, "help-key-send"), "footer-send"),
        key(Chat, ALT, KeyCode::Enter, A::NewLine, "help-key-new-line"),
        letter(Chat, CONTROL, 'j', A::NewLine, "help-key-new-line"),
        key(Chat, KeyModifiers::SHIFT, KeyCode::Enter, A::NewLine, "help-key-new-line"),
        in_footer(letter(Chat, CONTROL, 'n', A::NextConversation, "help-key-next"), "footer-next"),
        key(Chat, ALT, KeyCode::Down, A::NextConversation, "help-key-next"),
        letter(Chat, CONTROL, 'p', A::PreviousConversation, "help-key-previous"),
        key(Chat, ALT, KeyCode::Up, A::PreviousConversation, "help-key-previous"),
        letter(Chat, ALT, '1', A::Conversation(0), "help-key-nth"),
        letter(Chat, ALT, '2', A::Conversation(1), "help-key-nth"),
        letter(Chat, ALT, '3', A::Conversation(2), "help-key-nth"),
        letter(Chat, ALT, '4', A::Conversation(3), "help-key-nth"),
        letter(Chat, ALT, '5', A::Conversation(4), "help-key-nth"),
        letter(Chat, ALT, '6', A::Conversation(5), "help-key-nth"),
        letter(Chat, ALT, '7', A::Conversation(6), "help-key-nth"),
        letter(Chat, ALT, '8', A::Conversation(7), "help-key-nth"),
        letter(Chat, ALT, '9', A::Conversation(8), "help-key-nth"),
        letter(Chat, ALT, 'a', A::NextUnread, "help-key-next-unread"),
        letter(Chat, ALT, '/', A::LastConversation, "help-key-last"),
        in_footer(key(Chat, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"), "footer-scroll"),
        key(Chat, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
        key(Chat, CONTROL, KeyCode::Home, A::Oldest, "help-key-oldest"),
        key(Chat, CONTROL, KeyCode::End, A::Newest, "help-key-newest"),
        letter(Chat, CONTROL, 'r', A::Resend, "help-key-resend"),
        key(Chat, NONE, KeyCode::Up, A::Up, "help-key-history-up"),
        key(Chat, NONE, KeyCode::Down, A::Down, "help-key-history-down"),
        key(Editing, NONE, KeyCode::Left, A::Left, "help-key-left"),
        letter(Editing, CONTROL, 'b', A::Left, "help-key-left"),
        key(Editing, NONE, KeyCode::Right, A::Right, "help-key-right"),
        letter(Editing, CONTROL, 'f', A::Right, "help-key-right"),
        key(Editing, CONTROL, KeyCode::Left, A::WordLeft, "help-key-word-left"),
        letter(Editing, ALT, 'b', A::WordLeft, "help-key-word-left"),
        key(Editing, CONTROL, KeyCode::Right, A::WordRight, "help-key-word-right"),
        letter(Editing, ALT, 'f', A::WordRight, "help-key-word-right"),
        key(Editing, NONE, KeyCode::Home, A::LineStart, "help-key-line-start"),
        letter(Editing, CONTROL, 'a', A::LineStart, "help-key-line-start"),
        key(Editing, NONE, KeyCode::End, A::LineEnd, "help-key-line-end"),
        letter(Editing, CONTROL, 'e', A::LineEnd, "help-key-line-end"),
        key(Editing, NONE, KeyCode::Backspace, A::Backspace, "help-key-backspace"),
        letter(Editing, CONTROL, 'h', A::Backspace, "help-key-backspace"),
        key(Editing, NONE, KeyCode::Delete, A::Delete, "help-key-delete"),
        letter(Editing, CONTROL, 'd', A::Delete, "help-key-delete"),
        letter(Editing, CONTROL, 'w', A::KillWordBefore, "help-key-kill-word-before"),
        key(Editing, ALT, KeyCode::Backspace, A::KillWordBefore, "help-key-kill-word-before"),
        letter(Editing, ALT, 'd', A::KillWordAfter, "help-key-kill-word-after"),
        letter(Editing, CONTROL, 'u', A::KillLineStart, "help-key-kill-line-start"),
        letter(Editing, CONTROL, 'k', A::KillLineEnd, "help-key-kill-line-end"),
        letter(Editing, CONTROL, 'y', A::Yank, "help-key-yank"),
        letter(Editing, CONTROL, '_', A::Undo, "help-key-undo"),
        // What terminals without the kitty protocol send for Ctrl-_.
        letter(Editing, CONTROL, '7', A::Undo, "help-key-undo"),
        key(Form, NONE, KeyCode::Tab, A::NextField, "help-key-next-field"),
        key(Form, NONE, KeyCode::Down, A::NextField, "help-key-next-field"),
        key(Form, NONE, KeyCode::BackTab, A::PreviousField, "help-key-previous-field"),
        key(Form, NONE, KeyCode::Up, A::PreviousField, "help-key-previous-field"),
        in_footer(letter(Form, CONTROL, 't', A::SwitchTab, "help-key-switch-tab"), "footer-switch-tab"),
        key(Form, NONE, KeyCode::F(2), A::SwitchTab, "help-key-switch-tab"),
        in_footer(letter(Form, CONTROL, 'r', A::Reveal, "help-key-reveal"), "footer-reveal"),
        key(Form, NONE, KeyCode::F(3), A::Reveal, "help-key-reveal"),
        in_footer(key(Form, NONE, KeyCode::Enter, A::Submit, "help-key-submit"), "footer-submit"),
        in_footer(key(Form, NONE, KeyCode::Esc, A::Leave, "help-key-leave"), "footer-leave"),
        in_footer(key(Question, NONE, KeyCode::Enter, A::Accept, "help-key-accept"), "footer-accept"),
        in_footer(key(Question, NONE, KeyCode::Esc, A::Refuse, "help-key-refuse"), "footer-refuse"),
        in_footer(key(Help, NONE, KeyCode::Esc, A::Close, "help-key-close"), "footer-close"),
        key(Help, NONE, KeyCode::Enter, A::Close, "help-key-close"),
        letter(Help, NONE, 'q', A::Close, "help-key-close"),
        key(Help, NONE, KeyCode::Up, A::Up, "help-key-scroll-up"),
        key(Help, NONE, KeyCode::Down, A::Down, "help-key-scroll-down"),
        key(Help, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"),
        key(Help, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
    ]
};

/// What a key means, asked of each context in turn.
pub fn lookup(contexts: &[Context], event: KeyEvent) -> Option<Action> {
    let chord = Chord::of(event);
    let in_context = |context: &Context| {
        BINDINGS.iter().find(|binding| binding.context == *context && binding.chord == chord).map(|b| b.action)
    };
    contexts.iter().find_map(in_context)
}

/// The text that a key writes: characters without Ctrl or Alt. (AltGr arrives as the character itself.)
pub fn typed(event: KeyEvent) -> Option<char> {
    match event.code {
        KeyCode::Char(character) if !event.modifiers.intersects(CONTROL | ALT) => Some(character),
        _ => None,
    }
}

/// One row of the help: the keys of an action and the id of what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys.
    pub chords: Vec<Chord>,
    /// The id of the explanation.
    pub help_id: &'static str,
}

/// The rows of the help for a context.
pub fn help_rows(context: Context) -> Vec<HelpRow> {
    let mut rows: Vec<HelpRow> = Vec::new();
    for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
        match rows.iter_mut().find(|row| row.help_id == binding.help_id) {
            Some(row) => row.chords.push(binding.chord),
            None => rows.push(HelpRow { chords: vec![binding.chord], help_id: binding.help_id }),
        }
    }
    rows
}

/// The keys that the footer shows for a context, with the ids of their words.
pub fn footer(context: Context) -> impl Iterator<Item = (Chord, &'static str)> {
    BINDINGS
        .iter()
        .filter(move |binding| binding.context == context || binding.context == Context::Everywhere)
        .filter_map(|binding| Some((binding.chord, binding.footer_id?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;

    fn event(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn no_key_has_two_meanings_in_one_context() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[index + 1..] {
                let clash = binding.context == other.context && binding.chord == other.chord;
                assert!(!clash, "{binding:?} {other:?}");
            }
            let own = KeyEvent::new(binding.chord.code, binding.chord.modifiers);
            assert_eq!(Chord::of(own), binding.chord, "a key of the table can be pressed");
            assert_eq!(lookup(&[binding.context], own), Some(binding.action));
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
                assert!(!help_rows(context).is_empty());
            }
        }
    }

    #[test]
    fn keys_are_brought_into_one_form() {
        let shift = KeyModifiers::SHIFT;
        assert_eq!(lookup(&[Context::Form], event(KeyCode::Tab, shift)), Some(Action::PreviousField));
        assert_eq!(lookup(&[Context::Form], event(KeyCode::BackTab, shift)), Some(Action::PreviousField));
        assert_eq!(
            lookup(&[Context::Chat], event(KeyCode::Char('N'), CONTROL | shift)),
            Some(Action::NextConversation)
        );
        assert_eq!(lookup(&[Context::Chat, Context::Everywhere], event(KeyCode::F(1), NONE)), Some(Action::Help));
        assert_eq!(lookup(&[Context::Chat], event(KeyCode::F(1), NONE)), None);
        assert_eq!(typed(event(KeyCode::Char('É'), shift)), Some('É'));
        assert_eq!(typed(event(KeyCode::Char('x'), ALT)), None);
    }
}
